import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parseOrigin } from '../../../protocol/ids.ts';
import { signCheckpoint, type TreeHead } from '../../../protocol/log/checkpoint.ts';
import { appendLeaves, emptyEdge } from '../../../protocol/log/edge.ts';
import { leafHash } from '../../../protocol/log/merkle.ts';
import { takeTail } from '../../../protocol/log/tail.ts';
import { verifyLog, type LogVerdict } from '../../../protocol/log/verify.ts';
import { flipBit } from '../../support/bad-cases.ts';
import { alderEntries, alderKey, alderSign, someEntries, staticLog } from './alder-log.ts';

const entries = alderEntries();
const hashes = entries.map((entry) => leafHash(entry, logCrypto));
const origin = parseOrigin('alder.example/log');

function headAt(size: number): TreeHead {
  return { origin, size, root: appendLeaves(emptyEdge, hashes.slice(0, size), logCrypto).root };
}

async function verify(files: Map<string, Uint8Array>, known: readonly TreeHead[] = []): Promise<LogVerdict> {
  const fetch = (path: string): Promise<Uint8Array | undefined> => Promise.resolve(files.get(path));
  return await verifyLog({ fetch, logKey: alderKey, crypto: logCrypto, known });
}

describe('the verification of a whole log', () => {
  test('finds the log of the vectors sound, and tells every leaf and the progress', async () => {
    const files = staticLog(entries);
    const told: number[] = [];
    const progress: number[] = [];
    const verdict = await verifyLog({
      fetch: (path) => Promise.resolve(files.get(path)),
      logKey: alderKey,
      crypto: logCrypto,
      known: [600, 0, 1, 256, 300, 300, 512].map((size) => headAt(size)),
      onLeaf: (leaf, index) => {
        if (leaf.type === 'sent' && index > 420 && index < 424) told.push(index);
      },
      onProgress: (done) => void progress.push(done),
    });
    expect(verdict).toMatchObject({ state: 'sound', checkpoint: { size: 600 } });
    expect(told).toEqual([421, 422, 423]);
    expect(progress).toEqual([600]);
  });

  test.each([0, 1, 255, 256, 257, 512, 65_536, 65_537 + 256])('finds a log of %i leaves sound', async (size) => {
    expect((await verify(staticLog(someEntries(size)))).state).toBe('sound');
  });

  test('names the resource that is missing', async () => {
    const files = staticLog(entries);
    for (const path of files.keys()) {
      const without = new Map(files);
      without.delete(path);
      expect(await verify(without)).toEqual({ state: 'broken', fault: 'resource-missing', path });
    }
  });

  test('sees one changed bit in any resource', async () => {
    const files = staticLog(entries);
    for (const [path, bytes] of files)
      for (let bit = 3; bit < bytes.length * 8; bit += Math.max(1, Math.floor(bytes.length / 5))) {
        const verdict = await verify(new Map(files).set(path, flipBit(bytes, bit)));
        if (verdict.state === 'sound') expect.fail(`bit ${bit} of ${path}`);
      }
  });

  test('names the first leaf that differs from its tile', async () => {
    const files = staticLog(entries);
    const changed = entries.with(421, utf8('{"t":"noop","v":1,"x":"WQg_jij8HLmLtRB3_EkUJDtVNzctEP_WvWzU6zNzg20"}'));
    const other = staticLog(changed);
    const path = 'tile/entries/001';
    const verdict = await verify(new Map(files).set(path, other.get(path) ?? new Uint8Array(0)));
    expect(verdict).toEqual({ state: 'broken', fault: 'tile-differs', path, index: 421 });
  });

  test('names the tile above when entries and their tile were changed together', async () => {
    const files = staticLog(entries);
    const other = staticLog(entries.with(3, entries[4] ?? new Uint8Array(0)));
    for (const path of ['tile/entries/000', 'tile/0/000']) files.set(path, other.get(path) ?? new Uint8Array(0));
    expect(await verify(files)).toEqual({ state: 'broken', fault: 'tile-differs', path: 'tile/1/000.p/2' });
  });

  test('sees that everything was changed but the checkpoint', async () => {
    const other = staticLog(entries.with(3, entries[4] ?? new Uint8Array(0)));
    other.set('checkpoint', staticLog(entries).get('checkpoint') ?? new Uint8Array(0));
    expect(await verify(other)).toEqual({ state: 'broken', fault: 'root-differs', path: 'checkpoint' });
  });

  test('sees a leaf that is none, though it is signed', async () => {
    const files = staticLog(entries.with(7, utf8('{"t":"sent","v":1,"x":"","patient":"A"}')));
    expect(await verify(files)).toEqual({
      state: 'broken',
      fault: 'leaf-malformed',
      path: 'tile/entries/000',
      index: 7,
    });
  });

  test('sees a log that shrank or forked since a head that is known', async () => {
    const files = staticLog(entries);
    const longer = { ...headAt(600), size: 601 };
    expect(await verify(files, [longer])).toMatchObject({ state: 'broken', fault: 'shrunk' });
    const forked = { ...headAt(299), size: 300 };
    expect(await verify(files, [headAt(10), forked])).toMatchObject({ fault: 'known-head-differs', index: 300 });
  });

  test('refuses a checkpoint of another key', async () => {
    const files = staticLog(entries);
    const note = signCheckpoint(headAt(600), alderKey, (message) => flipBit(alderSign(message), 7));
    files.set('checkpoint', utf8(note));
    expect(await verify(files)).toMatchObject({ fault: 'checkpoint-refused' });
  });

  test('lets a failure of the network through as it came', async () => {
    const failure = new Error('no route');
    const task = { fetch: () => Promise.reject(failure), logKey: alderKey, crypto: logCrypto };
    await expect(verifyLog(task)).rejects.toBe(failure);
  });

  test('keeps a pace at which a million entries take less than 60 s', async () => {
    const size = 40_000;
    const files = staticLog(someEntries(size));
    const start = performance.now();
    expect((await verify(files)).state).toBe('sound');
    expect(((performance.now() - start) / size) * 1_000_000).toBeLessThan(60_000);
  });
});

describe('a tail', () => {
  const copy = appendLeaves(emptyEdge, hashes.slice(0, 590), logCrypto).edge;
  const head = headAt(600);

  test('that leads to the signed head is taken, whatever part of it is new', () => {
    for (const start of [590, 580, 0]) {
      const taken = takeTail(copy, { start, entries: entries.slice(start) }, head, logCrypto);
      expect(taken?.entries).toEqual(entries.slice(590));
      expect(taken?.root).toEqual(head.root);
    }
    const full = appendLeaves(copy, hashes.slice(590), logCrypto).edge;
    expect(takeTail(full, { start: 600, entries: [] }, head, logCrypto)?.entries).toEqual([]);
  });

  test.each([
    ['leaves a gap', { start: 591, entries: entries.slice(591) }],
    ['stops early', { start: 590, entries: entries.slice(590, 599) }],
    ['goes on too far', { start: 590, entries: [...entries.slice(590), utf8('x')] }],
    ['has another entry', { start: 590, entries: entries.slice(590).with(3, utf8('x')) }],
    ['has two entries swapped', { start: 590, entries: entries.slice(590).toReversed() }],
  ])('that %s is not taken', (_, tail) => {
    expect(takeTail(copy, tail, head, logCrypto)).toBeUndefined();
  });
});
