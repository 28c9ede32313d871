import { roles } from '../../protocol/bundle/fhir/terms.ts';
import { toHex } from '../../protocol/bytes.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Reader, Writer } from '../store/store.ts';
import { foldHistory, type History, type HistoryEvent } from './history.ts';
import { outboxQueries } from './outbox-queries.ts';
import { referralQueries } from './referral-queries.ts';
import { eventNames, priorOf } from './state.ts';

/**
 * Folds what is held of a referral into its state (Spec bundle §6), and writes what became of each event: applied, waiting
 * for its `prev`, or not applied with its code. Runs in the transaction that brought or made an event, or the receipt.
 */
export async function refoldReferral(writer: Writer, referral: string, now: Instant): Promise<void> {
  const held = await findReferral(writer, referral);
  if (held === undefined) return;
  const { history, messages } = await readHistory(writer, held);
  for (const { event, outcome } of history.judged) {
    const message = messages.get(`${event.author}/${event.digest}`);
    if (message === undefined) continue;
    const status = outcome.applied ? 'applied' : 'not-applied';
    const reason = outcome.applied ? '' : outcome.code;
    if (message.status !== status || message.reason !== reason)
      await writer.run(referralQueries.settleEvent, { author: event.author, message: message.message, status, reason });
  }
  const prior = priorOf(history.state).join(' ');
  const { id, direction } = held;
  if (history.state.state !== held.state || prior !== held.prior)
    await writer.run(referralQueries.move, { id, direction, state: history.state.state, prior, now });
}

type HeldReferral = NonNullable<Awaited<ReturnType<typeof findReferral>>>;

/** The history as it is held now; `messages` finds an event's row by author and digest. */
export async function readHistory(reader: Reader, held: HeldReferral) {
  const rows = await reader.all(referralQueries.eventsToFold, { referral: held.id });
  const messages = new Map(rows.map((row) => [`${row.author}/${toHex(row.digest)}`, row]));
  const events = rows.map((row): HistoryEvent => {
    const { author, seq } = row;
    return {
      name: eventNames.find((each) => each === row.name) ?? 'rescheduled',
      author,
      role: roles.find((each) => each === row.role) ?? 'machine',
      at: instantOfMs(row.at),
      expiresAt: instantOfMs(held.expires_at),
      seq,
      digest: toHex(row.digest),
      prev: row.prev === null ? undefined : toHex(row.prev),
      seen: row.seen === null ? undefined : toHex(row.seen),
    };
  });
  const history: History = foldHistory(events, await isReceipted(reader, held));
  return { history, messages, rows };
}

/** Event 2 is the receipt: ours when we received the referral, the peer's proof when we sent it. */
async function isReceipted(reader: Reader, held: HeldReferral): Promise<boolean> {
  if (held.direction === 'received') return true;
  return (await reader.first(outboxQueries.deliveredReferral, { referral: held.id })) !== undefined;
}

/** One referral id is held either as sent or as received: a hospital never refers to itself. */
export async function findReferral(reader: Reader, id: string) {
  return await reader.first(referralQueries.held, { id });
}
