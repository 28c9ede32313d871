import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { encrypt, fernetKeyOf, formatToken, generateKey } from '../../protocol/crypto/fernet.ts';
import { documentCommitment } from '../../protocol/bundle/document.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { verifyReceipt } from '../../protocol/receipt.ts';
import { statement } from '../../node/store/statement.ts';
import {
  commitOf,
  composeReferral,
  forgeBundle,
  logSent,
  requestsOf,
  sendParts,
  transfer,
  type BundleTwist,
} from '../support/forged-bundle.ts';
import { wordOf } from '../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../support/two-hospitals.ts';

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;

beforeAll(async () => {
  two = await openHospitals();
  [alder, birch] = [two.at('alder'), two.at('birch')];
});

afterAll(async () => {
  const failures = [alder, birch].flatMap((each) => each.takeFailures());
  await two[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
const file = (): Uint8Array[] => [random(3_000)];

/** The refusal of a sound, logged commit: its code, a proof that holds, and the same answer for ever. */
async function refusalOf(twist: BundleTwist, files: readonly Uint8Array[] = []): Promise<string> {
  two.clock.advance(1_000);
  const composed = await composeReferral(alder, birch, files);
  const { forged, commit, reply } = await transfer(alder, birch, composed, twist);
  const requests = requestsOf(alder, birch, forged);
  const proof = reply.problem?.proof;
  if (proof !== undefined) {
    verifyReceipt(proof, 'refused', commit.record, birch.node.own.logKey, logCrypto);
    const again = await requests.commit(commit);
    expect([wordOf(again), again.problem?.proof]).toEqual([wordOf(reply), proof]);
    expect(wordOf(await requests.withdraw())).toBe(wordOf(reply));
  } else await requests.withdraw();
  await expect(birch.node.referrals.show(composed.referral)).rejects.toThrow('No referral');
  return wordOf(reply);
}

const inManifest = (change: (honest: Manifest) => Partial<Manifest>): BundleTwist => ({
  manifest: (honest) => ({ ...honest, ...change(honest) }),
});

describe('a logged bundle whose seal or commitments fail is refused for good, with a leaf', () => {
  test.each<[string, BundleTwist, string]>([
    ['a box for another receiver', { context: { to: 'cedar.example' } }, 'REC_SEAL + proof'],
    ['a box of another sender', { context: { from: 'cedar.example' } }, 'REC_SEAL + proof'],
    ['a box for another bundle', { context: { bundle: randomUUID() } }, 'REC_SEAL + proof'],
    [
      'a box with one bit changed',
      inManifest(({ sealedKey }) => ({ sealedKey: flipped(sealedKey, 1200 * 8) })),
      'REC_SEAL + proof',
    ],
    [
      'a KEM ciphertext with one bit changed',
      inManifest(({ sealedKey }) => ({ sealedKey: flipped(sealedKey, 9) })),
      'REC_SEAL + proof',
    ],
    ['a commitment to another key', inManifest(() => ({ keyCommitment: random(32) })), 'REC_COMMITMENT + proof'],
    [
      'a commitment to another plaintext',
      inManifest(({ document }) => ({ document: { ...document, commitment: random(32) } })),
      'REC_COMMITMENT + proof',
    ],
    [
      'a document with one character changed and its digest made anew',
      { token: (token) => changed(token, 200) },
      'REC_COMMITMENT + proof',
    ],
    [
      'a token without padding',
      { token: (token) => utf8(text(token).replace(/=+$/, '') + 'A') },
      'REC_COMMITMENT + proof',
    ],
    ['a token with a line end', { token: (token) => utf8(`${text(token)}\n`) }, 'REC_COMMITMENT + proof'],
    [
      'plaintext under the name of gzip',
      { encoding: 'identity', ...inManifest(({ document }) => ({ document: { ...document, encoding: 'gzip' } })) },
      'REC_COMMITMENT + proof',
    ],
    [
      'gzip under the name of plaintext',
      inManifest(({ document }) => ({ document: { ...document, encoding: 'identity' } })),
      'REC_COMMITMENT + proof',
    ],
  ])('%s', async (_, twist, word) => {
    expect(await refusalOf(twist)).toBe(word);
  });

  test.each<[string, (plaintext: Uint8Array) => Uint8Array, string]>([
    ['a bomb: 100 MiB in one member', () => gzipSync(new Uint8Array(100 * 1024 * 1024)), 'REC_CONTENT + proof'],
    [
      'two members',
      (plaintext) => new Uint8Array(Buffer.concat([gzipSync(plaintext), gzipSync('x')])),
      'REC_COMMITMENT + proof',
    ],
    ['a byte behind the member', (plaintext) => Uint8Array.of(...gzipSync(plaintext), 0), 'REC_COMMITMENT + proof'],
    ['cut short', (plaintext) => new Uint8Array(gzipSync(plaintext).subarray(0, -4)), 'REC_COMMITMENT + proof'],
  ])('gzip: %s', async (_, pack, word) => {
    expect(await refusalOf(await sealedAs(pack))).toBe(word);
  });

  test('a token that opens under two keys: the one that is not committed to', async () => {
    const [one, other] = [generateKey(random), generateKey(random)];
    // Two keys share the MAC half, so that one token opens under both: what Fernet allows and the commitments do not.
    const twin = fernetKeyOf(Uint8Array.of(...one.subarray(0, 16), ...other.subarray(16)));
    const word = await refusalOf({
      fernetKey: twin,
      ...inManifest(() => ({ keyCommitment: sha256(utf8('fernpost/key/v1\n'), one) })),
    });
    expect(word).toBe('REC_COMMITMENT + proof');
  });
});

describe('attachments', () => {
  test('another root, another size, one that the document does not name', async () => {
    const root = inManifest(({ attachments }) => ({
      attachments: attachments.map((each) => ({ ...each, root: random(32) })),
    }));
    expect(await refusalOf(root, file())).toBe('REC_COMMITMENT + proof');
    // Nothing can be checked of an attachment that the document does not name: no chunk of it is taken.
    const foreign = inManifest(({ attachments }) => ({
      attachments: attachments.map((each) => ({ ...each, id: randomUUID() as typeof each.id })),
    }));
    expect(await refusalOf(foreign, file())).toBe('REC_CONTENT + proof');
    expect(
      await refusalOf(
        inManifest(() => ({ attachments: [] })),
        file(),
      ),
    ).toBe('REC_CONTENT + proof');
  });

  test('a plaintext that is not the one that the document names by its SHA-256', async () => {
    const composed = await composeReferral(alder, birch, file());
    const { reply } = await transfer(alder, birch, { ...composed, files: [random(3_000)] });
    expect(wordOf(reply)).toBe('REC_COMMITMENT + proof');
  });
});

describe('a FHIR bundle that breaks the rules is refused with the element at fault', () => {
  const changedText =
    (find: string | RegExp, by: string): ((plaintext: Uint8Array) => Uint8Array) =>
    (plaintext) => {
      const before = text(plaintext);
      const after = before.replace(find, by);
      expect(after).not.toBe(before);
      return utf8(after);
    };
  test.each<[string, (plaintext: Uint8Array) => Uint8Array, RegExp]>([
    [
      'a date that does not exist',
      changedText(/"birthDate":"[0-9-]+"/, '"birthDate":"1987-02-31"'),
      /Patient\)\.birthDate/,
    ],
    ['an element that R4 does not have', changedText('"birthDate"', '"birthDay"'), /birthDay/],
    [
      'a script in a narrative',
      changedText(/<div xmlns=\\"http:\/\/www.w3.org\/1999\/xhtml\\">/, '$&<script>1</script>'),
      /div|text/,
    ],
    [
      'another receiver',
      changedText(/birch\.example/g, 'cedar.example'),
      /MessageHeader|destination|Organization|Endpoint/,
    ],
    ['no FHIR at all', () => utf8('{"resourceType":"Patient"}'), /Bundle/],
    ['deep JSON', () => utf8('['.repeat(10_000)), /./],
    ['an element with an astral name', changedText('"birthDate"', `"${'\u{1F600}'.repeat(300)}"`), /Patient/],
  ])('%s', async (_, change, detail) => {
    two.clock.advance(1_000);
    const composed = await composeReferral(alder, birch);
    const { reply } = await transfer(alder, birch, composed, { plaintext: change(composed.plaintext) });
    expect([wordOf(reply), reply.problem?.detail ?? '']).toEqual([
      'REC_CONTENT + proof',
      expect.stringMatching(detail),
    ]);
  });

  test('the sender mends and sends the same referral under a new uuid', async () => {
    const composed = await composeReferral(alder, birch);
    const bad = utf8(text(composed.plaintext).replace(/"birthDate":"[0-9-]+"/, '"birthDate":"1987-02-31"'));
    const { reply } = await transfer(alder, birch, composed, { plaintext: bad });
    expect(wordOf(reply)).toBe('REC_CONTENT + proof');
    const again = await transfer(alder, birch, composed);
    expect(wordOf(again.reply)).toBe('200');
    expect((await birch.node.referrals.show(composed.referral)).state).toBe('received');
    const twice = await transfer(alder, birch, composed);
    expect(wordOf(twice.reply)).toBe('200');
    const other = await composeReferral(alder, birch);
    const squatting = inManifest(() => ({ referral: composed.referral }));
    expect(wordOf((await transfer(alder, birch, other, squatting)).reply)).toBe('REC_CONTENT + proof');
  });

  test('a poisoned bundle does not stop the queue behind it', async () => {
    await using queue = await openHospitals();
    const [from, to] = [queue.at('alder'), queue.at('birch')];
    const poisoned = await composeReferral(from, to);
    const sound = await composeReferral(from, to);
    // While its peer rests, a bundle is sealed and waits.
    const peer = from.node.directory.get(to.name);
    await from.node.directory.save({ ...peer, state: 'paused' });
    await from.node.dispatcher.step(AbortSignal.timeout(10_000));
    await from.node.dispatcher.settled();
    await from.node.directory.save(peer);
    const token = utf8('gAAAAA==');
    await from.node.store.write(async (writer) => writer.run(damageDocument, { referral: poisoned.referral, token }));
    await queue.deliver();
    const stateOf = async (id: typeof sound.referral) => (await from.node.referrals.show(id)).deliveries[0];
    expect(await stateOf(sound.referral)).toMatchObject({ state: 'delivered' });
    expect(await stateOf(poisoned.referral)).toMatchObject({ state: 'set-aside', troubleCode: 'REC_COMMITMENT' });
    expect(await to.node.referrals.show(sound.referral)).toMatchObject({ state: 'received' });
    await expect(to.node.referrals.show(poisoned.referral)).rejects.toThrow('No referral');
  });
});

test('suites: the first one is a downgrade once a card has shown the second', async () => {
  const composed = await composeReferral(alder, birch);
  const forged = await forgeBundle(alder, birch, composed, { suite: 1 });
  expect(wordOf(await requestsOf(alder, birch, forged).manifest())).toBe('SEND_DOWNGRADE');
  const { directory } = birch.node;
  const now = directory.get(alder.name);
  expect(now.suiteFloor).toBe(2);
  await directory.save({ ...now, suiteFloor: 1 });
  expect(wordOf(await requestsOf(alder, birch, forged).manifest())).toBe('201');
  const commit = await commitOf(alder, birch, await logSent(alder, birch, forged));
  await requestsOf(alder, birch, forged).document();
  expect(wordOf(await requestsOf(alder, birch, forged).commit(commit))).toBe('200');
  const higher = await forgeBundle(alder, birch, await composeReferral(alder, birch));
  await sendParts(alder, birch, higher);
  expect(directory.get(alder.name).suiteFloor).toBe(2);
  const lower = await forgeBundle(alder, birch, await composeReferral(alder, birch), { suite: 1 });
  expect(wordOf(await requestsOf(alder, birch, lower).manifest())).toBe('SEND_DOWNGRADE');
});

/** A document packed by hand: its commitment is to what the honest plaintext was. */
async function sealedAs(pack: (plaintext: Uint8Array) => Uint8Array): Promise<BundleTwist> {
  const fernetKey = generateKey(random);
  const plaintext = utf8('{"resourceType":"Bundle"}');
  const packed = pack(plaintext);
  const raw = encrypt(fernetKey, packed, { time: alder.node.clock.now(), iv: random(16) });
  return {
    fernetKey,
    token: () => utf8(formatToken(raw)),
    manifest: (honest) => ({
      ...honest,
      document: {
        ...honest.document,
        encoding: 'gzip',
        commitment: documentCommitment({ sha256 }, random(32), plaintext),
      },
    }),
  };
}

/** A document that was damaged in the sender's own database after it was sealed. */
const damageDocument = statement<{ referral: string; token: Uint8Array }>()((db, values) =>
  db.updateTable('outbox').set({ token: values.token }).where('referral', '=', values.referral),
);

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

function changed(token: Uint8Array, at: number): Uint8Array {
  return token.map((byte, i) => (i === at ? (byte === 65 ? 66 : 65) : byte));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
