import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { sealingReady } from '../../../protocol/crypto/seal.ts';
import { parsePublicKey, verifySignature } from '../../../protocol/crypto/sign.ts';
import { openKeyring, parseDataKeyId, type Keyring } from '../../../node/keys/keyring.ts';
import { addNodeKey, createNodeSecrets, loadNodeSecrets } from '../../../node/keys/node-secrets.ts';
import { createRootKey, loadRootKey, type RootKey } from '../../../node/keys/root-key.ts';
import { systemClock as clock } from '../../../node/platform/clock.ts';
import { systemRandom as random } from '../../../node/platform/random.ts';
import { systemFiles as files } from '../../../node/platform/system-files.ts';
import { openDatabase, type Database } from '../../../node/store/database.ts';
import { createKeyTables } from '../../../node/store/schema/keys.ts';
import { testDirectory, type TestDirectory } from '../../support/test-directory.ts';

const ports = { files, random, clock };

function openKeys(directory: TestDirectory): Database {
  return openDatabase({
    path: directory.file('x.db'),
    ballastBytes: 0,
    migrations: [{ version: 1, statements: createKeyTables }],
    onFatal: (error) => {
      throw error;
    },
  });
}

const newRootKey = (): RootKey => random.bytes(32) as RootKey;
const open = (store: Database, rootKey: RootKey, unwrappedMax?: number): Promise<Keyring> =>
  openKeyring({ store, rootKey, clock, random, ...(unwrappedMax === undefined ? {} : { unwrappedMax }) });

describe('the root key file', () => {
  test('is private, reads back, and is never written over', async () => {
    using directory = testDirectory();
    const place = { path: directory.file('root.key') };
    const key = await createRootKey(place, ports);
    expect(statSync(place.path).mode & 0o777).toBe(0o600);
    expect(await loadRootKey(place, files)).toEqual(key);
    await expect(createRootKey(place, ports)).rejects.toMatchObject({ name: 'KeyError', code: 'exists' });
    expect(await loadRootKey(place, files)).toEqual(key);
  });

  test('behind a passphrase opens with it alone, whatever the keyboard composes, and shows nothing of the key', async () => {
    using directory = testDirectory();
    const path = directory.file('root.key');
    const key = await createRootKey({ path, passphrase: 'caf\u00e9 au lait' }, ports);
    expect(await loadRootKey({ path, passphrase: 'cafe\u0301 au lait' }, files)).toEqual(key);
    await expect(loadRootKey({ path, passphrase: 'cafe au lait' }, files)).rejects.toMatchObject({
      code: 'wrong-passphrase',
    });
    await expect(loadRootKey({ path }, files)).rejects.toMatchObject({ code: 'wrong-passphrase' });
    expect(readFileSync(path, 'utf8')).not.toContain(key.toBase64({ alphabet: 'base64url', omitPadding: true }));
    expect(readFileSync(path, 'utf8')).toContain('\n65536 3 1\n');
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o601])('with mode %o is refused', async (mode) => {
    using directory = testDirectory();
    const place = { path: directory.file('root.key') };
    await createRootKey(place, ports);
    chmodSync(place.path, mode);
    await expect(loadRootKey(place, files)).rejects.toMatchObject({ code: 'readable-by-others' });
  });

  test('that is missing is told so', async () => {
    using directory = testDirectory();
    await expect(loadRootKey({ path: directory.file('none') }, files)).rejects.toMatchObject({
      code: 'missing-root-key',
    });
  });

  test('with any byte changed or lost is told as damaged, and no message quotes it', async () => {
    using directory = testDirectory();
    const place = { path: directory.file('root.key') };
    await createRootKey(place, ports);
    const sound = readFileSync(place.path);
    const cases = [...sound.keys()].flatMap((at) => {
      const changed = Buffer.from(sound);
      changed[at] = sound[at] === 0x41 ? 0x42 : 0x41;
      return [changed, sound.subarray(0, at)];
    });
    for (const content of [...cases, Buffer.concat([sound, Buffer.from('\n')]), Buffer.alloc(100, 0xff)]) {
      writeFileSync(place.path, content);
      await expect(loadRootKey(place, files)).rejects.toMatchObject({ name: 'KeyError', code: 'damaged' });
    }
  });
});

describe('the keyring', () => {
  test('opens what it sealed, after a restart too, and the index stays the same', async () => {
    using directory = testDirectory();
    const rootKey = newRootKey();
    const sealed = await (async () => {
      await using store = openKeys(directory);
      const keyring = await open(store, rootKey);
      return await store.write(async (writer) => {
        const key = await keyring.newDataKey(writer);
        const token = await keyring.seal(writer, key, 'patient/1/name', utf8('Asha Sharma'));
        return { key, token, own: keyring.sealOwn('card', utf8('mine')), term: keyring.blindTerm('name', 'sha') };
      });
    })();
    await using store = openKeys(directory);
    const keyring = await open(store, rootKey);
    const opened = await store.read((reader) =>
      keyring.open(reader, parseDataKeyId(sealed.key), 'patient/1/name', sealed.token),
    );
    expect(opened).toEqual(utf8('Asha Sharma'));
    expect(keyring.openOwn('card', sealed.own)).toEqual(utf8('mine'));
    expect(keyring.blindTerm('name', 'sha')).toEqual(sealed.term);
  });

  test('refuses a token in another place, under another key, or with one bit flipped', async () => {
    using directory = testDirectory();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey());
    const [key, other] = await store.write(
      async (w) => [await keyring.newDataKey(w), await keyring.newDataKey(w)] as const,
    );
    await store.read(async (reader) => {
      const token = await keyring.seal(reader, key, 'patient/1/name', utf8('Asha'));
      await expect(keyring.open(reader, key, 'patient/2/name', token)).rejects.toMatchObject({ code: 'damaged' });
      await expect(keyring.open(reader, other, 'patient/1/name', token)).rejects.toMatchObject({ code: 'damaged' });
      for (let bit = 0; bit < token.length * 8; bit += 1) {
        const flipped = new Uint8Array(token);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expect(keyring.open(reader, key, 'patient/1/name', flipped)).rejects.toMatchObject({ code: 'damaged' });
      }
      await expect(keyring.open(reader, key, 'patient/1/name', token.subarray(0, -1))).rejects.toMatchObject({
        code: 'damaged',
      });
    });
    expect(() => keyring.openOwn('b', keyring.sealOwn('a', utf8('x')))).toThrow(
      expect.objectContaining({ code: 'damaged' }),
    );
  });

  test('says that the root key is the wrong one, and touches nothing', async () => {
    using directory = testDirectory();
    const rootKey = newRootKey();
    {
      await using store = openKeys(directory);
      await open(store, rootKey);
    }
    await using store = openKeys(directory);
    await expect(open(store, newRootKey())).rejects.toMatchObject({ name: 'KeyError', code: 'wrong-root-key' });
    await open(store, rootKey);
  });

  test('erases what a destroyed key protected: no wrapped copy is left in any file', async () => {
    using directory = testDirectory();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey());
    const key = await store.write((writer) => keyring.newDataKey(writer));
    const token = await store.read((reader) => keyring.seal(reader, key, 'x', utf8('Asha')));
    const find = { sql: 'SELECT wrapped FROM data_key', parameters: [] };
    const [row] = (await store.read((reader) => reader.all(find, {}))) as { wrapped: Uint8Array }[];
    const wrapped = Buffer.from(row?.wrapped ?? []);
    expect(wrapped.length).toBeGreaterThan(100);
    await store.write((writer) => keyring.shred(writer, key));
    await expect(store.read((reader) => keyring.open(reader, key, 'x', token))).rejects.toMatchObject({
      code: 'shredded',
    });
    await expect(store.read((reader) => keyring.seal(reader, key, 'x', token))).rejects.toMatchObject({
      code: 'shredded',
    });
    for (const name of readdirSync(directory.path))
      expect(readFileSync(directory.file(name)).includes(wrapped.subarray(30, 80)), name).toBe(false);
  });

  test('a shredding that is rolled back leaves the key as it was', async () => {
    using directory = testDirectory();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey());
    const key = await store.write((writer) => keyring.newDataKey(writer));
    const token = await store.read((reader) => keyring.seal(reader, key, 'x', utf8('Asha')));
    const undone = store.write(async (writer) => {
      await keyring.shred(writer, key);
      throw new RangeError('changed my mind');
    });
    await expect(undone).rejects.toThrow(RangeError);
    expect(await store.read((reader) => keyring.open(reader, key, 'x', token))).toEqual(utf8('Asha'));
  });

  test('works with more keys than it keeps unwrapped', async () => {
    using directory = testDirectory();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey(), 3);
    const keys = await Promise.all(
      Array.from({ length: 12 }, () => store.write((writer) => keyring.newDataKey(writer))),
    );
    const tokens = await store.read((reader) =>
      Promise.all(keys.map((key, n) => keyring.seal(reader, key, 'x', utf8(`patient ${n}`)))),
    );
    const opened = await store.read((reader) =>
      Promise.all(keys.map((key, n) => keyring.open(reader, key, 'x', tokens[n] ?? new Uint8Array()))),
    );
    expect(opened).toEqual(keys.map((_, n) => utf8(`patient ${n}`)));
  });

  test('index terms of two fields, two values or two hospitals never meet', async () => {
    using one = testDirectory();
    using two = testDirectory();
    await using first = openKeys(one);
    await using second = openKeys(two);
    const [a, b] = [await open(first, newRootKey()), await open(second, newRootKey())];
    const terms = [
      a.blindTerm('name', 'sha'),
      a.blindTerm('nam', 'esha'),
      a.blindTerm('name', 'shb'),
      b.blindTerm('name', 'sha'),
    ];
    expect(new Set(terms.map((term) => term.toHex())).size).toBe(4);
    expect(terms.map((term) => term.length)).toEqual([16, 16, 16, 16]);
  });
});

describe("the node's own keys", () => {
  test('are made once, load after a restart, and do what their card says', async () => {
    using directory = testDirectory();
    await sealingReady();
    const rootKey = newRootKey();
    {
      await using store = openKeys(directory);
      const keyring = await open(store, rootKey);
      await store.write((writer) => createNodeSecrets(writer, { keyring, random, now: clock.now() }));
    }
    await using store = openKeys(directory);
    const keyring = await open(store, rootKey);
    const secrets = await store.read((reader) => loadNodeSecrets(reader, keyring));
    expect(secrets.published.map((key) => [key.use, key.key.length])).toEqual([
      ['box', 32],
      ['cosign', 32],
      ['http', 32],
      ['xwing', 1216],
    ]);
    expect(secrets.opening.map((key) => key.suite)).toEqual([1, 2]);
    const message = utf8('hello');
    const publicKeys = [secrets.identity, secrets.http, secrets.log, secrets.cosign].map((key) => key.publicKey);
    expect(new Set(publicKeys.map((key) => key.toHex())).size).toBe(4);
    expect(verifySignature(parsePublicKey(secrets.log.publicKey), message, secrets.log.sign(message))).toBe(true);
    expect(verifySignature(parsePublicKey(secrets.http.publicKey), message, secrets.log.sign(message))).toBe(false);
    for (const { from, until } of secrets.published) expect([from % 1000, until > from]).toEqual([0, true]);
  });

  test('a newer opening key comes first, and the old one still opens', async () => {
    using directory = testDirectory();
    await sealingReady();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey());
    const now = clock.now();
    await store.write(async (writer) => {
      await createNodeSecrets(writer, { keyring, random, now: (now - 100_000) as typeof now });
      await addNodeKey(writer, 'xwing', { keyring, random, now });
    });
    const { opening } = await store.read((reader) => loadNodeSecrets(reader, keyring));
    const [newer, older] = opening.filter((key) => key.suite === 2);
    expect((newer?.from ?? 0) > (older?.from ?? 0)).toBe(true);
  });

  test('a seed under another public key is noticed', async () => {
    using directory = testDirectory();
    await sealingReady();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey());
    await store.write((writer) => createNodeSecrets(writer, { keyring, random, now: clock.now() }));
    const swap = {
      sql: `UPDATE node_key SET wrapped_seed = (SELECT wrapped_seed FROM node_key WHERE use = 'log') WHERE use = 'http'`,
      parameters: [],
    };
    await store.write((writer) => writer.run(swap, {}));
    await expect(store.read((reader) => loadNodeSecrets(reader, keyring))).rejects.toMatchObject({ code: 'damaged' });
  });

  test('a node that was never initialised says so', async () => {
    using directory = testDirectory();
    await using store = openKeys(directory);
    const keyring = await open(store, newRootKey());
    await expect(store.read((reader) => loadNodeSecrets(reader, keyring))).rejects.toThrow(/initialised/);
  });
});
