import { applyEvent, draft, type NotApplied, type ReferralEvent, type ReferralState } from './state.ts';

/**
 * One order of events that both hospitals find by themselves (Spec bundle §6). From the receipt on B decides, so the
 * order is B's: an event of A stands before the first event of B that had `seen` it, and after all others of B. One
 * event is A's to place: `expired` stands behind the last event of B that A had taken, so an acceptance that A had
 * receipted before wins, and one that it had not comes too late.
 *
 * Each node holds its own events and those of the other that arrived, and folds what it holds. Once all is delivered
 * both hold the same, so both reach the same state, whatever was lost, doubled or late on the way.
 */
export interface HistoryEvent extends ReferralEvent {
  /** Counted from 1 per author and referral. */
  readonly seq: number;
  /** SHA-256 of the event's plaintext, as hex; `prev` and `seen` name other events by theirs (Spec bundle §2). */
  readonly digest: string;
  readonly prev: string | undefined;
  readonly seen: string | undefined;
}

/** What the history says of one event. */
export interface Judged {
  readonly event: HistoryEvent;
  readonly outcome: { readonly applied: true } | { readonly applied: false; readonly code: NotApplied };
  /** The state after it. */
  readonly state: ReferralState;
}

export interface History {
  readonly state: ReferralState;
  /** In the common order. */
  readonly judged: readonly Judged[];
  /** Events whose `prev` has not come yet: neither applied nor refused. */
  readonly waiting: readonly HistoryEvent[];
}

/** `received` is the receipt of the referral: B gave it, or A has it. Events may come in any order and more than once. */
export function foldHistory(events: readonly HistoryEvent[], received: boolean): History {
  const sender = chainOf(events, 'sender');
  const receiver = chainOf(events, 'receiver');
  let state: ReferralState = draft;
  const judged: Judged[] = [];
  for (const event of inOrder(sender.chain, receiver.chain)) {
    const outcome = applyEvent(state, event);
    if (outcome.applied) state = outcome.state;
    judged.push({ event, outcome: outcome.applied ? { applied: true } : outcome, state });
    const receipt =
      judged.length === 1 && (received || receiver.chain.length > 0) ? applyEvent(state, receipted) : undefined;
    if (receipt?.applied === true) state = receipt.state;
  }
  return { state, judged, waiting: [...sender.waiting, ...receiver.waiting] };
}

const receipted: ReferralEvent = { name: 'referral-received', author: 'receiver', role: 'machine' };

interface Chain {
  readonly chain: readonly HistoryEvent[];
  readonly waiting: readonly HistoryEvent[];
}

/** An author's events from seq 1 on, each naming the one before it; what lies behind a gap waits. */
function chainOf(events: readonly HistoryEvent[], author: HistoryEvent['author']): Chain {
  const own = new Map(events.filter((one) => one.author === author).map((one) => [one.digest, one]));
  const bySeq = [...own.values()].toSorted((a, b) => a.seq - b.seq);
  const chain: HistoryEvent[] = [];
  for (const event of bySeq)
    if (event.seq === chain.length + 1 && event.prev === chain.at(-1)?.digest) chain.push(event);
  const taken = new Set(chain);
  return { chain, waiting: bySeq.filter((one) => !taken.has(one)) };
}

function inOrder(sender: readonly HistoryEvent[], receiver: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const placeOf = new Map(sender.map(({ digest }, i) => [digest, i]));
  const ordered: HistoryEvent[] = [];
  let next = 0;
  const takeUpTo = (place: number): void => {
    for (; next <= place; next += 1) ordered.push(...sender.slice(next, next + 1));
  };
  takeUpTo(sender.length === 0 ? -1 : 0);
  receiver.forEach((event, i) => {
    takeUpTo(event.seen === undefined ? -1 : (placeOf.get(event.seen) ?? -1));
    takeUpTo(lastExpiryBefore(sender, receiver.slice(0, i)));
    ordered.push(event);
  });
  takeUpTo(sender.length - 1);
  return ordered;
}

/** The place of the last `expired` whose author had taken nothing beyond `before`; -1 when there is none. */
function lastExpiryBefore(sender: readonly HistoryEvent[], before: readonly HistoryEvent[]): number {
  const known = new Set(before.map(({ digest }) => digest));
  return sender.findLastIndex(({ name, seen }) => name === 'expired' && (seen === undefined || known.has(seen)));
}
