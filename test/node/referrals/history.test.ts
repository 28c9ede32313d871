import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldHistory, type HistoryEvent } from '../../../node/referrals/history.ts';
import {
  applyEvent,
  draft,
  eventNames,
  isFinal,
  type EventAuthor,
  type EventName,
} from '../../../node/referrals/state.ts';
import { roles, type Role } from '../../../protocol/bundle/fhir/terms.ts';
import { instantOfMs } from '../../../protocol/instant.ts';

const late = { at: instantOfMs(2_000_000), expiresAt: instantOfMs(1_000_000) };

/** A hospital in the model: what it holds, and what it has sent. */
class Node {
  readonly author: EventAuthor;
  readonly held: HistoryEvent[] = [];
  received = false;

  constructor(author: EventAuthor) {
    this.author = author;
  }

  /** Writes an event as this node sees things now. */
  write(name: EventName, role: Role): HistoryEvent {
    const own = this.held.filter(({ author }) => author === this.author);
    const others = foldHistory(this.held, this.received)
      .judged.map(({ event }) => event)
      .filter(({ author }) => author !== this.author)
      .toSorted((a, b) => a.seq - b.seq);
    const event: HistoryEvent = {
      name,
      role,
      author: this.author,
      seq: own.length + 1,
      digest: `${this.author}-${own.length + 1}`,
      prev: own.at(-1)?.digest,
      seen: others.at(-1)?.digest,
      ...late,
    };
    this.held.push(event);
    return event;
  }

  /** Takes what came; the first event of the other side is B's receipt of the referral. */
  take(event: HistoryEvent): void {
    this.held.push(event);
    if (this.author === 'receiver' && this.held.some(({ name }) => name === 'referral-sent')) this.received = true;
  }
}

/** Events that a node may write in the state it sees; a model of people who follow their screen. */
function choices(node: Node): readonly (readonly [EventName, Role])[] {
  const { state } = foldHistory(node.held, node.received);
  return eventNames
    .filter((name) => name !== 'referral-received' && name !== 'referral-refused-technical' && name !== 'referral-sent')
    .flatMap((name) => roles.map((role) => [name, role] as const))
    .filter(([name, role]) => applyEvent(state, { name, role, author: node.author, ...late }).applied);
}

type Step =
  | { readonly kind: 'write'; readonly by: 0 | 1; readonly pick: number }
  | { readonly kind: 'deliver'; readonly pick: number; readonly again: boolean }
  | { readonly kind: 'lose'; readonly pick: number }
  | { readonly kind: 'receipt' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write'), by: fc.constantFrom(0, 1), pick: fc.nat(200) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver'), pick: fc.nat(20), again: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose'), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('receipt') }) },
);

interface Letter {
  readonly to: Node;
  readonly event: HistoryEvent;
}

function play(steps: readonly Step[]): { a: Node; b: Node; written: HistoryEvent[] } {
  const [a, b] = [new Node('sender'), new Node('receiver')];
  const written = [a.write('referral-sent', 'referrer')];
  const underway: Letter[] = [{ to: b, event: written[0] as HistoryEvent }];
  for (const one of steps) {
    const at = 'pick' in one && underway.length > 0 ? one.pick % underway.length : -1;
    const letter = underway[at];
    if (one.kind === 'write') {
      const [node, other] = one.by === 0 ? [a, b] : [b, a];
      const open = choices(node);
      const choice = open[one.pick % Math.max(1, open.length)];
      if (choice === undefined || (node === b && !b.received)) continue;
      const event = node.write(...choice);
      written.push(event);
      underway.push({ to: other, event });
    } else if (one.kind === 'receipt') {
      a.received ||= b.received;
    } else if (letter !== undefined && one.kind === 'deliver') {
      letter.to.take(letter.event);
      if (!one.again) underway.splice(at, 1);
    } // A lost letter is sent again: it stays underway.
  }
  for (const { to, event } of underway.toReversed()) to.take(event);
  a.received ||= b.received;
  return { a, b, written };
}

test('two hospitals reach the same state over loss, repetition and delay, and no final state is left but by voiding', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { a, b, written } = play(steps);
      const [ours, theirs] = [foldHistory(a.held, a.received), foldHistory(b.held, b.received)];
      expect(theirs.state).toEqual(ours.state);
      expect(theirs.judged).toEqual(ours.judged);
      expect(ours.waiting).toEqual([]);
      expect(ours.judged.length).toBe(written.length);
      for (const [i, { event, outcome, state }] of ours.judged.entries()) {
        reached.add(state.state);
        const before = ours.judged[i - 1]?.state ?? draft;
        if (outcome.applied && isFinal(before)) expect(['voided', 'forwarded']).toContain(event.name);
      }
      reached.add(ours.state.state);
    }),
    { numRuns: 1500, seed: 20261120 },
  );
  for (const state of ['accepted', 'rejected', 'scheduled', 'cancelled', 'completed', 'expired', 'void'])
    expect([...reached]).toContain(state);
});

describe('the races of the specification', () => {
  let count: Record<EventAuthor, number> = { sender: 0, receiver: 0 };
  const event = (author: EventAuthor, name: EventName, role: Role, seen?: string): HistoryEvent => {
    const seq = (count[author] += 1);
    const prev = seq === 1 ? undefined : `${author}-${seq - 1}`;
    return { author, name, role, seq, digest: `${author}-${seq}`, prev, seen, ...late };
  };
  const story = (...tell: readonly (() => HistoryEvent)[]): readonly HistoryEvent[] => {
    count = { sender: 0, receiver: 0 };
    return tell.map((one) => one());
  };
  const sent = () => event('sender', 'referral-sent', 'referrer');
  const accepted =
    (seen = 'sender-1') =>
    () =>
      event('receiver', 'referral-accepted', 'triage', seen);
  const cancel = (seen?: string) => () => event('sender', 'cancel-requested', 'referrer', seen);

  test.each([
    [
      'the cancellation that B had not seen comes after the acceptance',
      story(sent, cancel(), accepted()),
      'cancel-requested',
      'accepted',
    ],
    [
      'what B started before it saw the cancellation stands',
      story(sent, accepted(), cancel('receiver-1'), () => event('receiver', 'started', 'clerk', 'sender-1')),
      'cancel-requested',
      'in-progress',
    ],
    [
      'a withdrawal that crossed the receipt is a request to cancel',
      story(sent, () => event('sender', 'withdrawn', 'referrer')),
      'cancel-requested',
      'received',
    ],
    [
      'an acceptance that A had not taken is too late for the deadline',
      story(sent, accepted(), () => event('sender', 'expired', 'machine')),
      'expired',
      undefined,
    ],
    [
      'an acceptance that A had receipted wins over the deadline',
      story(sent, accepted(), () => event('sender', 'expired', 'machine', 'receiver-1')),
      'accepted',
      undefined,
    ],
    [
      'a completion wins over an open cancellation',
      story(sent, accepted(), cancel(), () => event('receiver', 'referral-completed', 'clinician', 'sender-2')),
      'completed',
      undefined,
    ],
    [
      'an answer after the rejection changes nothing',
      story(
        sent,
        () => event('receiver', 'info-requested', 'triage', 'sender-1'),
        () => event('receiver', 'referral-rejected', 'triage', 'sender-1'),
        () => event('sender', 'info-provided', 'referrer', 'receiver-1'),
      ),
      'rejected',
      undefined,
    ],
  ] as const)('%s', (_, events, state, before) => {
    for (const order of [events, events.toReversed(), [...events, ...events]]) {
      const history = foldHistory(order, true);
      expect(history.state.state).toBe(state);
      if (before !== undefined) expect('before' in history.state && history.state.before.state).toBe(before);
    }
  });

  test('a withdrawal before B has anything cancels', () => {
    const events = story(sent, () => event('sender', 'withdrawn', 'referrer'));
    expect(foldHistory(events, false).state).toEqual({ state: 'cancelled' });
  });

  test('an event that overtakes its prev waits', () => {
    const [first, second, third] = story(sent, accepted(), () => event('receiver', 'scheduled', 'clerk', 'sender-1'));
    const history = foldHistory(
      [first, third].filter((one) => one !== undefined),
      true,
    );
    expect(history.state.state).toBe('received');
    expect(history.waiting).toEqual([third]);
    const whole = foldHistory(
      [third, first, second].filter((one) => one !== undefined),
      true,
    );
    expect(whole.state.state).toBe('scheduled');
  });
});
