import { statement, type Expressions, type QueryBuilder } from '../store/statement.ts';

/** Each received referral is in exactly one of these at a moment, seen by one person: the first that holds. */
export const inboxGroups = ['emergency', 'overdue', 'mine', 'asked', 'new', 'opened', 'accepted', 'closed'] as const;
export type InboxGroup = (typeof inboxGroups)[number];

/** `to-decide` is everything before `accepted`. */
export type InboxChoice = InboxGroup | 'to-decide' | 'all';
export const inboxSorts = ['urgency', 'newest', 'deadline'] as const;
export type InboxSort = (typeof inboxSorts)[number];

/** Whom to ask for; an empty text or a 0 stands for any. */
export interface InboxConditions extends Readonly<Record<string, string | number | Uint8Array>> {
  readonly now: number;
  /** Whose "waiting for me" is meant. */
  readonly me: string;
  readonly assigned: string;
  readonly byDepartment: number;
  readonly department: Uint8Array;
  readonly peer: string;
  readonly priority: string;
  readonly group: string;
}

type Given<Values> = { readonly [Name in keyof Values]-?: Values[Name] };
type Received = Expressions<'received_referral'>;

function groupOf(eb: Received, { now, me }: Given<InboxConditions>) {
  return eb
    .case()
    .when('phase', '=', 2)
    .then('closed')
    .when('phase', '=', 1)
    .then('accepted')
    .when(eb.and([eb('urgency', '=', 0), eb('state', '<>', 'cancel-requested')]))
    .then('emergency')
    .when('state', '=', 'info-requested')
    .then('asked')
    .when('answer_due_at', '<', now)
    .then('overdue')
    .when('assigned_to', '=', me)
    .then('mine')
    .when('opened_at', 'is', null)
    .then('new')
    .else('opened')
    .end()
    .$castTo<InboxGroup>();
}

function isAskedFor(eb: Received, values: Given<InboxConditions>) {
  return eb.and([
    eb.or([eb(eb.val(values.assigned), '=', ''), eb('assigned_to', '=', values.assigned)]),
    eb.or([eb(eb.val(values.byDepartment), '=', 0), eb('department', '=', values.department)]),
    eb.or([eb(eb.val(values.peer), '=', ''), eb('peer', '=', values.peer)]),
    eb.or([eb(eb.val(values.priority), '=', ''), eb('priority', '=', values.priority as 'stat')]),
  ]);
}

function isInGroup(eb: Received, values: Given<InboxConditions>) {
  return eb.or([eb(eb.val(values.group), '=', ''), eb(groupOf(eb, values), '=', values.group as InboxGroup)]);
}

const shown = [
  'id',
  'peer',
  'state',
  'prior',
  'priority',
  'number',
  'data_key',
  'summary',
  'created_at',
  'changed_at',
  'expires_at',
  'opened_at',
  'assigned_to',
  'department',
  'answer_due_at',
  'urgency',
  'open_bundles',
  'troubled_bundles',
] as const;

/** Where a page begins: the keys of the row before it, which `id` makes unique. */
export interface InboxPlace extends InboxConditions {
  readonly key: number;
  readonly time: number;
  readonly id: string;
  readonly limit: number;
}

type Way = 'asc' | 'desc';

/** One page from a place on. `phase` is given where all that is asked for lies in one: the index then has the order. */
function pageQuery(sort: InboxSort, way: Way, hasPhase: boolean) {
  return statement<InboxPlace & { readonly phase: number }>()((db, values) => {
    const key = sort === 'urgency' ? 'urgency' : 'phase';
    const time = sort === 'deadline' ? 'answer_due_at' : 'created_at';
    const beyond = way === 'asc' ? '>' : '<';
    const page = db
      .selectFrom('received_referral')
      .select(shown)
      .select((eb) => [groupOf(eb, values).as('group')])
      .where((eb) => isAskedFor(eb, values))
      .where((eb) => isInGroup(eb, values));
    const inPhase = hasPhase ? page.where('phase', '=', values.phase) : page;
    const placed =
      sort === 'urgency'
        ? inPhase
            .where((eb) => eb(eb.refTuple(key, time, 'id'), beyond, eb.tuple(values.key, values.time, values.id)))
            .orderBy(key, way)
        : inPhase.where((eb) => eb(eb.refTuple(time, 'id'), beyond, eb.tuple(values.time, values.id)));
    return placed.orderBy(time, way).orderBy('id', way).limit(values.limit);
  });
}

type PageQuery = ReturnType<typeof pageQuery>;

const pages = new Map<string, PageQuery>(
  inboxSorts.flatMap((sort) =>
    (['asc', 'desc'] as const).flatMap((way) =>
      [true, false].map((hasPhase) => [nameOf(sort, way, hasPhase), pageQuery(sort, way, hasPhase)] as const),
    ),
  ),
);

export function inboxPage(sort: InboxSort, way: Way, hasPhase: boolean): PageQuery {
  const found = pages.get(nameOf(sort, way, hasPhase));
  if (found === undefined) throw new Error('a page in no order');
  return found;
}

function nameOf(sort: InboxSort, way: Way, hasPhase: boolean): string {
  return `${sort} ${way} ${hasPhase ? 'phase' : 'all'}`;
}

function phaseCountOf(db: QueryBuilder, { phase }: { readonly phase: number }) {
  return db
    .selectFrom('received_referral')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('phase', '=', phase);
}

function groupCountsOf(db: QueryBuilder, values: Given<InboxConditions>) {
  return db
    .selectFrom('received_referral')
    .select((eb) => [groupOf(eb, values).as('group'), eb.fn.countAll<number>().as('count')])
    .where('phase', '=', 0)
    .groupBy((eb) => groupOf(eb, values));
}

export const inboxListQueries = {
  /** Counts read an index and no row. Most referrals have long been answered: those are counted without judging each. */
  phaseCount: statement<{ phase: number }>()((db, values) => phaseCountOf(db, values)),
  phaseCountAskedFor: statement<InboxConditions & { phase: number }>()((db, values) =>
    phaseCountOf(db, values).where((eb) => isAskedFor(eb, values)),
  ),
  groupCounts: statement<InboxConditions>()((db, values) => groupCountsOf(db, values)),
  groupCountsAskedFor: statement<InboxConditions>()((db, values) =>
    groupCountsOf(db, values).where((eb) => isAskedFor(eb, values)),
  ),
  one: statement<InboxConditions & { id: string }>()((db, values) =>
    db
      .selectFrom('received_referral')
      .select(shown)
      .select((eb) => [groupOf(eb, values).as('group')])
      .where('id', '=', values.id),
  ),
  /** What came since a change of the feed and would stand in this list. */
  cameSince: statement<InboxConditions & { since: number }>()((db, values) =>
    db
      .selectFrom('received_referral')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where((eb) => isAskedFor(eb, values))
      .where((eb) => isInGroup(eb, values))
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('desk_change')
          .select('subject')
          .where('seq', '>', values.since)
          .where('kind', 'in', ['received', 'emergency']),
      ),
  ),
  /** Emergencies that nobody has opened or decided, the oldest first. */
  unopenedEmergencies: statement<{ limit: number }>()((db, values) =>
    db
      .selectFrom('received_referral')
      .select(['id', 'peer', 'number', 'created_at', 'department'])
      .where('phase', '=', 0)
      .where('urgency', '=', 0)
      .where('opened_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .limit(values.limit),
  ),
  assign: statement<{ id: string; to: string | null; by: string }>()((db, values) =>
    db
      .updateTable('referral')
      .set({ assigned_to: values.to, assigned_by: values.by })
      .where('id', '=', values.id)
      .where('direction', '=', 'received'),
  ),
  newestChange: statement()((db) => db.selectFrom('desk_change').select('seq').orderBy('seq', 'desc').limit(1)),
};
