import { concat, u64be } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { LogCrypto } from './crypto.ts';
import { foldHashes, hashBytes, joinHashes, nodeHash, nodesOfRoot, splitHashes } from './merkle.ts';

/**
 * The right edge of a tree: the hashes of the perfect subtrees that make it up, largest first. It is all that is needed
 * to append: k leaves cost at most 2k + log n hashes, whatever the size (Spec §6).
 */
export interface Edge {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

/** Hashes to be written behind the first `from` hashes of tile (`level`, `n`); `hashes` is their concatenation. */
export interface TileWrite {
  readonly level: number;
  readonly n: number;
  readonly from: number;
  readonly hashes: Uint8Array;
}

export interface Appended {
  readonly edge: Edge;
  readonly root: Uint8Array;
  readonly size: number;
  readonly tileWrites: readonly TileWrite[];
}

/** Hashes in a full tile, and the height of its subtree (C2SP tlog-tiles). */
export const tileWidthMax = 256;
export const tileHeight = 8;

export const emptyEdge: Edge = { size: 0, hashes: [] };

export function edgeRoot(edge: Edge, crypto: LogCrypto): Uint8Array {
  return foldHashes(edge.hashes, crypto);
}

/** Appends leaf hashes in order and says which tiles grew by what; the edge given is not changed. */
export function appendLeaves(edge: Edge, leafHashes: readonly Uint8Array[], crypto: LogCrypto): Appended {
  const hashes = [...edge.hashes];
  const grown = new Map<number, Uint8Array[]>();
  let size = edge.size;
  for (const leaf of leafHashes) {
    hashes.push(leaf);
    push(grown, 0, leaf);
    size += 1;
    for (let rest = size, height = 1; rest % 2 === 0; rest /= 2, height += 1) {
      const right = hashes.pop();
      const left = hashes.pop();
      if (left === undefined || right === undefined) throw mismatch();
      const node = nodeHash(left, right, crypto);
      hashes.push(node);
      if (height % tileHeight === 0) push(grown, height / tileHeight, node);
    }
  }
  const next = { size, hashes };
  const tileWrites = [...grown].flatMap(([level, added]) => writesOf(level, added, edge.size));
  return { edge: next, root: edgeRoot(next, crypto), size, tileWrites };
}

/** The edge as the head row stores it: u64 size ‖ hashes. */
export function writeEdge(edge: Edge): Uint8Array {
  return concat(u64be(edge.size), joinHashes(edge.hashes));
}

/** Reads `writeEdge`'s bytes; fails unless there are exactly as many hashes as a tree of that size has. */
export function parseEdge(bytes: Uint8Array): Edge {
  if (bytes.length < 8) throw mismatch();
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
  if (!Number.isSafeInteger(size) || bytes.length !== 8 + hashBytes * nodesOfRoot(size).length) throw mismatch();
  return { size, hashes: splitHashes(bytes.subarray(8)) };
}

function push(grown: Map<number, Uint8Array[]>, level: number, hash: Uint8Array): void {
  const list = grown.get(level);
  if (list === undefined) grown.set(level, [hash]);
  else list.push(hash);
}

function writesOf(level: number, added: readonly Uint8Array[], oldSize: number): TileWrite[] {
  const writes: TileWrite[] = [];
  const first = Math.floor(oldSize / tileWidthMax ** level);
  for (let done = 0; done < added.length;) {
    const from = (first + done) % tileWidthMax;
    const part = added.slice(done, done + tileWidthMax - from);
    writes.push({ level, n: Math.floor((first + done) / tileWidthMax), from, hashes: joinHashes(part) });
    done += part.length;
  }
  return writes;
}

function mismatch(): ProtocolError {
  return new ProtocolError('root-mismatch', 'not the right edge of a tree of this size');
}
