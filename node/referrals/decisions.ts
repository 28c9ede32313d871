import { utf8 } from '../../protocol/bytes.ts';
import type { ReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { messageRules, parseJsonObject } from '../../protocol/json.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { Keyring, DataKeyId } from '../keys/keyring.ts';
import type { ReferralWorkTables } from '../store/schema/referral-work.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { findReferral, readHistory } from './apply-events.ts';
import {
  areSameWords,
  checkWords,
  deedWords,
  eventOfKind,
  readWords,
  type DecisionKind,
  type DecisionWords,
} from './decision-words.ts';
import { whyNotAsk } from './questions/inquiry.ts';
import type { Actor, Referrals } from './referrals.ts';
import { applyEvent } from './state.ts';
import { decisionQueries } from './work-queries.ts';

/*
 * What a clinician decides or asks rests for ten seconds before the signed answer leaves (screen 3). It lies in the database
 * meanwhile: a restart does not lose it, one referral has one at most, and undoing deletes it. Sending it and settling
 * its row are one transaction, so that it leaves once or not at all.
 */
export interface Decisions {
  /**
   * Fails with `being-decided` and the name of who was first, and with `wrong-state` where nothing is to decide. The same
   * decision of the same person again, while it rests, is the first one.
   */
  decide(referral: ReferralId, decision: DecisionWords, author: Actor): Promise<MadeDecision>;
  /** Only by who decided, while it has not left; fails with `decision-left` afterwards. */
  undo(referral: ReferralId, author: Actor): Promise<void>;
  /** Every decision of this hospital on a referral, newest first. */
  of(referral: ReferralId): Promise<readonly MadeDecision[]>;
  /** What a person decided and can still undo, on whatever page that person is. */
  waitingOf(author: Actor): Promise<readonly WaitingDecision[]>;
  /** Sends what is due: a job's work. */
  sendDue(): Promise<void>;
}

export interface MadeDecision {
  readonly id: string;
  readonly words: DecisionWords;
  readonly by: Actor;
  readonly at: Instant;
  /** When it leaves, or left. */
  readonly dueAt: Instant;
  readonly state: 'waiting' | 'sent' | 'failed';
  /** Code of why it could not become an event. */
  readonly trouble: string;
}

export interface WaitingDecision {
  readonly referral: ReferralId;
  readonly kind: DecisionKind;
  readonly number: string;
  readonly dueAt: Instant;
}

export interface DecisionsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly referrals: Pick<Referrals, 'accept' | 'reject' | 'ask'>;
  dataKeyOf(text: string): DataKeyId;
}

/** So long a decision can be undone (screen 3; WCAG 2.2.1). */
export const undoMs = 10_000;
const contentPurpose = 'referral_decision.content';
/** What ends a decision for good; everything else is tried again. */
const finalCodes: ReadonlySet<string> = new Set(['wrong-state', 'unknown-referral', 'referral-not-here']);

type DecisionRow = ReferralWorkTables['referral_decision'];

export function openDecisions(ports: DecisionsPorts): Decisions {
  return {
    decide: (referral, words, author) => decide(ports, referral, words, author),
    undo: (referral, author) => undo(ports, referral, author),
    of: (referral) =>
      ports.store.read(async (reader) => {
        const held = await findReferral(reader, referral);
        if (held === undefined) return [];
        const rows = await reader.all(decisionQueries.ofReferral, { referral });
        return Promise.all(rows.map((row) => madeOf(ports, reader, ports.dataKeyOf(held.data_key), row)));
      }),
    waitingOf: ({ id }) =>
      ports.store.read(async (reader) => {
        const rows = await reader.all(decisionQueries.waitingOf, { by_id: id });
        return rows.map(({ referral, kind, number, due_at }) => ({
          referral: referral as ReferralId,
          kind,
          number,
          dueAt: instantOfMs(due_at),
        }));
      }),
    sendDue: () => sendDue(ports),
  };
}

/** Notes a decision that left at once, in the transaction of its event; refused while another one rests. */
export async function noteDecision(
  ports: Pick<DecisionsPorts, 'keyring' | 'clock' | 'random' | 'dataKeyOf'>,
  writer: Writer,
  referral: ReferralId,
  words: DecisionWords,
  author: Actor,
  state: 'waiting' | 'sent' = 'sent',
): Promise<void> {
  const waiting = await writer.first(decisionQueries.waiting, { referral });
  if (waiting !== undefined) throw beingDecided(waiting);
  const held = await findReferral(writer, referral);
  if (held === undefined) throw unknownReferral();
  const { kind, ...said } = words;
  const now = ports.clock.now();
  const content = utf8(JSON.stringify(said));
  await writer.run(decisionQueries.insert, {
    id: ports.random.uuid(),
    referral,
    kind,
    by_id: author.id,
    by_name: author.name,
    decided_at: now,
    due_at: state === 'waiting' ? now + undoMs : now,
    state,
    content: await ports.keyring.seal(writer, ports.dataKeyOf(held.data_key), contentPurpose, content),
  });
}

async function decide(
  ports: DecisionsPorts,
  referral: ReferralId,
  words: DecisionWords,
  author: Actor,
): Promise<MadeDecision> {
  checkWords(words);
  const row = await ports.store.write(async (writer) => {
    const held = await findReferral(writer, referral);
    if (held === undefined || held.direction !== 'received') throw unknownReferral();
    const waiting = await writer.first(decisionQueries.waiting, { referral });
    if (waiting !== undefined && waiting.by_id === author.id) {
      const made = await madeOf(ports, writer, ports.dataKeyOf(held.data_key), waiting);
      if (areSameWords(made.words, words)) return waiting;
    }
    if (waiting !== undefined) throw beingDecided(waiting);
    const { history } = await readHistory(writer, held);
    const event = eventOfKind[words.kind];
    const outcome = applyEvent(history.state, { ...event, author: 'receiver', at: ports.clock.now() });
    if (!outcome.applied) throw await notOpen(writer, referral, held.state, words.kind);
    await noteDecision(ports, writer, referral, words, author, 'waiting');
    return writer.first(decisionQueries.waiting, { referral });
  });
  if (row === undefined) throw new Error('a decision that was written is not there');
  return ports.store.read(async (reader) => {
    const held = await findReferral(reader, referral);
    if (held === undefined) throw unknownReferral();
    return madeOf(ports, reader, ports.dataKeyOf(held.data_key), row);
  });
}

async function undo(ports: DecisionsPorts, referral: ReferralId, author: Actor): Promise<void> {
  await ports.store.write(async (writer) => {
    const waiting = await writer.first(decisionQueries.waiting, { referral });
    if (waiting === undefined)
      throw new OperationError(
        'conflict',
        'decision-left',
        'The answer has left already: it cannot be undone any more.',
      );
    if (waiting.by_id !== author.id)
      throw new OperationError('denied', 'decision-of-another', `Only ${waiting.by_name} can undo this decision.`);
    await writer.run(decisionQueries.undo, { id: waiting.id });
  });
}

async function sendDue(ports: DecisionsPorts): Promise<void> {
  const due = await ports.store.read((reader) => reader.all(decisionQueries.due, { now: ports.clock.now() }));
  const results = await Promise.allSettled(due.map((row) => sendOne(ports, row)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function sendOne(ports: DecisionsPorts, row: DecisionRow): Promise<void> {
  const referral = row.referral as ReferralId;
  const author = { id: row.by_id, name: row.by_name };
  const made = await ports.store.read(async (reader) => {
    const held = await findReferral(reader, referral);
    return held === undefined ? undefined : madeOf(ports, reader, ports.dataKeyOf(held.data_key), row);
  });
  if (made === undefined) return;
  const also = async (writer: Writer): Promise<void> => {
    const { changes } = await writer.run(decisionQueries.settle, { id: row.id, state: 'sent', trouble: '' });
    if (changes === 0) throw new OperationError('conflict', 'decision-undone', 'The decision was undone meanwhile.');
  };
  const { words } = made;
  try {
    await sendWords(ports, referral, words, author, also);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    if (error.code === 'decision-undone') return;
    if (error.kind !== 'invalid' && !finalCodes.has(error.code)) throw error;
    await ports.store.write((writer) =>
      writer.run(decisionQueries.settle, { id: row.id, state: 'failed', trouble: error.code }),
    );
  }
}

async function sendWords(
  { referrals }: DecisionsPorts,
  referral: ReferralId,
  words: DecisionWords,
  author: Actor,
  also: (writer: Writer) => Promise<void>,
): Promise<void> {
  switch (words.kind) {
    case 'accepted': {
      const { note } = words;
      return referrals.accept(referral, { ...(note === undefined ? {} : { note }), author }, also);
    }
    case 'rejected': {
      const { reason, advice } = words;
      return referrals.reject(referral, { reason, ...(advice === undefined ? {} : { advice }), author }, also);
    }
    case 'asked':
      return referrals.ask(referral, { question: words.question, author }, also);
  }
}

async function madeOf(
  ports: Pick<DecisionsPorts, 'keyring'>,
  reader: Reader | Writer,
  dataKey: DataKeyId,
  row: DecisionRow,
): Promise<MadeDecision> {
  const rules = { ...messageRules, stringBytesMax: 64 * 1024 };
  const content = parseJsonObject(await ports.keyring.open(reader, dataKey, contentPurpose, row.content), rules);
  return {
    id: row.id,
    words: readWords(row.kind, content),
    by: { id: row.by_id, name: row.by_name },
    at: instantOfMs(row.decided_at),
    dueAt: instantOfMs(row.due_at),
    state: row.state,
    trouble: row.trouble,
  };
}

/** Says who was faster, where a person of this hospital was. */
async function notOpen(
  reader: Reader,
  referral: ReferralId,
  state: string,
  kind: DecisionKind,
): Promise<OperationError> {
  const [last] = await reader.all(decisionQueries.ofReferral, { referral });
  const who = last?.state === 'sent' ? ` ${deedWords(last.kind, last.by_name)}.` : '';
  const why = kind === 'asked' ? whyNotAsk(state) : `The referral is ${state}.`;
  return new OperationError('conflict', 'wrong-state', `${why}${who} Nothing was sent.`);
}

function beingDecided({ kind, by_name }: Pick<DecisionRow, 'kind' | 'by_name'>): OperationError {
  return new OperationError(
    'conflict',
    'being-decided',
    `${deedWords(kind, by_name)} a moment ago; that is about to leave. Yours was not kept.`,
  );
}

function unknownReferral(): OperationError {
  return new OperationError('not-found', 'unknown-referral', 'No received referral with this id is held here.');
}
