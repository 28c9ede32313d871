import { sha256 } from '../../protocol/crypto/hash.ts';
import type { RecordX } from '../../protocol/log/entry.ts';
import { writeSentRecord } from '../../protocol/log/record.ts';
import type { Peer } from '../peers/directory.ts';
import type { Writer } from '../store/store.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import type { SealedBundle } from './prepare.ts';

const saltBytes = 32;

/** What the outbox keeps of a sent leaf: from then on the same record goes out, however often it is tried. */
export interface SentLeaf {
  readonly record: Uint8Array;
  readonly seq: number;
}

/**
 * As the departure of a bundle that was stored, of one that was sealed this moment: sealed parts, sent leaf and checkpoint
 * in one transaction. Gives back the row as it may leave, nothing when the bundle was taken back meanwhile.
 */
export async function departSealed(
  ports: OutboxPorts,
  row: OutboxRow,
  sealed: SealedBundle,
): Promise<OutboxRow | undefined> {
  const peer = ports.directory.get(row.peer);
  const record = await ports.store.write(async (writer) => {
    const current = await writer.first(outboxQueries.get, { bundle: row.bundle });
    if (current?.state !== 'preparing') return undefined;
    const sent = await queueSent(ports, writer, row.bundle, peer, sealed.manifest);
    await writer.run(outboxQueries.leavingAtOnce, { bundle: row.bundle, ...sealed, ...sent });
    return sent.record;
  });
  // Nothing has left before: what the receiver holds of it need not be asked.
  return record === undefined ? undefined : { ...row, ...sealed, record, state: 'queued' };
}

/** Appends the sent leaf of a bundle that was stored with its sealed parts, once. */
export async function appendSent(
  ports: OutboxPorts,
  row: OutboxRow,
  peer: Peer,
  manifest: Uint8Array,
): Promise<Uint8Array> {
  return ports.store.write(async (writer) => {
    const current = await writer.first(outboxQueries.get, { bundle: row.bundle });
    if (current?.record !== undefined && current.record !== null) return current.record;
    const sent = await queueSent(ports, writer, row.bundle, peer, manifest);
    await writer.run(outboxQueries.leaving, { bundle: row.bundle, ...sent });
    return sent.record;
  });
}

/** The record of a sent leaf, which takes the next place in what we send to this peer (Spec §6). */
export async function queueSent(
  ports: OutboxPorts,
  writer: Writer,
  bundle: string,
  peer: Peer,
  manifest: Uint8Array,
): Promise<SentLeaf> {
  const [newest] = peer.card.logs;
  if (newest === undefined) throw new Error('a card without a log');
  const last = await writer.first(outboxQueries.lastSeq, { peer: peer.name });
  const seq = (last?.seq ?? 0) + 1;
  const record = writeSentRecord({
    from: ports.own.origin,
    to: newest.origin,
    manifest: sha256(manifest),
    prev: last === undefined ? undefined : (last.x as RecordX),
    salt: ports.random.bytes(saltBytes),
    seq,
  });
  const x = await ports.log.queue(writer, { type: 'sent', record, peer: peer.name });
  await writer.run(outboxQueries.putSeq, { peer: peer.name, seq, x, bundle });
  return { record, seq };
}
