import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, parseBase64, toBase64, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { appendLeaves, edgeRoot, emptyEdge, parseEdge, writeEdge, type Edge } from '../../../protocol/log/edge.ts';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  nodesOfConsistency,
  nodesOfInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type HashReader,
} from '../../../protocol/log/merkle.ts';
import { openTile, tileHashReader, tileWidth } from '../../../protocol/log/tile.ts';
import { flipBit } from '../../support/bad-cases.ts';
import { mutatedBytes, refusal } from '../../support/refusal.ts';
import { alderEntries, vectors } from './alder-log.ts';

const sizeMax = 300;
const leaves = Array.from({ length: sizeMax }, (_, i) => leafHash(utf8(`leaf ${i}`), logCrypto));
const memo = new Map<string, Uint8Array>();

/** RFC 6962 §2.1, word for word. */
function naiveRoot(start: number, end: number): Uint8Array {
  const key = `${start} ${end}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const middle = start + splitOf(end - start);
  const made =
    end === start
      ? logCrypto.sha256(new Uint8Array(0))
      : end - start === 1
        ? (leaves[start] ?? new Uint8Array(0))
        : nodeHash(naiveRoot(start, middle), naiveRoot(middle, end), logCrypto);
  memo.set(key, made);
  return made;
}

function naivePath(index: number, start: number, end: number): Uint8Array[] {
  if (end - start <= 1) return [];
  const middle = start + splitOf(end - start);
  return index < middle
    ? [...naivePath(index, start, middle), naiveRoot(middle, end)]
    : [...naivePath(index, middle, end), naiveRoot(start, middle)];
}

function naiveConsistency(old: number, start: number, end: number, whole: boolean): Uint8Array[] {
  if (old === end) return whole ? [] : [naiveRoot(start, end)];
  const middle = start + splitOf(end - start);
  return old <= middle
    ? [...naiveConsistency(old, start, middle, whole), naiveRoot(middle, end)]
    : [...naiveConsistency(old, middle, end, false), naiveRoot(start, middle)];
}

function splitOf(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

const readNaive: HashReader = (level, index) => naiveRoot(index * 2 ** level, (index + 1) * 2 ** level);

function hex(hashes: readonly Uint8Array[]): string[] {
  return hashes.map((hash) => hash.toHex());
}

describe('the tree', () => {
  test(`every inclusion proof up to ${sizeMax} leaves is RFC 6962's, and holds`, () => {
    for (let size = 1; size <= sizeMax; size += 1) {
      const root = rootOf(size, readNaive, logCrypto);
      expect(root.toHex()).toBe(naiveRoot(0, size).toHex());
      for (let index = 0; index < size; index += size < 70 ? 1 : 13) {
        const path = inclusionProof(index, size, readNaive, logCrypto);
        const leaf = naiveRoot(index, index + 1);
        if (size < 40 || index % 13 === 0) expect(hex(path)).toEqual(hex(naivePath(index, 0, size)));
        if (!verifyInclusion(leaf, index, { size, root }, path, logCrypto)) expect.fail(`leaf ${index} of ${size}`);
        if (size > 1 && verifyInclusion(leaf, (index + 1) % size, { size, root }, path, logCrypto))
          expect.fail(`leaf ${index} of ${size} passes as its neighbour`);
      }
    }
  });

  test(`every consistency proof up to ${sizeMax} leaves is RFC 6962's, and holds`, () => {
    for (let size = 1; size <= sizeMax; size += size < 70 ? 1 : 11) {
      const head = { size, root: naiveRoot(0, size) };
      for (let old = 1; old <= size; old += 1) {
        const path = consistencyProof(old, size, readNaive, logCrypto);
        if (hex(path).join() !== hex(naiveConsistency(old, 0, size, true)).join()) expect.fail(`${old} to ${size}`);
        const from = { size: old, root: naiveRoot(0, old) };
        if (!verifyConsistency(from, head, path, logCrypto)) expect.fail(`${old} to ${size} does not hold`);
        const other = { size: old, root: flipBit(from.root, old % 256) };
        if (verifyConsistency(other, head, path, logCrypto)) expect.fail(`${old} to ${size} holds for another root`);
      }
    }
  });

  test('from nothing, only the empty path is consistent', () => {
    const nothing = { size: 0, root: naiveRoot(0, 0) };
    const head = { size: 5, root: naiveRoot(0, 5) };
    expect(consistencyProof(0, 5, readNaive, logCrypto)).toEqual([]);
    expect(verifyConsistency(nothing, head, [], logCrypto)).toBe(true);
    expect(verifyConsistency(nothing, head, [head.root], logCrypto)).toBe(false);
    expect(verifyConsistency({ size: 0, root: head.root }, head, [], logCrypto)).toBe(false);
    expect(verifyConsistency(head, { size: 4, root: naiveRoot(0, 4) }, [], logCrypto)).toBe(false);
  });

  test('a proof that is longer, shorter or in one bit another is refused', () => {
    const head = { size: 37, root: naiveRoot(0, 37) };
    const old = { size: 21, root: naiveRoot(0, 21) };
    const leaf = naiveRoot(20, 21);
    const holds: [string, (path: readonly Uint8Array[]) => boolean, Uint8Array[]][] = [
      ['inclusion', (path) => verifyInclusion(leaf, 20, head, path, logCrypto), naivePath(20, 0, 37)],
      ['consistency', (path) => verifyConsistency(old, head, path, logCrypto), naiveConsistency(21, 0, 37, true)],
    ];
    for (const [what, verify, path] of holds) {
      expect(verify(path), what).toBe(true);
      expect(verify([...path, leaf]), what).toBe(false);
      expect(verify(path.slice(1)), what).toBe(false);
      expect(verify(path.slice(0, -1)), what).toBe(false);
      expect(verify(path.map((hash) => hash.subarray(1))), what).toBe(false);
      path.forEach((hash, at) => {
        for (let bit = 0; bit < 256; bit += 1)
          if (verify(path.with(at, flipBit(hash, bit)))) expect.fail(`${what}: bit ${bit} of hash ${at}`);
      });
    }
  });

  test('a leaf outside of the tree has no proof', () => {
    expect(refusal(() => nodesOfInclusion(5, 5))).toBe('malformed-proof');
    expect(refusal(() => nodesOfInclusion(-1, 5))).toBe('malformed-proof');
    expect(refusal(() => nodesOfConsistency(6, 5))).toBe('malformed-proof');
    expect(verifyInclusion(naiveRoot(0, 1), 5, { size: 5, root: naiveRoot(0, 5) }, [], logCrypto)).toBe(false);
  });

  test("the log of the vectors has the vectors' roots and consistency proofs", () => {
    const hashes = alderEntries().map((entry) => leafHash(entry, logCrypto));
    expect(toBase64(hashes[421] ?? new Uint8Array(0))).toBe(vectors.text('/log/leafHash/421'));
    for (const size of vectors.names('/log/roots').map(Number)) {
      const { root } = appendLeaves(emptyEdge, hashes.slice(0, size), logCrypto);
      expect(toBase64(root)).toBe(vectors.text(`/log/roots/${size}`));
    }
    const head = { size: 600, root: parseBase64(vectors.text('/log/roots/600')) };
    for (const name of vectors.names('/log/consistency')) {
      const old = Number(name.split('-')[0]);
      const path = vectors.list(`/log/consistency/${name}`).map((hash) => parseBase64(hash.text()));
      const from = { size: old, root: appendLeaves(emptyEdge, hashes.slice(0, old), logCrypto).root };
      expect(verifyConsistency(from, head, path, logCrypto)).toBe(true);
    }
  });
});

describe('the edge', () => {
  test('leaves appended in any batches give the same root, edge and tiles', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 6 }), (batches) => {
        const all = batches.flatMap((count, b) =>
          Array.from({ length: count }, (_, i) => leafHash(utf8(`${b} ${i}`), logCrypto)),
        );
        const tiles = new Map<string, Uint8Array>();
        let edge: Edge = emptyEdge;
        let at = 0;
        for (const count of batches) {
          const appended = appendLeaves(edge, all.slice(at, at + count), logCrypto);
          for (const { level, n, from, hashes } of appended.tileWrites) {
            const old = tiles.get(`${level}/${n}`) ?? new Uint8Array(0);
            expect(old.length).toBe(from * 32);
            tiles.set(`${level}/${n}`, concat(old, hashes));
          }
          edge = parseEdge(writeEdge(appended.edge));
          at += count;
        }
        const once = appendLeaves(emptyEdge, all, logCrypto);
        expect(edgeRoot(edge, logCrypto).toHex()).toBe(once.root.toHex());
        for (const [key, bytes] of tiles) {
          const [level = 0, n = 0] = key.split('/').map(Number);
          expect(bytes.length).toBe(32 * tileWidth(level, n, all.length));
        }
        const read = tileHashReader((level, n) => {
          const bytes = tiles.get(`${level}/${n}`);
          return bytes === undefined ? undefined : openTile(bytes, logCrypto);
        });
        expect(rootOf(all.length, read, logCrypto).toHex()).toBe(once.root.toHex());
      }),
      { numRuns: 40 },
    );
  });

  test('a batch costs twice its leaves in hashes, whatever stands before it', () => {
    let hashed = 0;
    const counting = { ...logCrypto, sha256: (bytes: Uint8Array) => ((hashed += 1), logCrypto.sha256(bytes)) };
    const size = 2 ** 40 + 12_345;
    const ones = size.toString(2).replaceAll('0', '').length;
    const edge: Edge = { size, hashes: leaves.slice(0, ones) };
    const { tileWrites } = appendLeaves(edge, leaves.slice(0, 100), counting);
    expect(hashed).toBeLessThanOrEqual(2 * 100 + 53);
    expect(tileWrites[0]).toMatchObject({ level: 0, n: Math.floor(size / 256), from: size % 256 });
  });

  test('an edge with a hash too few, a hash too many or another size is refused', () => {
    const bytes = writeEdge(appendLeaves(emptyEdge, leaves.slice(0, 7), logCrypto).edge);
    expect(parseEdge(bytes).size).toBe(7);
    for (const bad of [bytes.subarray(0, -32), concat(bytes, bytes.subarray(8, 40)), bytes.subarray(0, 5)])
      expect(refusal(() => parseEdge(bad))).toBe('root-mismatch');
    fc.assert(fc.property(mutatedBytes(bytes), (bad) => void refusal(() => parseEdge(bad))));
  });
});
