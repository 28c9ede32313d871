import { concat, equalBytes } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import type { NodeName, Origin } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { verifyCheckpoint, type TreeHead } from '../../protocol/log/checkpoint.ts';
import type { NoteKey } from '../../protocol/log/note.ts';
import { appendLeaves, edgeRoot, emptyEdge, parseEdge, writeEdge, type Edge } from '../../protocol/log/edge.ts';
import { leafOfRecord, recordX, type LeafType, type RecordX } from '../../protocol/log/entry.ts';
import { hashBytes, leafHash } from '../../protocol/log/merkle.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { logQueries } from './queries.ts';

/** A leaf to be: the record whose digest it will hold, and for people the peer whom it concerns. */
export interface QueuedLeaf {
  readonly type: LeafType;
  readonly record: Uint8Array;
  readonly peer?: NodeName;
}

/** The newest signed state of the log: durable before anyone sees it. */
export interface LogHead {
  readonly size: number;
  readonly root: Uint8Array;
  /** The checkpoint note with the log's own signature. */
  readonly checkpoint: string;
  readonly signedAt: Instant;
}

export interface Sequencer {
  /** Queues a leaf in the transaction of its effect and gives back its x; sequenced when that transaction commits. */
  queue(writer: Writer, leaf: QueuedLeaf): Promise<RecordX>;
  head(): LogHead;
}

/** Signs a head with the log's key and gives the whole note. */
export type SignHead = (head: TreeHead) => string;

/** The wall clock may stand this far behind the last signature before nothing is signed any more (Node §2). */
const clockBehindMsMax = 5_000;

/**
 * The one place where leaves get their index (Spec §6). Before a transaction with queued leaves commits, they are appended
 * in order, the edge is recomputed from re-read bytes, and a checkpoint that covers them is signed: one commit makes the
 * effect, its leaf and the checkpoint durable together, so an answer can only leave when its leaf is covered.
 */
export async function openSequencer(
  store: Store,
  origin: Origin,
  signHead: SignHead,
  logKey: NoteKey,
  clock: Clock,
): Promise<Sequencer> {
  let head = await store.read((reader) => readHead(reader, origin));
  const isSigned = head === undefined || isSignedHead(head, logKey);
  let next: LogHead | undefined;
  let queued = false;
  store.beforeCommit(async (writer) => {
    const isWanted = queued;
    queued = false;
    if (isWanted && !isSigned) throw damaged('its head is not the one that was signed');
    next = isWanted ? await sequence(writer, origin, head, signHead, clock) : undefined;
  });
  store.afterCommit(() => {
    if (next !== undefined) head = next;
    next = undefined;
  });
  return {
    head: () => head ?? emptyHead,
    queue: async (writer, leaf) => {
      const x = recordX(leaf.type, leaf.record, logCrypto);
      await writer.run(logQueries.queue, { type: leaf.type, x, record: leaf.record, peer: leaf.peer ?? null });
      queued = true;
      return x;
    },
  };
}

const emptyHead: LogHead = { size: 0, root: edgeRoot(emptyEdge, logCrypto), checkpoint: '', signedAt: 0 as Instant };

async function readHead(reader: Reader, origin: Origin): Promise<LogHead | undefined> {
  const row = await reader.first(logQueries.head, {});
  if (row === undefined) return undefined;
  if (row.origin !== origin) throw damaged(`the stored head belongs to another log than ${origin}`);
  return { size: row.size, root: row.root, checkpoint: row.checkpoint, signedAt: row.signed_at as Instant };
}

/** A head that somebody changed on the disk, its edge with it, is still not the one under the signature. */
function isSignedHead({ size, root, checkpoint }: LogHead, logKey: NoteKey): boolean {
  try {
    const signed = verifyCheckpoint(checkpoint, logKey, logCrypto);
    return signed.size === size && equalBytes(signed.root, root);
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

async function sequence(
  writer: Writer,
  origin: Origin,
  head: LogHead | undefined,
  signHead: SignHead,
  clock: Clock,
): Promise<LogHead | undefined> {
  const rows = await writer.all(logQueries.pending, {});
  if (rows.length === 0) return undefined;
  const now = clock.now();
  if (head !== undefined && now < head.signedAt - clockBehindMsMax)
    throw new OperationError(
      'unavailable',
      'clock-behind',
      'The clock of this machine stands before the last signature of the log. Nothing was changed. Set the clock right.',
    );
  await writer.run(logQueries.clearPending, {});
  const edge = await rereadEdge(writer, head);
  const hashes: Uint8Array[] = [];
  for (const [offset, leaf] of rows.entries()) {
    const { type, x, record, peer } = leaf;
    hashes.push(leafHash(leafOfRecord(type as LeafType, record, logCrypto), logCrypto));
    await writer.run(logQueries.putLeaf, { idx: edge.size + offset, type, x, record, peer, at: now });
  }
  const appended = appendLeaves(edge, hashes, logCrypto);
  for (const write of appended.tileWrites) await growTile(writer, write);
  const { size, root } = appended;
  const checkpoint = signHead({ origin, size, root });
  await writer.run(logQueries.putHead, {
    origin,
    size,
    root,
    edge: writeEdge(appended.edge),
    checkpoint,
    signed_at: now,
  });
  await writer.run(logQueries.putCheckpoint, { size, root, note: checkpoint, at: now });
  return { size, root, checkpoint, signedAt: now };
}

/** The edge as the database gives it back, held against the head that was signed last: a difference stops all signing. */
async function rereadEdge(writer: Writer, head: LogHead | undefined): Promise<Edge> {
  const row = await writer.first(logQueries.head, {});
  if (row === undefined && head === undefined) return emptyEdge;
  const edge = row === undefined ? emptyEdge : parseEdge(row.edge);
  if (edge.size !== head?.size || !equalBytes(edgeRoot(edge, logCrypto), head.root))
    throw damaged('its right edge no longer hashes to the signed root');
  return edge;
}

async function growTile(
  writer: Writer,
  write: { readonly level: number; readonly n: number; readonly from: number; readonly hashes: Uint8Array },
): Promise<void> {
  const { level, n, from } = write;
  const old = from === 0 ? undefined : await writer.first(logQueries.tile, { level, n });
  const held = old?.hashes ?? new Uint8Array(0);
  if (held.length !== from * hashBytes) throw damaged(`tile ${level}/${n} is not as wide as the log is long`);
  await writer.run(logQueries.putTile, { level, n, hashes: concat(held, write.hashes) });
}

function damaged(what: string): OperationError {
  return new OperationError(
    'unavailable',
    'log-damaged',
    `The exchange log on this disk is damaged: ${what}. Nothing is signed until it is restored; reading goes on.`,
  );
}
