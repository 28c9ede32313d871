import { concat, equalBytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { LogCrypto } from './crypto.ts';

/** SHA-256, the only hash of the tree (Spec §6). */
export const hashBytes = 32;
/** More hashes than any path of a tree that a safe integer can count; C2SP's limit for add-checkpoint as well. */
export const pathHashesMax = 63;

/** A perfect subtree: the leaves `[index * 2^level, (index + 1) * 2^level)`. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Gives the hash of a perfect subtree; from tiles it is `tileHashReader` of tile.ts. */
export type HashReader = (level: number, index: number) => Uint8Array;

type Hash = Pick<LogCrypto, 'sha256'>;

/** RFC 6962 §2.1: SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array, crypto: Hash): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return crypto.sha256(input);
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array, crypto: Hash): Uint8Array {
  const input = new Uint8Array(1 + 2 * hashBytes);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + hashBytes);
  return crypto.sha256(input);
}

/** The root of a tree without leaves: SHA-256 of nothing. */
export function emptyRoot(crypto: Hash): Uint8Array {
  return crypto.sha256(new Uint8Array(0));
}

/** The perfect subtrees that make up the leaves `[0, size)`, largest first: what an `Edge` holds. */
export function nodesOfRoot(size: number): readonly TreeNode[] {
  return nodesOfRange(0, size);
}

/** The root of the first `size` leaves. */
export function rootOf(size: number, readHash: HashReader, crypto: Hash): Uint8Array {
  return size === 0 ? emptyRoot(crypto) : foldNodes(nodesOfRoot(size), readHash, crypto);
}

/** For each hash of an inclusion proof, leaf to root, the perfect subtrees it is folded from (RFC 6962 §2.1.1). */
export function nodesOfInclusion(index: number, size: number): readonly (readonly TreeNode[])[] {
  checkCount(index, size - 1, 'a leaf of the tree');
  const path: (readonly TreeNode[])[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    path.push(index < middle ? nodesOfRange(middle, end) : nodesOfRange(start, middle));
    if (index < middle) end = middle;
    else start = middle;
  }
  return path.toReversed();
}

/** For each hash of a consistency proof, the perfect subtrees it is folded from (RFC 6962 §2.1.2). */
export function nodesOfConsistency(oldSize: number, size: number): readonly (readonly TreeNode[])[] {
  checkCount(oldSize, size, 'an earlier size of the tree');
  if (oldSize === 0 || oldSize === size) return [];
  const path: (readonly TreeNode[])[] = [];
  let start = 0;
  let end = size;
  while (end !== oldSize) {
    const middle = start + splitOf(end - start);
    path.push(oldSize <= middle ? nodesOfRange(middle, end) : nodesOfRange(start, middle));
    if (oldSize <= middle) end = middle;
    else start = middle;
  }
  // The verifier holds the old root itself: it is sent only when it is not the first hash of the path.
  if (start > 0) path.push(nodesOfRange(start, end));
  return path.toReversed();
}

/** The hashes that lead from leaf `index` to the root of the first `size` leaves, leaf first (RFC 6962 §2.1.1). */
export function inclusionProof(index: number, size: number, readHash: HashReader, crypto: Hash): Uint8Array[] {
  return nodesOfInclusion(index, size).map((nodes) => foldNodes(nodes, readHash, crypto));
}

/** The hashes that show the first `oldSize` leaves to be a prefix of `size` leaves; none from size 0 (RFC 6962 §2.1.2). */
export function consistencyProof(oldSize: number, size: number, readHash: HashReader, crypto: Hash): Uint8Array[] {
  return nodesOfConsistency(oldSize, size).map((nodes) => foldNodes(nodes, readHash, crypto));
}

/** Whether the leaf with this hash stands at `index` of the tree with this size and root (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  head: { readonly size: number; readonly root: Uint8Array },
  path: readonly Uint8Array[],
  crypto: Hash,
): boolean {
  if (!isCount(index) || !isCount(head.size) || index >= head.size || !areHashes(path, leaf, head.root)) return false;
  let position = index;
  let last = head.size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash, crypto);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = nodeHash(hash, sibling, crypto);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && equalBytes(hash, head.root);
}

/** Whether the older tree is a prefix of the newer one (RFC 9162 §2.1.4.2). From size 0 the path must be empty. */
export function verifyConsistency(
  old: { readonly size: number; readonly root: Uint8Array },
  head: { readonly size: number; readonly root: Uint8Array },
  path: readonly Uint8Array[],
  crypto: Hash,
): boolean {
  if (!isCount(old.size) || !isCount(head.size) || old.size > head.size) return false;
  if (!areHashes(path, old.root, head.root)) return false;
  if (old.size === head.size) return path.length === 0 && equalBytes(old.root, head.root);
  if (old.size === 0) return path.length === 0 && equalBytes(old.root, emptyRoot(crypto));
  let position = old.size - 1;
  let last = head.size - 1;
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  const rest = position === 0 ? path : path.slice(1);
  const first = position === 0 ? old.root : path[0];
  if (first === undefined) return false;
  let oldHash = first;
  let hash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(sibling, oldHash, crypto);
      hash = nodeHash(sibling, hash, crypto);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = nodeHash(hash, sibling, crypto);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && equalBytes(oldHash, old.root) && equalBytes(hash, head.root);
}

/** Splits concatenated hashes, as tiles hold them; fails unless they are whole. */
export function splitHashes(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length % hashBytes !== 0) throw new ProtocolError('malformed-proof', 'not a list of whole hashes');
  return Array.from({ length: bytes.length / hashBytes }, (_, i) => bytes.slice(i * hashBytes, (i + 1) * hashBytes));
}

export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  return concat(...hashes);
}

/** The largest power of two below `count` (RFC 6962 §2.1); sizes exceed 32 bits, so no bit operations. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** The perfect subtrees of `[start, end)`, left to right; `start` is where a subtree of that size may begin. */
function nodesOfRange(start: number, end: number): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end;) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= end) [level, width] = [level + 1, width * 2];
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

function foldNodes(nodes: readonly TreeNode[], readHash: HashReader, crypto: Hash): Uint8Array {
  return foldHashes(
    nodes.map(({ level, index }) => readHash(level, index)),
    crypto,
  );
}

/** Joins the hashes of neighbouring perfect subtrees of falling size into the hash of their range. */
export function foldHashes(hashes: readonly Uint8Array[], crypto: Hash): Uint8Array {
  const last = hashes.at(-1);
  return last === undefined
    ? emptyRoot(crypto)
    : hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right, crypto), last);
}

function half(count: number): number {
  return Math.floor(count / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(path: readonly Uint8Array[], ...more: readonly Uint8Array[]): boolean {
  return path.length <= pathHashesMax && [...path, ...more].every((hash) => hash.length === hashBytes);
}

function checkCount(value: number, max: number, what: string): void {
  if (!isCount(value) || value > max) throw new ProtocolError('malformed-proof', `expected ${what}`);
}
