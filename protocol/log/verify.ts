import { equalBytes, parseUtf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { verifyCheckpoint, type Checkpoint, type TreeHead } from './checkpoint.ts';
import type { LogCrypto } from './crypto.ts';
import { appendLeaves, edgeRoot, emptyEdge, tileWidthMax, type Edge, type TileWrite } from './edge.ts';
import { parseLeaf, type Leaf } from './entry.ts';
import { hashBytes, leafHash } from './merkle.ts';
import type { NoteKey } from './note.ts';
import { decodeEntries, tilePath, tileWidth, type TileRef } from './tile.ts';

/** Gives a resource below the log's prefix (`checkpoint`, `tile/…`), or `undefined` where there is none. */
export type FetchResource = (path: string) => Promise<Uint8Array | undefined>;

export interface Verification {
  readonly fetch: FetchResource;
  readonly logKey: NoteKey;
  readonly crypto: LogCrypto;
  /** Heads of this log known from elsewhere, cosigned ones say: the log must still contain each of them. */
  readonly known?: readonly TreeHead[];
  /** Told every leaf in order, so that an auditor can hold records against them; nothing is kept here. */
  readonly onLeaf?: (leaf: Leaf, index: number) => void;
  readonly onProgress?: (done: number, size: number) => void;
}

/**
 * `path` names the resource at fault, `index` the first leaf that is not what the log signed where that can be told. An
 * unexpected failure of `fetch` itself is thrown as it came.
 */
export type LogVerdict =
  | { readonly state: 'sound'; readonly checkpoint: Checkpoint }
  | { readonly state: 'broken'; readonly fault: LogFault; readonly path: string; readonly index?: number };

export type LogFault =
  | 'checkpoint-refused'
  | 'resource-missing'
  | 'entries-malformed'
  | 'leaf-malformed'
  | 'tile-differs'
  | 'root-differs'
  | 'known-head-differs'
  | 'shrunk';

/** Bundles fetched at once: enough to hide a round trip, little enough for a phone's memory. */
const bundlesAtOnce = 8;
const checkpointPath = 'checkpoint';

/**
 * Verifies a whole log as an auditor does, in one pass and constant memory: the checkpoint's signature, every entry, every
 * tile against hashes computed from the entries, and the root (Spec §6). Says the first thing that does not hold.
 */
export async function verifyLog(task: Verification): Promise<LogVerdict> {
  try {
    return { state: 'sound', checkpoint: await verifyAll(task) };
  } catch (error) {
    if (error instanceof Fault) return error.verdict;
    throw error;
  }
}

async function verifyAll(task: Verification): Promise<Checkpoint> {
  const note = await fetchOne(task, checkpointPath);
  const checkpoint = orFault('checkpoint-refused', checkpointPath, () =>
    verifyCheckpoint(parseUtf8(note), task.logKey, task.crypto),
  );
  const known = (task.known ?? []).toSorted((a, b) => a.size - b.size);
  const walk: Walk = { task, size: checkpoint.size, edge: emptyEdge, known: [...known], tiles: new Map() };
  if (known.some((head) => head.size > checkpoint.size)) throw new Fault('shrunk', checkpointPath);
  checkKnown(walk);
  const bundles = Math.ceil(checkpoint.size / tileWidthMax);
  for (let first = 0; first < bundles; first += bundlesAtOnce) {
    const count = Math.min(bundlesAtOnce, bundles - first);
    const numbers = Array.from({ length: count }, (_, i) => first + i);
    const fetched = await Promise.all(numbers.map((n) => fetchBundle(walk, n)));
    for (const bundle of fetched) await takeBundle(walk, bundle);
    task.onProgress?.(walk.edge.size, checkpoint.size);
  }
  for (const [level, tile] of walk.tiles) await checkTile(walk, level, tile.n);
  if (!equalBytes(edgeRoot(walk.edge, task.crypto), checkpoint.root)) throw new Fault('root-differs', checkpointPath);
  return checkpoint;
}

interface Walk {
  readonly task: Verification;
  readonly size: number;
  edge: Edge;
  /** Not yet reached, smallest first. */
  readonly known: TreeHead[];
  /** The tile that is growing at each level above 0. */
  readonly tiles: Map<number, { readonly n: number; readonly hashes: Uint8Array; width: number }>;
}

interface Bundle {
  readonly ref: TileRef;
  readonly entries: Uint8Array;
  readonly hashes: Uint8Array;
}

async function fetchBundle({ task, size }: Walk, n: number): Promise<Bundle> {
  const ref: TileRef = { kind: 'entries', level: 0, n, width: tileWidth(0, n, size) };
  const [entries, hashes] = await Promise.all([
    fetchOne(task, tilePath(ref)),
    fetchOne(task, tilePath({ ...ref, kind: 'hashes' })),
  ]);
  return { ref, entries, hashes };
}

async function takeBundle(walk: Walk, { ref, entries, hashes }: Bundle): Promise<void> {
  const { crypto, onLeaf } = walk.task;
  const start = ref.n * tileWidthMax;
  const path = tilePath(ref);
  const list = orFault('entries-malformed', path, () => decodeEntries(entries, ref.width));
  if (hashes.length !== ref.width * hashBytes) throw new Fault('tile-differs', tilePath({ ...ref, kind: 'hashes' }));
  const leaves = list.map((entry, i) => {
    const leaf = orFault('leaf-malformed', path, () => parseLeaf(entry), start + i);
    const hash = leafHash(entry, crypto);
    if (!equalBytes(hash, hashes.subarray(i * hashBytes, (i + 1) * hashBytes)))
      throw new Fault('tile-differs', path, start + i);
    onLeaf?.(leaf, start + i);
    return hash;
  });
  for (let at = 0; at < leaves.length;) {
    const until = Math.min(leaves.length, (walk.known[0]?.size ?? Infinity) - start);
    const { edge, tileWrites } = appendLeaves(walk.edge, leaves.slice(at, until), crypto);
    walk.edge = edge;
    at = until;
    for (const write of tileWrites) if (write.level > 0) await growTile(walk, write);
    checkKnown(walk);
  }
}

/** Fails when a head known from elsewhere, now reached, is not the one that the entries make. */
function checkKnown({ known, edge, task }: Walk): void {
  for (let next = known[0]; next !== undefined && next.size === edge.size; next = known[0]) {
    if (next.origin !== task.logKey.name || !equalBytes(next.root, edgeRoot(edge, task.crypto)))
      throw new Fault('known-head-differs', checkpointPath, next.size);
    known.shift();
  }
}

async function growTile(walk: Walk, { level, n, from, hashes }: TileWrite): Promise<void> {
  const tile = walk.tiles.get(level) ?? { n, hashes: new Uint8Array(tileWidthMax * hashBytes), width: 0 };
  tile.hashes.set(hashes, from * hashBytes);
  tile.width = from + hashes.length / hashBytes;
  walk.tiles.set(level, tile);
  if (tile.width < tileWidthMax) return;
  await checkTile(walk, level, n);
  walk.tiles.delete(level);
}

async function checkTile({ task, tiles }: Walk, level: number, n: number): Promise<void> {
  const tile = tiles.get(level);
  if (tile === undefined) return;
  const path = tilePath({ kind: 'hashes', level, n, width: tile.width });
  const served = await fetchOne(task, path);
  if (!equalBytes(served, tile.hashes.subarray(0, tile.width * hashBytes))) throw new Fault('tile-differs', path);
}

async function fetchOne({ fetch }: Verification, path: string): Promise<Uint8Array> {
  const bytes = await fetch(path);
  if (bytes === undefined) throw new Fault('resource-missing', path);
  return bytes;
}

function orFault<T>(fault: LogFault, path: string, read: () => T, index?: number): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) throw new Fault(fault, path, index);
    throw error;
  }
}

/** How the walk ends early; it never leaves this file. */
class Fault extends Error {
  readonly verdict: LogVerdict;

  constructor(fault: LogFault, path: string, index?: number) {
    super(fault);
    this.verdict = { state: 'broken', fault, path, ...(index === undefined ? {} : { index }) };
  }
}
