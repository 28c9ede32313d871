import { parseNodeName, parseReferralId, type NodeName, type ReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Store } from '../store/store.ts';
import { departmentTerm } from './departments.ts';
import {
  inboxGroups,
  inboxListQueries,
  inboxPage,
  type InboxChoice,
  type InboxConditions,
  type InboxGroup,
  type InboxSort,
} from './inbox-list-queries.ts';
import { cutPage, startOf, type PagePlace } from './page-place.ts';
import { openSummary, type SummaryPorts } from './referral-summary.ts';
import type { Priority, ReferralSummary } from './referrals.ts';
import { isAcceptedRow, isFinalName } from './state.ts';

/** What somebody wants to see of the inbox. */
export interface InboxFilter {
  readonly group: InboxChoice;
  /** The person who looks: whose "waiting for me" is meant. */
  readonly me: string;
  /** Only what is assigned to this person. */
  readonly assigned?: string;
  /** Only what is for this department, by its name. */
  readonly department?: string;
  readonly peer?: string;
  readonly priority?: Priority;
}

export interface InboxQuery extends InboxFilter {
  readonly sort: InboxSort;
  readonly limit: number;
  readonly place?: PagePlace;
}

export interface InboxLine {
  readonly id: ReferralId;
  readonly peer: NodeName;
  readonly state: string;
  readonly priority: Priority;
  readonly number: string;
  /** `undefined` where what was kept of the patient was erased. */
  readonly summary: ReferralSummary | undefined;
  readonly arrivedAt: Instant;
  readonly changedAt: Instant;
  readonly answerDueAt: Instant;
  readonly expiresAt: Instant;
  readonly group: InboxGroup;
  /** Nothing is left to decide, though a question may be open. */
  readonly isAnswered: boolean;
  readonly isNew: boolean;
  readonly assignedTo: string | undefined;
  /** To be compared with `departmentTerm`: its name lies nowhere. */
  readonly department: Uint8Array | undefined;
  /** Answers of ours that have not arrived, and whether one of them met an obstacle. */
  readonly answersUnderway: number;
  readonly answersTroubled: boolean;
}

export type InboxCounts = Readonly<Record<InboxGroup, number>>;

export interface InboxPage {
  readonly lines: readonly InboxLine[];
  /** Of everything that fits the filter but its group: each referral is counted once. */
  readonly counts: InboxCounts;
  readonly total: number;
  /** Places to go on from in either direction; `undefined` at an end. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The change feed's cursor of what this page shows. */
  readonly cursor: number;
}

export interface Emergency {
  readonly id: ReferralId;
  readonly peer: NodeName;
  readonly number: string;
  readonly arrivedAt: Instant;
}

/** Received referrals as people go through them (screen 2). Only what a page shows is opened. */
export interface InboxList {
  page(query: InboxQuery): Promise<InboxPage>;
  counts(filter: InboxFilter): Promise<InboxCounts>;
  /** These rows as they are now, whether or not they still fit a filter. */
  lines(ids: readonly ReferralId[], me: string): Promise<readonly InboxLine[]>;
  /** How many referrals that fit the filter arrived after this cursor of the change feed. */
  cameSince(filter: InboxFilter, cursor: number): Promise<number>;
  /** Emergencies that nobody opened yet, the oldest first. */
  unopenedEmergencies(limit: number): Promise<readonly Emergency[]>;
  /** Gives a received referral to a person, or to nobody. Fails with `unknown-referral`. */
  assign(id: ReferralId, to: string | undefined, by: string): Promise<void>;
  /** What rows of this department hold: see `InboxLine.department`. */
  departmentTerm(name: string): Uint8Array;
}

export interface InboxListPorts extends SummaryPorts {
  readonly store: Store;
  readonly clock: Clock;
}

const nothing = new Uint8Array(0);

export function openInboxList(ports: InboxListPorts): InboxList {
  const { store, clock, keyring } = ports;
  const conditionsOf = (filter: InboxFilter): InboxConditions => ({
    now: clock.now(),
    me: filter.me,
    assigned: filter.assigned ?? '',
    byDepartment: filter.department === undefined ? 0 : 1,
    department: filter.department === undefined ? nothing : departmentTerm(keyring, filter.department),
    peer: filter.peer ?? '',
    priority: filter.priority ?? '',
    group: phaseOf(filter.group) === 0 && filter.group !== 'to-decide' ? filter.group : '',
  });
  return {
    page: (query) =>
      store.read(async (reader) => {
        const conditions = conditionsOf(query);
        // Read before anything is opened, so that all of it is of one commit.
        const found = await readRows(reader, query, conditions);
        const counts = await readCounts(reader, conditions);
        const newest = await reader.first(inboxListQueries.newestChange, {});
        const { rows, before, after } = cutPage(found, query.limit, query.place, (row) => ({
          key: query.sort === 'urgency' ? row.urgency : 0,
          time: query.sort === 'deadline' ? row.answer_due_at : row.created_at,
          id: row.id,
        }));
        const lines: InboxLine[] = [];
        for (const row of rows) lines.push(await lineOf(ports, reader, row));
        return { lines, counts, total: totalOf(counts), before, after, cursor: newest?.seq ?? 0 };
      }),
    counts: (filter) => store.read((reader) => readCounts(reader, conditionsOf(filter))),
    lines: (ids, me) =>
      store.read(async (reader) => {
        const conditions = conditionsOf({ group: 'all', me });
        const lines: InboxLine[] = [];
        for (const id of ids) {
          const row = await reader.first(inboxListQueries.one, { ...conditions, id });
          if (row !== undefined) lines.push(await lineOf(ports, reader, row));
        }
        return lines;
      }),
    cameSince: (filter, since) =>
      store.read(async (reader) => {
        const row = await reader.first(inboxListQueries.cameSince, { ...conditionsOf(filter), since });
        return row?.count ?? 0;
      }),
    unopenedEmergencies: (limit) =>
      store.read(async (reader) => {
        const rows = await reader.all(inboxListQueries.unopenedEmergencies, { limit });
        return rows.map(({ id, peer, number, created_at: at }) => ({
          id: parseReferralId(id),
          peer: parseNodeName(peer),
          number,
          arrivedAt: instantOfMs(at),
        }));
      }),
    assign: async (id, to, by) => {
      const { changes } = await store.write((writer) =>
        writer.run(inboxListQueries.assign, { id, to: to ?? null, by }),
      );
      if (changes === 0)
        throw new OperationError('not-found', 'unknown-referral', 'No received referral with this id is held here.');
    },
    departmentTerm: (name) => departmentTerm(keyring, name),
  };
}

type Row = Awaited<ReturnType<typeof readRows>>[number];

/** In which phase all of a choice lies; `undefined` for those that span several. */
function phaseOf(group: InboxChoice): number | undefined {
  if (group === 'all') return undefined;
  if (group === 'closed') return 2;
  return group === 'accepted' ? 1 : 0;
}

async function readRows(reader: Reader, { group, sort, limit, place }: InboxQuery, conditions: InboxConditions) {
  const natural = sort === 'newest' ? 'desc' : 'asc';
  const opposite = natural === 'asc' ? 'desc' : 'asc';
  const way = place?.side === 'before' ? opposite : natural;
  const phase = phaseOf(group);
  const { key, time, id } = place ?? startOf(way);
  const query = inboxPage(sort, way, phase !== undefined);
  return reader.all(query, { ...conditions, phase: phase ?? 0, key, time, id, limit: limit + 1 });
}

async function readCounts(reader: Reader, conditions: InboxConditions): Promise<InboxCounts> {
  const isNarrowed =
    conditions.assigned !== '' || conditions.byDepartment !== 0 || conditions.peer !== '' || conditions.priority !== '';
  const inPhase = async (phase: number): Promise<number> => {
    const row = isNarrowed
      ? await reader.first(inboxListQueries.phaseCountAskedFor, { ...conditions, phase })
      : await reader.first(inboxListQueries.phaseCount, { phase });
    return row?.count ?? 0;
  };
  const groups = await reader.all(
    isNarrowed ? inboxListQueries.groupCountsAskedFor : inboxListQueries.groupCounts,
    conditions,
  );
  const found = new Map<InboxGroup, number>([
    ...groups.map(({ group, count }) => [group, count] as const),
    ['accepted', await inPhase(1)],
    ['closed', await inPhase(2)],
  ]);
  return Object.fromEntries(inboxGroups.map((group) => [group, found.get(group) ?? 0])) as InboxCounts;
}

function totalOf(counts: InboxCounts): number {
  return inboxGroups.reduce((sum, group) => sum + counts[group], 0);
}

/** Accepted or ended; a question changes nothing of that, a request to cancel wants another answer. */
function isAnswered(row: Pick<Row, 'state' | 'prior'>): boolean {
  return row.state !== 'cancel-requested' && (isFinalName(row.state) || isAcceptedRow(row));
}

async function lineOf(ports: InboxListPorts, reader: Reader, row: Row): Promise<InboxLine> {
  return {
    id: parseReferralId(row.id),
    peer: parseNodeName(row.peer),
    state: row.state,
    priority: row.priority,
    number: row.number,
    summary: await openSummary(ports, reader, row),
    arrivedAt: instantOfMs(row.created_at),
    changedAt: instantOfMs(row.changed_at),
    answerDueAt: instantOfMs(row.answer_due_at),
    expiresAt: instantOfMs(row.expires_at),
    group: row.group,
    isAnswered: isAnswered(row),
    isNew: row.opened_at === null,
    assignedTo: row.assigned_to ?? undefined,
    department: row.department ?? undefined,
    answersUnderway: row.open_bundles,
    answersTroubled: row.troubled_bundles > 0,
  };
}
