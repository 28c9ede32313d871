import { chunksOf, type Priority } from '../../protocol/bundle/manifest.ts';
import type { BundleId, ReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId } from '../keys/keyring.ts';
import type { Peer } from '../peers/directory.ts';
import type { Writer } from '../store/store.ts';
import type { ReferralAttachment } from './compose/input.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { outboxSecretsPurpose, writeAttachmentKeys, type SealedBundle } from './prepare.ts';
import { queueSent } from './sent-leaf.ts';

/** How long a bundle may take before its delay is escalated (Spec §5). */
export const deadlineMs: Readonly<Record<Priority, number>> = {
  stat: 3_600_000,
  urgent: 24 * 3_600_000,
  routine: 7 * 24 * 3_600_000,
};
export const ranks: Readonly<Record<Priority, number>> = { stat: 0, urgent: 1, routine: 2 };
export interface Enqueuing {
  readonly bundle: BundleId;
  readonly referral: ReferralId;
  readonly peer: Peer;
  readonly kind: 'referral' | 'event';
  readonly message: string;
  readonly priority: Priority;
  readonly dataKey: DataKeyId;
  readonly attachments: readonly Pick<ReferralAttachment, 'id' | 'size' | 'key'>[];
  readonly now: Instant;
}

/** A bundle's row before anything was done with it. */
export const untouched = {
  state: 'preparing',
  manifest: null,
  token: null,
  record: null,
  seq: null,
  attempts: 0,
  done_at: null,
  proof: null,
  unchecked_size: null,
  trouble_code: '',
  trouble: '',
  sent_bytes: 0,
} as const;

/**
 * Puts a bundle into the durable outbox, where the dispatcher prepares and sends it. What is `sealed` already is stored
 * with its sent leaf and may leave as soon as this transaction is durable (Spec §6, log before send).
 */
export async function enqueue(
  ports: OutboxPorts,
  writer: Writer,
  queued: Enqueuing,
  sealed?: SealedBundle,
): Promise<OutboxRow> {
  const { bundle, referral, peer, kind, message, priority, dataKey, attachments, now } = queued;
  const keys = writeAttachmentKeys(attachments.map((attachment) => attachment.key));
  const waiting: OutboxRow = {
    ...untouched,
    bundle,
    peer: peer.name,
    referral,
    kind,
    message,
    priority,
    rank: ranks[priority],
    deadline: now + deadlineMs[priority],
    data_key: dataKey,
    secrets: await ports.keyring.seal(writer, dataKey, outboxSecretsPurpose, keys),
    next_at: now,
    queued_at: now,
  };
  const row: OutboxRow =
    sealed === undefined
      ? waiting
      : {
          ...waiting,
          ...sealed,
          ...(await queueSent(ports, writer, bundle, peer, sealed.manifest)),
          state: 'leaving',
        };
  await writer.run(outboxQueries.insert, row);
  for (const [n, { id: attachment, size }] of attachments.entries())
    await writer.run(outboxQueries.insertAttachment, { bundle, n, attachment, size, chunks: chunksOf(size) });
  return row;
}
