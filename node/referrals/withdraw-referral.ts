import { parseBundleId, parseReferralId, type ReferralId } from '../../protocol/ids.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Writer } from '../store/store.ts';
import { decideReferral } from './decide.ts';
import { enqueue, untouched } from './enqueue.ts';
import type { DeliveryEffects } from './finish-delivery.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { refoldReferral } from './apply-events.ts';
import { referralQueries } from './referral-queries.ts';
import type { Actor } from './referrals.ts';
import type { SendPorts } from './send.ts';
import { beginWithdrawal } from './withdraw.ts';

/** Who withdraws where nobody is named, as on the command line, and what the receiver reads as the reason then. */
const administration = { id: 'administration', name: 'Administration' };
const reasonDefault = 'Withdrawn before it was received';

/**
 * Takes a referral back before there is a receipt (Spec bundle §6, event 14): its bundle is withdrawn at once. The event is
 * kept here; it is sent only when the receiver turns out to have the referral, and is a request to cancel then.
 */
export async function withdrawReferral(
  ports: SendPorts,
  referral: ReferralId,
  { author = administration, reason = reasonDefault }: { readonly author?: Actor; readonly reason?: string } = {},
): Promise<void> {
  const rows = await ports.store.read((reader) => reader.all(outboxQueries.ofReferral, { referral }));
  if (!rows.some((row) => row.kind === 'referral'))
    throw new OperationError('not-found', 'unknown-referral', 'No referral with this id was sent from here.');
  const open = rows.find((row) => row.kind === 'referral' && isOpen(row));
  if (open === undefined)
    throw new OperationError(
      'conflict',
      'not-withdrawable',
      'The referral was received, refused or withdrawn already: it cannot be taken back this way.',
    );
  await decideReferral(ports, {
    referral,
    role: 'referrer',
    author,
    content: () => ({ event: 'withdrawn', reason }),
    send: false,
    also: (writer) => beginWithdrawal(ports, writer, open.bundle),
  });
}

/** What becomes of a referral when a bundle of it reaches its end. */
export function openDeliveryEffects(ports: SendPorts): DeliveryEffects {
  const refold = async (writer: Writer, row: OutboxRow): Promise<void> =>
    refoldReferral(writer, row.referral, ports.clock.now());
  return {
    delivered: async (writer, row) => {
      await refold(writer, row);
      if (row.state === 'withdrawing' && row.kind === 'referral') await sendKeptWithdrawal(ports, writer, row);
    },
    refused: refold,
    withdrawn: refold,
    sealAnew: (writer, row) => sealAnew(ports, writer, row),
  };
}

async function sendKeptWithdrawal(ports: SendPorts, writer: Writer, row: OutboxRow): Promise<void> {
  const events = await writer.all(referralQueries.eventsOfAuthor, { referral: row.referral, author: 'sender' });
  const kept = events.find((event) => event.name === 'withdrawn');
  if (kept === undefined) return;
  await enqueue(ports, writer, {
    bundle: parseBundleId(kept.bundle),
    referral: parseReferralId(row.referral),
    peer: ports.directory.get(row.peer),
    kind: 'event',
    message: kept.message,
    priority: row.priority,
    dataKey: ports.dataKeyOf(row.data_key),
    attachments: [],
    now: ports.clock.now(),
  });
}

/** The same content under a new uuid, for the receiver's new key; the old bundle ends in a withdrawn leaf (Spec §4). */
async function sealAnew(ports: OutboxPorts, writer: Writer, row: OutboxRow): Promise<void> {
  const bundle = parseBundleId(ports.random.uuid());
  const now = ports.clock.now();
  await writer.run(outboxQueries.insert, { ...row, ...untouched, bundle, next_at: now, queued_at: now });
  for (const part of await writer.all(outboxQueries.attachments, { bundle: row.bundle })) {
    const { n, attachment, size, chunks } = part;
    await writer.run(outboxQueries.insertAttachment, { bundle, n, attachment, size, chunks });
  }
}

function isOpen(row: OutboxRow): boolean {
  return row.state === 'preparing' || row.state === 'queued' || row.state === 'leaving';
}
