import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parseVkey } from '../../../protocol/log/note.ts';
import { parseLocalRecord, writeLocalRecord } from '../../../protocol/log/record.ts';
import { askWitnesses } from '../../../node/jobs/witnessing.ts';
import { logPageEntries, parseHashFilter, type LogFilter } from '../../../node/exchange-log/explorer.ts';
import { explorerPages } from '../../../node/exchange-log/explorer-queries.ts';
import { checkEntry, isSound } from '../../../node/exchange-log/proof-check.ts';
import { findEvidence, listEvidence, readSeenLogs, readStanding } from '../../../node/exchange-log/standing.ts';
import { writeAddCheckpoint } from '../../../protocol/log/witness.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;
let alarms: string[] = [];

beforeEach(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
});

afterEach(async () => {
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures.filter((failure) => !alarms.some((alarm) => failure.includes(alarm)))).toEqual([]);
  alarms = [];
});

async function grow({ node }: TestHospital, leaves: number, peer?: TestHospital): Promise<void> {
  await node.store.write(async (writer) => {
    for (let n = 0; n < leaves; n += 1) {
      const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(randomBytes(32)), members: {} });
      await node.log.queue(writer, { type: 'noop', record, ...(peer === undefined ? {} : { peer: peer.name }) });
    }
  });
}

const page = (filter: LogFilter = {}, place = {}, asked = JSON.stringify([filter, place])) =>
  birch.node.explorer.page('auditor-1', asked, filter, place);

async function everyIndex(filter: LogFilter): Promise<number[]> {
  const found: number[] = [];
  let below: number | undefined;
  for (;;) {
    const { entries, hasOlder } = await page(filter, { below });
    found.push(...entries.map(({ index }) => index));
    if (!hasOlder) return found;
    below = entries.at(-1)?.index;
  }
}

describe('a page of the log', () => {
  test('is newest first, and each entry is on exactly one page, both ways', async () => {
    await grow(birch, 130);
    const { entries, hasNewer, hasOlder } = await page();
    expect([entries.length, hasNewer, hasOlder]).toEqual([logPageEntries, false, true]);
    const { size } = birch.node.log.head();
    expect(entries[0]?.index).toBe(size - 1);
    const all = await everyIndex({ type: 'noop' });
    expect(new Set(all).size).toBe(130);
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    const back = await page({ type: 'noop' }, { above: all.at(-1) });
    expect(back.entries.map(({ index }) => index)).toEqual(all.slice(-51, -1));
    expect([back.hasNewer, back.hasOlder]).toEqual([true, true]);
  });

  test('can be asked by peer, kind, day and hash together', async () => {
    await grow(birch, 3, alder);
    three.clock.advance(3_600_000);
    const from = three.clock.now();
    await grow(birch, 4, alder);
    await grow(birch, 2, cedar);
    expect(await everyIndex({ peer: alder.name, type: 'noop' })).toHaveLength(7);
    expect(await everyIndex({ peer: alder.name, type: 'noop', from })).toHaveLength(4);
    expect(await everyIndex({ type: 'noop', from })).toHaveLength(6);
    expect(await everyIndex({ type: 'noop', to: from - 1 })).toHaveLength(3);
    expect(await everyIndex({ peer: alder.name, type: 'key' })).toEqual([]);
    expect(await everyIndex({ from: from + 3_600_000 })).toEqual([]);
    const [entry] = (await page({ peer: cedar.name, type: 'noop' })).entries;
    if (entry === undefined) throw new Error('there is no entry');
    expect((await page({ hash: entry.x })).entries).toEqual([entry]);
    expect((await page({ hash: entry.x.slice(0, 8) })).entries).toEqual([entry]);
    expect((await page({ hash: entry.x, peer: alder.name })).entries).toEqual([]);
    expect(parseHashFilter(` ${Buffer.from(entry.x, 'base64url').toString('hex')} `)).toBe(entry.x);
    expect(() => parseHashFilter("x' or 1")).toThrow('reference hash');
  });

  test('is read by an index whatever is asked', async () => {
    const values = { low: 0, high: 9, from: 0, to: 9, limit: 1, peer: 'a', type: 'b' };
    const plans = Object.values(explorerPages).flatMap((way) => Object.entries(way));
    for (const [name, { sql, parameters }] of plans) {
      const plan = await birch.node.store.read((reader) =>
        reader.all<typeof values, { detail: string }>({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters }, values),
      );
      const words = plan.map(({ detail }) => detail).join('; ');
      expect(`${name}: ${words}`).toMatch(/: SEARCH log_leaf USING (?:INTEGER PRIMARY KEY|INDEX \w+) \([^;]*\)$/);
    }
  });

  test('is shown only after the look is in the log, once a minute for the same look', async () => {
    const size = () => birch.node.log.head().size;
    const before = size();
    const first = await page({}, {}, 'kind=local');
    expect(size()).toBe(before + 1);
    expect(parseLocalRecord(first.entries[0]?.record ?? new Uint8Array()).members).toMatchObject({
      by: 'auditor-1',
      query: 'kind=local',
    });
    await page({}, {}, 'kind=local');
    expect(size()).toBe(before + 1);
    three.clock.advance(60_000);
    await page({}, {}, 'kind=local');
    await birch.node.explorer.page('auditor-2', 'kind=local', {}, {});
    expect(size()).toBe(before + 3);
  });

  test('everything of a filter is exported, and nothing that comes meanwhile', async () => {
    await grow(birch, 1_200, alder);
    const found: number[] = [];
    for await (const piece of birch.node.explorer.everything('auditor-1', 'export', { type: 'noop' })) {
      found.push(...piece.map(({ index }) => index));
      if (found.length === 1_000) await grow(birch, 5, alder);
    }
    expect(found).toHaveLength(1_200);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });
});

describe('an entry with its proof', () => {
  const flip = (bytes: Uint8Array, at = 3) => bytes.with(at, (bytes[at] ?? 0) ^ 1);
  const keys = () => ({
    log: parseVkey(birch.node.own.logVkey, logCrypto),
    witnesses: [alder, cedar].map(({ node }) => parseVkey(node.own.witnessVkey, logCrypto)),
  });
  const words = (steps: ReturnType<typeof checkEntry>) => steps.map(({ name, verdict }) => `${name} ${verdict}`);

  test('is proven against the newest head that a witness cosigned', async () => {
    await grow(birch, 40);
    await askWitnesses(birch.node);
    const { size } = birch.node.log.head();
    const found = await birch.node.explorer.entry('auditor-1', 7);
    if (found === undefined) throw new Error('there is no entry');
    expect(found.proof).toContain(`birch.example/log\n${size}\n`);
    const steps = checkEntry({ ...found, record: found.entry.record }, keys(), logCrypto);
    expect(words(steps)).toEqual([
      'record holds',
      'leaf holds',
      'path holds',
      'checkpoint holds',
      'cosignature holds',
      'cosignature holds',
    ]);
    expect(await birch.node.explorer.entry('auditor-1', 999)).toBeUndefined();
  });

  test('is proven against the newest head where nobody has cosigned yet', async () => {
    await grow(birch, 3);
    const { size } = birch.node.log.head();
    const found = await birch.node.explorer.entry('auditor-1', size - 1);
    if (found === undefined) throw new Error('there is no entry');
    expect(isSound(checkEntry({ ...found, record: found.entry.record }, keys(), logCrypto))).toBe(true);
  });

  test.each<[string, (given: { record: Uint8Array; leaf: Uint8Array; proof: string }) => object, string[]]>([
    ['record', ({ record }) => ({ record: flip(record) }), ['record broken']],
    ['leaf', ({ leaf }) => ({ leaf: flip(leaf, 30) }), ['leaf broken']],
    ['type in the leaf', ({ leaf }) => ({ leaf: flip(leaf, 7) }), ['leaf broken']],
    [
      'path',
      ({ proof }) => ({
        proof: proof.replace(/^index \d+\n./m, (m) => m.slice(0, -1) + (m.endsWith('A') ? 'B' : 'A')),
      }),
      ['path broken'],
    ],
    [
      'root that was signed',
      ({ proof }) => ({
        proof: proof.replace(/^(birch\.example\/log\n\d+\n)./m, (m) => m.slice(0, -1) + (m.endsWith('A') ? 'B' : 'A')),
      }),
      ['path skipped', 'checkpoint broken', 'cosignature skipped', 'cosignature skipped'],
    ],
    [
      'signature of the log',
      ({ proof }) => ({
        proof: proof.replace(/^(— birch\.example\/log .{20})./m, (m) => m.slice(0, -1) + (m.endsWith('A') ? 'B' : 'A')),
      }),
      ['checkpoint broken'],
    ],
    [
      'signature of a witness',
      ({ proof }) => ({
        proof: proof.replace(
          /^(— cedar\.example\/witness .{30})./m,
          (m) => m.slice(0, -1) + (m.endsWith('A') ? 'B' : 'A'),
        ),
      }),
      ['cosignature broken'],
    ],
  ])('one changed byte of the %s shows in its step alone', async (_, change, expected) => {
    await grow(birch, 40);
    await askWitnesses(birch.node);
    const found = await birch.node.explorer.entry('auditor-1', 7);
    if (found === undefined) throw new Error('there is no entry');
    const given = { record: found.entry.record, leaf: found.leaf, proof: found.proof };
    const steps = checkEntry({ ...given, ...change(given) }, keys(), logCrypto);
    expect(words(steps).filter((word) => !word.endsWith('holds'))).toEqual(expected);
    expect(isSound(steps)).toBe(false);
  });
});

describe('how the log stands', () => {
  test('tells who cosigned how much, and raises an alarm ten minutes after nobody did', async () => {
    const read = () => birch.node.store.read((reader) => readStanding(reader, birch.node.log, three.clock.now()));
    await askWitnesses(birch.node);
    const { size } = birch.node.log.head();
    expect(await read()).toMatchObject({ size, anchored: { size }, isUnwitnessed: false });
    expect((await read()).witnesses.map((each) => [each.witness, each.size])).toEqual([
      [alder.name, size],
      [cedar.name, size],
    ]);
    await grow(birch, 1);
    three.clock.advance(600_000);
    expect(await read()).toMatchObject({ anchored: { size }, isUnwitnessed: false });
    three.clock.advance(1_000);
    expect(await read()).toMatchObject({ isUnwitnessed: true });
    await askWitnesses(alder.node);
    const seen = await birch.node.store.read(readSeenLogs);
    expect(seen.map(({ origin, peer }) => [origin, peer])).toEqual([['alder.example/log', alder.name]]);
  });

  test('a fork of another log shows both signed heads', async () => {
    alarms = ['log-fork-evidence'];
    await grow(alder, 3);
    const { own, log } = alder.node;
    const { size, checkpoint, root } = log.head();
    const twin = own.signHead({ origin: own.origin, size, root: new Uint8Array(32) });
    await birch.node.witness.addAlone(writeAddCheckpoint(0, [], checkpoint));
    expect(await birch.node.witness.addAlone(writeAddCheckpoint(size, [], twin))).toMatchObject({ status: 409 });
    const [fact] = await birch.node.store.read(listEvidence);
    const found = await birch.node.store.read((reader) => findEvidence(reader, fact?.id ?? ''));
    expect(found).toMatchObject({
      kind: 'forked-log',
      peer: alder.name,
      heads: [
        { title: 'known here before', size, root },
        { title: 'shown later', size, root: new Uint8Array(32), note: twin },
      ],
    });
    expect(await birch.node.store.read((reader) => findEvidence(reader, 'none'))).toBeUndefined();
  });
});
