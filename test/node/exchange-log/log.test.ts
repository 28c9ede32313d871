import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseUtf8, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { mediaTypes } from '../../../protocol/http/media-types.ts';
import { parseCheckpoint, verifyCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { findWitnesses } from '../../../protocol/log/cosignature.ts';
import { appendLeaves, emptyEdge, writeEdge } from '../../../protocol/log/edge.ts';
import { leafOfRecord, recordX, type LeafType } from '../../../protocol/log/entry.ts';
import { leafHash } from '../../../protocol/log/merkle.ts';
import { parseVkey } from '../../../protocol/log/note.ts';
import { writeLocalRecord } from '../../../protocol/log/record.ts';
import { decodeEntries } from '../../../protocol/log/tile.ts';
import { verifyLog, type LogVerdict } from '../../../protocol/log/verify.ts';
import { writeAddCheckpoint } from '../../../protocol/log/witness.ts';
import { askWitnesses } from '../../../node/jobs/witnessing.ts';
import { statement } from '../../../node/store/statement.ts';
import { composeReferral, transfer } from '../../support/forged-bundle.ts';
import { nodeTables } from '../../support/node-tables.ts';
import { bodyOf, openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;
let token: string;

beforeEach(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
  token = await birch.node.tokens.issue('auditor');
});

let alarms: string[] = [];
afterEach(async () => {
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures.filter((failure) => !alarms.some((alarm) => failure.includes(alarm)))).toEqual([]);
  alarms = [];
});

async function get(target: string, bearer = token) {
  const rawHeaders = ['host', 'birch.example'];
  if (bearer !== '') rawHeaders.push('authorization', `Bearer ${bearer}`);
  const body = bodyOf(undefined);
  return birch.node.exchange.handle({ method: 'GET', target, rawHeaders, body, remoteAddress: '::1' });
}

async function post(body: string | Uint8Array) {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const rawHeaders = ['host', 'birch.example', 'content-length', String(bytes.length)];
  const target = '/witness/add-checkpoint';
  three.clock.advance(1_000);
  const incoming = { method: 'POST', target, rawHeaders, body: bodyOf(bytes), remoteAddress: '::1' };
  return birch.node.exchange.handle(incoming);
}

function verifyBirch(
  known: { origin: ReturnType<typeof parseCheckpoint>['origin']; size: number; root: Uint8Array }[] = [],
): Promise<LogVerdict> {
  return verifyLog({
    fetch: async (path) => {
      const { status, body } = await get(`/log/${path}`);
      return status === 200 ? body : undefined;
    },
    logKey: parseVkey(birch.node.own.logVkey, logCrypto),
    crypto: logCrypto,
    known,
  });
}

async function grow({ node }: TestHospital, leaves: number): Promise<void> {
  await node.store.write(async (writer) => {
    for (let n = 0; n < leaves; n += 1) {
      const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(randomBytes(32)), members: {} });
      await node.log.queue(writer, { type: 'noop', record });
    }
  });
}

describe('the log as auditors’ tools read it', () => {
  test('verifies from its first leaf to its last, across tiles, and after a restart', async () => {
    const early = birch.node.log.head();
    await grow(birch, 255);
    await transfer(alder, birch, await composeReferral(alder, birch));
    await grow(birch, 300);
    const known = [{ origin: birch.node.own.origin, size: early.size, root: early.root }];
    const { size } = birch.node.log.head();
    expect(await verifyBirch(known)).toMatchObject({ state: 'sound', checkpoint: { size } });
    await birch.restart();
    expect(await verifyBirch(known)).toMatchObject({ state: 'sound', checkpoint: { size } });
    await grow(birch, 1);
    expect(await verifyBirch(known)).toMatchObject({ state: 'sound', checkpoint: { size: size + 1 } });
    const other = { ...known[0], root: new Uint8Array(32) } as (typeof known)[number];
    expect(await verifyBirch([other])).toMatchObject({ state: 'broken', fault: 'known-head-differs' });
    expect(await verifyBirch([{ ...other, size: size + 2 }])).toMatchObject({ state: 'broken', fault: 'shrunk' });
  });

  test('has a partial tile at every width, and 404 beyond', async () => {
    await grow(birch, 600 - birch.node.log.head().size);
    expect(birch.node.log.head().size).toBe(600);
    const tree = [...(await birch.node.store.read((reader) => reader.all(nodeTables.leaves, {})))];
    const hashes = tree.map(({ type, record }) =>
      leafHash(leafOfRecord(type as LeafType, record, logCrypto), logCrypto),
    );
    const statusOf = async (path: string) => (await get(`/log/tile/${path}`)).status;
    for (const [path, from, width] of [
      ['0/000', 0, 256],
      ['0/001', 256, 256],
      ['0/002.p/88', 512, 88],
      ['0/002.p/1', 512, 1],
      ['0/000.p/255', 0, 255],
    ] as const) {
      const hash = await get(`/log/tile/${path}`);
      expect([hash.status, hash.headers['content-type']]).toEqual([200, mediaTypes.bytes]);
      expect(Buffer.from(hash.body)).toEqual(Buffer.concat(hashes.slice(from, from + width)));
      const entries = await get(`/log/tile/entries/${path.slice(2)}`);
      const made = decodeEntries(entries.body, width).map((entry) => leafHash(entry, logCrypto));
      expect(Buffer.concat(made)).toEqual(Buffer.from(hash.body));
    }
    expect(
      await Promise.all(['0/002', '0/002.p/89', '0/003.p/1', '1/001.p/1', '2/000.p/1', '1/000.p/3'].map(statusOf)),
    ).toEqual([404, 404, 404, 404, 404, 404]);
    expect(await Promise.all(['1/000.p/1', '1/000.p/2'].map(statusOf))).toEqual([200, 200]);
  });

  test('says how long each resource may be kept, and is no page', async () => {
    const checkpoint = await get('/log/checkpoint');
    expect(checkpoint.headers).toMatchObject({
      'content-type': mediaTypes.text,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    const tile = await get('/log/tile/0/000.p/1');
    expect(tile.headers['cache-control']).toContain('immutable');
    const text = parseUtf8(checkpoint.body);
    expect(text.split('\n').slice(0, 2)).toEqual(['birch.example/log', String(birch.node.log.head().size)]);
    verifyCheckpoint(text, birch.node.own.logKey, logCrypto);
  });

  test('is for peers and auditors where it is not open, and for everybody where it is', async () => {
    expect((await get('/log/checkpoint', '')).status).toBe(401);
    await using open = await openHospitals({ change: (config) => ({ ...config, logAccess: 'open' }) });
    const { exchange } = open.at('birch').node;
    const target = '/log/checkpoint';
    const plain = { method: 'GET', target, rawHeaders: [], body: bodyOf(undefined), remoteAddress: '::1' };
    expect((await exchange.handle(plain)).status).toBe(200);
    expect((await exchange.handle({ ...plain, target: '/audit/v1/records' })).status).toBe(401);
  });
});

describe('witnesses', () => {
  test('cosign what they are shown, are counted once, and both restarts keep that', async () => {
    for (const each of [alder, birch, cedar]) await askWitnesses(each.node);
    const witnesses = [alder, cedar].map(({ node }) => parseVkey(node.own.witnessVkey, logCrypto));
    const read = async () => {
      const checkpoint = parseCheckpoint(parseUtf8((await get('/log/checkpoint')).body));
      return findWitnesses(checkpoint, witnesses, logCrypto).length;
    };
    expect(await read()).toBe(2);
    await askWitnesses(birch.node);
    await birch.restart();
    expect(await read()).toBe(2);
    const hex = Buffer.from(logCrypto.sha256(utf8('alder.example/log'))).toString('hex');
    const held = parseUtf8((await get(`/witness/${hex}/checkpoint`)).body);
    expect(verifyCheckpoint(held, alder.node.own.logKey, logCrypto).size).toBe(alder.node.log.head().size);
  });

  test('show what they cosigned, with the line that says so', async () => {
    await askWitnesses(alder.node);
    const hash = logCrypto.sha256(utf8(alder.node.own.origin)).toHex();
    const shown = await get(`/witness/${hash}/checkpoint`);
    const checkpoint = verifyCheckpoint(parseUtf8(shown.body), alder.node.own.logKey, logCrypto);
    expect(checkpoint.size).toBe(alder.node.log.head().size);
    expect(findWitnesses(checkpoint, [birch.node.own.witnessKey], logCrypto)).toHaveLength(1);
  });

  test('answer as C2SP says', async () => {
    const { own, log, store, proofs } = alder.node;
    const first = log.head();
    const send = async (old: number, path: readonly Uint8Array[], note: string) =>
      post(writeAddCheckpoint(old, path, note));
    expect((await post('')).status).toBe(400);
    expect((await post('old 1\n')).status).toBe(400);
    expect((await post(new Uint8Array(randomBytes(200)))).status).toBe(400);
    expect((await send(0, [], first.checkpoint.replaceAll('alder.example', 'elm.example'))).status).toBe(404);
    expect(
      (
        await send(
          0,
          [],
          first.checkpoint.replace(/^— .*$/m, (line) => forgedLine(line)),
        )
      ).status,
    ).toBe(403);
    expect((await send(first.size + 1, [], first.checkpoint)).status).toBe(400);
    const wrongOld = await send(1, [], first.checkpoint);
    expect([wrongOld.status, wrongOld.headers['content-type'], parseUtf8(wrongOld.body)]).toEqual([
      409,
      mediaTypes.logSize,
      '0\n',
    ]);
    const good = await send(0, [], first.checkpoint);
    expect([good.status, parseUtf8(good.body)]).toEqual([
      200,
      expect.stringMatching(/^— birch\.example\/witness \S+\n$/),
    ]);
    expect((await send(0, [], first.checkpoint)).status).toBe(409);
    expect((await send(first.size, [], first.checkpoint)).status).toBe(200);
    await grow(alder, 5);
    const next = log.head();
    const path = await store.read((reader) => proofs.consistency(reader, first.size, next.size));
    alarms = ['log-fork-evidence'];
    const broken = path.map((hash) => hash.map((byte) => byte ^ 1));
    expect((await send(first.size, broken, next.checkpoint)).status).toBe(422);
    expect((await send(first.size, path, next.checkpoint)).status).toBe(200);
    const twin = own.signHead({ origin: own.origin, size: next.size, root: new Uint8Array(32) });
    expect((await send(next.size, [], twin)).status).toBe(409);
    const evidence = await birch.node.store.read((reader) => reader.all(nodeTables.evidence, {}));
    expect(evidence.map(({ kind, peer }) => [kind, peer])).toEqual([
      ['forked-log', alder.name],
      ['forked-log', alder.name],
    ]);
    await birch.restart();
    expect((await send(first.size, path, next.checkpoint)).status).toBe(409);
  });

  test('of two checkpoints at the same moment cosign one line of history', async () => {
    await grow(alder, 3);
    const head = alder.node.log.head();
    const { own } = alder.node;
    alarms = ['log-fork-evidence'];
    const twin = own.signHead({ origin: own.origin, size: head.size, root: new Uint8Array(32) });
    const answers = await Promise.all([
      birch.node.witness.addAlone(writeAddCheckpoint(0, [], head.checkpoint)),
      birch.node.witness.addAlone(writeAddCheckpoint(0, [], twin)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
  });

  test('take five a second for an origin', async () => {
    const body = utf8(writeAddCheckpoint(9, [], alder.node.log.head().checkpoint));
    const rawHeaders = ['content-length', String(body.length)];
    const target = '/witness/add-checkpoint';
    const statuses = [];
    for (let n = 0; n < 7; n += 1) {
      const incoming = { method: 'POST', target, rawHeaders, body: bodyOf(body), remoteAddress: '::1' };
      statuses.push((await birch.node.exchange.handle(incoming)).status);
    }
    expect(statuses.filter((status) => status === 429).length).toBe(2);
  });
});

describe('the records behind the leaves', () => {
  const audit = async (query = '') => {
    const answer = await get(`/audit/v1/records${query}`);
    return answer.status === 200
      ? (JSON.parse(parseUtf8(answer.body)) as {
          next?: number;
          records: { index: number; type: string; x: string; record: string; peer: string | null; at: string }[];
        })
      : undefined;
  };

  test('lead to exactly the leaves of the log', async () => {
    await transfer(alder, birch, await composeReferral(alder, birch));
    const page = await audit();
    const leaves = (await get(`/log/tile/entries/000.p/${page?.records.length ?? 0}`)).body;
    const entries = decodeEntries(leaves, page?.records.length ?? 0);
    for (const { index, type, x, record } of page?.records ?? []) {
      const bytes = new Uint8Array(Buffer.from(record, 'base64url'));
      expect(recordX(type as LeafType, bytes, logCrypto)).toBe(x);
      expect(leafOfRecord(type as LeafType, bytes, logCrypto)).toEqual(entries[index]);
    }
    expect(page?.records.map(({ type }) => type)).toContain('received');
  });

  test('are shown only after the look itself is in the log', async () => {
    const before = birch.node.log.head().size;
    const page = await audit('?peer=alder.example');
    expect(birch.node.log.head().size).toBe(before + 1);
    expect(page?.records.every(({ peer }) => peer === alder.name)).toBe(true);
    const leaves = await birch.node.store.read((reader) => reader.all(nodeTables.leaves, {}));
    const last = leaves.at(-1);
    expect([last?.type, Buffer.from(last?.record ?? []).toString()]).toEqual([
      'local',
      expect.stringMatching(/"by":"auditor".*"kind":"audit".*"query":"peer=alder.example"/),
    ]);
  });

  test('come in pages', async () => {
    await grow(birch, 1_100);
    const first = await audit();
    expect([first?.records.length, first?.next]).toEqual([1_000, 999]);
    const second = await audit(`?after=${first?.next ?? 0}`);
    expect(second?.records[0]?.index).toBe(1_000);
    expect(second?.next).toBeUndefined();
  });

  test.each([
    '?peer=Alder',
    '?from=yesterday',
    '?to=1',
    '?after=-1',
    '?after=1&after=2',
    '?secret=1',
    '?peer=alder.example;x',
  ])('the query %s is refused before anything is logged', async (query) => {
    const before = birch.node.log.head().size;
    expect((await get(`/audit/v1/records${query}`)).status).toBe(400);
    expect(birch.node.log.head().size).toBe(before);
  });
});

describe('a row that somebody changed on the disk', () => {
  const changeRecord = statement<{ idx: number; record: Uint8Array }>()((db, values) =>
    db.updateTable('log_leaf').set({ record: values.record }).where('idx', '=', values.idx),
  );
  const changeTile = statement<{ n: number; hashes: Uint8Array }>()((db, values) =>
    db.updateTable('log_tile').set({ hashes: values.hashes }).where('level', '=', 0).where('n', '=', values.n),
  );
  const changeHead = statement<{ size: number; root: Uint8Array; edge: Uint8Array }>()((db, values) =>
    db.updateTable('log_head').set({ size: values.size, root: values.root, edge: values.edge }),
  );
  const changeRoot = statement<{ root: Uint8Array }>()((db, values) =>
    db.updateTable('log_head').set({ root: values.root }),
  );

  test('a leaf: whoever verifies is told which', async () => {
    await grow(birch, 20);
    const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(32), members: {} });
    await birch.node.store.write(async (writer) => writer.run(changeRecord, { idx: 7, record }));
    expect(await verifyBirch()).toMatchObject({ state: 'broken', fault: 'tile-differs', index: 7 });
    await birch.restart();
    expect(await verifyBirch()).toMatchObject({ state: 'broken', index: 7 });
  });

  test('a hash of a tile: the same', async () => {
    await grow(birch, 20);
    const hashes = (await get(`/log/tile/0/000.p/${birch.node.log.head().size}`)).body.slice();
    hashes[32 * 9] = (hashes[32 * 9] ?? 0) ^ 1;
    await birch.node.store.write(async (writer) => writer.run(changeTile, { n: 0, hashes }));
    expect(await verifyBirch()).toMatchObject({ state: 'broken', fault: 'tile-differs', index: 9 });
  });

  test('a tile that was cut short: nothing is signed any more', async () => {
    await grow(birch, 20);
    await birch.node.store.write(async (writer) => writer.run(changeTile, { n: 0, hashes: new Uint8Array(64) }));
    await expect(grow(birch, 1)).rejects.toMatchObject({ code: 'log-damaged' });
  });

  test('the root of the head: nothing is signed, and reading goes on', async () => {
    alarms = ['request-failed'];
    await birch.node.store.write(async (writer) => writer.run(changeRoot, { root: new Uint8Array(32) }));
    await birch.restart();
    await expect(grow(birch, 1)).rejects.toMatchObject({ code: 'log-damaged' });
    expect((await get('/log/checkpoint')).status).toBe(200);
    const { reply } = await transfer(alder, birch, await composeReferral(alder, birch));
    expect([reply.status, reply.problem?.code]).toEqual([503, 'REC_BUSY']);
  });

  test('head, root and edge together, so that they fit: the signature still does not', async () => {
    const forged = appendLeaves(emptyEdge, [new Uint8Array(32).fill(7)], logCrypto);
    const { size, root, edge } = forged;
    await birch.node.store.write(async (writer) => writer.run(changeHead, { size, root, edge: writeEdge(edge) }));
    await birch.restart();
    await expect(grow(birch, 1)).rejects.toMatchObject({ code: 'log-damaged' });
  });

  test('and a clock that fell back: nothing is signed', async () => {
    await grow(birch, 1);
    three.clock.setWall(-6_000);
    await expect(grow(birch, 1)).rejects.toMatchObject({ code: 'clock-behind' });
    three.clock.setWall(1_001);
    await grow(birch, 1);
  });
});

/** The same key id with another signature. */
function forgedLine(line: string): string {
  const [dash = '', name = '', encoded = ''] = line.split(' ');
  const bytes = Buffer.from(encoded, 'base64');
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  return [dash, name, bytes.toString('base64')].join(' ');
}
