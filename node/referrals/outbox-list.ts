import { parseNodeName, parseReferralId, type NodeName, type ReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import type { Reader, Store } from '../store/store.ts';
import {
  outboxGroups,
  outboxListQueries,
  type OutboxChoice,
  type OutboxConditions,
  type OutboxGroup,
} from './outbox-list-queries.ts';
import { cutPage, startOf, type PagePlace } from './page-place.ts';
import { findOpenQuestion, type OpenQuestion } from './questions/open-question.ts';
import { openSummary, type SummaryPorts } from './referral-summary.ts';
import type { DeliveryState, Priority, ReferralSummary } from './referrals.ts';

export interface OutboxFilter {
  readonly group: OutboxChoice;
  readonly peer?: string;
  readonly priority?: Priority;
}

export interface OutboxQuery extends OutboxFilter {
  readonly limit: number;
  readonly place?: PagePlace;
}

/** One bundle of a sent referral: the referral itself, or an event that we sent after it. */
export interface BundleLine {
  readonly bundle: string;
  readonly kind: 'referral' | 'event' | 'notice';
  /** What it says, as the event's name; empty for what is no event. */
  readonly event: string;
  readonly state: DeliveryState;
  readonly queuedAt: Instant;
  /** Its sent leaf stands in our log from then on. */
  readonly hasLeft: boolean;
  readonly doneAt: Instant | undefined;
  /** The receiver's tlog-proof is held. */
  readonly hasReceipt: boolean;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly deadline: Instant;
  readonly isOverdue: boolean;
  readonly troubleCode: string;
  readonly trouble: string;
}

/** What the receiver has said, each signed by it and logged. */
export interface AnswerLine {
  readonly event: string;
  readonly at: Instant;
}

export interface OutboxLine {
  readonly id: ReferralId;
  readonly peer: NodeName;
  readonly state: string;
  readonly priority: Priority;
  readonly number: string;
  readonly patient: string | undefined;
  readonly summary: ReferralSummary | undefined;
  readonly sentAt: Instant;
  readonly changedAt: Instant;
  readonly expiresAt: Instant;
  readonly group: OutboxGroup;
  /** In the order in which they were queued; the referral first. */
  readonly bundles: readonly BundleLine[];
  readonly answers: readonly AnswerLine[];
  /** What the receiver asks and nobody here has answered. */
  readonly question: OpenQuestion | undefined;
}

export type OutboxCounts = Readonly<Record<OutboxGroup, number>>;

export interface OutboxPage {
  readonly lines: readonly OutboxLine[];
  /** Of everything that fits the filter but its group: each referral is counted once. */
  readonly counts: OutboxCounts;
  readonly total: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Sent referrals with every step that is proven (screen 7), the newest first. Only what a page shows is opened. */
export interface OutboxList {
  page(query: OutboxQuery): Promise<OutboxPage>;
  counts(filter: OutboxFilter): Promise<OutboxCounts>;
  lines(ids: readonly ReferralId[]): Promise<readonly OutboxLine[]>;
  /** Emergencies about which the receiver asks something that nobody here has answered, the longest waiting first. */
  askedEmergencies(limit: number): Promise<readonly AskedEmergency[]>;
}

export interface AskedEmergency {
  readonly id: ReferralId;
  readonly peer: NodeName;
  readonly number: string;
  readonly askedAt: Instant;
}

export interface OutboxListPorts extends SummaryPorts {
  readonly store: Store;
  readonly clock: Clock;
}

export function openOutboxList(ports: OutboxListPorts): OutboxList {
  const { store, clock } = ports;
  const conditionsOf = ({ group, peer, priority }: OutboxFilter): OutboxConditions => ({
    now: clock.now(),
    peer: peer ?? '',
    priority: priority ?? '',
    group: group === 'all' ? '' : group,
  });
  return {
    page: (query) =>
      store.read(async (reader) => {
        const { place, limit } = query;
        const conditions = conditionsOf(query);
        const back = place?.side === 'before';
        const { time, id } = place ?? startOf('desc');
        const found = await reader.all(outboxListQueries[back ? 'oldestFirst' : 'newestFirst'], {
          ...conditions,
          time,
          id,
          limit: limit + 1,
        });
        const counts = await readCounts(reader, conditions);
        const { rows, before, after } = cutPage(found, limit, place, (row) => ({
          key: 0,
          time: row.created_at,
          id: row.id,
        }));
        const lines: OutboxLine[] = [];
        for (const row of rows) lines.push(await lineOf(ports, reader, row, conditions.now));
        return { lines, counts, total: outboxGroups.reduce((sum, group) => sum + counts[group], 0), before, after };
      }),
    counts: (filter) => store.read((reader) => readCounts(reader, conditionsOf(filter))),
    lines: (ids) =>
      store.read(async (reader) => {
        const conditions = conditionsOf({ group: 'all' });
        const lines: OutboxLine[] = [];
        for (const id of ids) {
          const row = await readOne(reader, conditions, id);
          if (row !== undefined) lines.push(await lineOf(ports, reader, row, conditions.now));
        }
        return lines;
      }),
    askedEmergencies: (limit) =>
      store.read(async (reader) => {
        const rows = await reader.all(outboxListQueries.askedEmergencies, { limit });
        return rows.map(({ id, peer, number, changed_at: at }) => ({
          id: parseReferralId(id),
          peer: parseNodeName(peer),
          number,
          askedAt: instantOfMs(at),
        }));
      }),
  };
}

type Row = NonNullable<Awaited<ReturnType<typeof readOne>>>;

async function readOne(reader: Reader, conditions: OutboxConditions, id: string) {
  return reader.first(outboxListQueries.one, { ...conditions, id });
}

async function readCounts(reader: Reader, conditions: OutboxConditions): Promise<OutboxCounts> {
  const rows = await reader.all(outboxListQueries.counts, conditions);
  const found = new Map(rows.map(({ group, count }) => [group, count]));
  return Object.fromEntries(outboxGroups.map((group) => [group, found.get(group) ?? 0])) as OutboxCounts;
}

async function lineOf(ports: OutboxListPorts, reader: Reader, row: Row, now: number): Promise<OutboxLine> {
  const bundles = await reader.all(outboxListQueries.bundles, { referral: row.id });
  const events = await reader.all(outboxListQueries.events, { referral: row.id });
  const nameOf = new Map(events.map((event) => [event.message, event.name]));
  return {
    id: parseReferralId(row.id),
    peer: parseNodeName(row.peer),
    state: row.state,
    priority: row.priority,
    number: row.number,
    patient: row.patient ?? undefined,
    summary: await openSummary(ports, reader, row),
    sentAt: instantOfMs(row.created_at),
    changedAt: instantOfMs(row.changed_at),
    expiresAt: instantOfMs(row.expires_at),
    group: row.group,
    bundles: bundles.map((bundle) => ({
      bundle: bundle.bundle,
      kind: bundle.kind,
      event: nameOf.get(bundle.message) ?? '',
      state: bundle.state,
      queuedAt: instantOfMs(bundle.queued_at),
      hasLeft: bundle.seq !== null,
      doneAt: bundle.done_at === null ? undefined : instantOfMs(bundle.done_at),
      hasReceipt: bundle.has_proof === 1,
      attempts: bundle.attempts,
      nextAt: instantOfMs(bundle.next_at),
      deadline: instantOfMs(bundle.deadline),
      isOverdue: bundle.done_at === null && now > bundle.deadline,
      troubleCode: bundle.trouble_code,
      trouble: bundle.trouble,
    })),
    answers: events.flatMap(({ author, name, at, status }) =>
      author === 'receiver' && status === 'applied' ? [{ event: name, at: instantOfMs(at) }] : [],
    ),
    question: await findOpenQuestion(ports, reader, row, events),
  };
}
