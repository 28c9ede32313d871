import { statement, type Expressions } from '../store/statement.ts';

/** Each sent referral is in exactly one of these at a moment: the first that holds. */
export const outboxGroups = [
  'failed',
  'overdue',
  'troubled',
  'asked',
  'underway',
  'undecided',
  'accepted',
  'closed',
] as const;
export type OutboxGroup = (typeof outboxGroups)[number];
/** `open` is everything but `closed`. */
export type OutboxChoice = OutboxGroup | 'open' | 'all';

export interface OutboxConditions extends Readonly<Record<string, string | number>> {
  readonly now: number;
  /** Empty for any. */
  readonly peer: string;
  readonly priority: string;
  /** A group, `open`, or empty for all. */
  readonly group: string;
}

type Given<Values> = { readonly [Name in keyof Values]-?: Values[Name] };
type Sent = Expressions<'sent_referral'>;

function groupOf(eb: Sent, { now }: Given<OutboxConditions>) {
  return eb
    .case()
    .when(eb.and([eb('failed_bundles', '>', 0), eb('open_bundles', '=', 0), eb('state', 'in', ['draft', 'sent'])]))
    .then('failed')
    .when(eb.and([eb('open_bundles', '>', 0), eb('open_deadline', '<', now)]))
    .then('overdue')
    .when('troubled_bundles', '>', 0)
    .then('troubled')
    .when('phase', '=', 2)
    .then('closed')
    .when('state', '=', 'info-requested')
    .then('asked')
    .when('open_bundles', '>', 0)
    .then('underway')
    .when('phase', '=', 1)
    .then('accepted')
    .else('undecided')
    .end()
    .$castTo<OutboxGroup>();
}

function isAskedFor(eb: Sent, values: Given<OutboxConditions>) {
  return eb.and([
    eb.or([eb(eb.val(values.peer), '=', ''), eb('peer', '=', values.peer)]),
    eb.or([eb(eb.val(values.priority), '=', ''), eb('priority', '=', values.priority as 'stat')]),
  ]);
}

function isInGroup(eb: Sent, values: Given<OutboxConditions>) {
  return eb.or([
    eb(eb.val(values.group), '=', ''),
    eb.and([eb(eb.val(values.group), '=', 'open'), eb(groupOf(eb, values), '<>', 'closed')]),
    eb(groupOf(eb, values), '=', values.group as OutboxGroup),
  ]);
}

const shown = [
  'id',
  'peer',
  'state',
  'priority',
  'number',
  'patient',
  'data_key',
  'summary',
  'created_at',
  'changed_at',
  'expires_at',
  'open_bundles',
] as const;

function pageQuery(way: 'asc' | 'desc') {
  return statement<OutboxConditions & { time: number; id: string; limit: number }>()((db, values) =>
    db
      .selectFrom('sent_referral')
      .select(shown)
      .select((eb) => [groupOf(eb, values).as('group')])
      .where((eb) => isAskedFor(eb, values))
      .where((eb) => isInGroup(eb, values))
      .where((eb) => eb(eb.refTuple('created_at', 'id'), way === 'asc' ? '>' : '<', eb.tuple(values.time, values.id)))
      .orderBy('created_at', way)
      .orderBy('id', way)
      .limit(values.limit),
  );
}

export const outboxListQueries = {
  newestFirst: pageQuery('desc'),
  oldestFirst: pageQuery('asc'),
  one: statement<OutboxConditions & { id: string }>()((db, values) =>
    db
      .selectFrom('sent_referral')
      .select(shown)
      .select((eb) => [groupOf(eb, values).as('group')])
      .where('id', '=', values.id),
  ),
  counts: statement<OutboxConditions>()((db, values) =>
    db
      .selectFrom('sent_referral')
      .select((eb) => [groupOf(eb, values).as('group'), eb.fn.countAll<number>().as('count')])
      .where((eb) => isAskedFor(eb, values))
      .groupBy((eb) => groupOf(eb, values)),
  ),
  /** Emergencies about which the receiver asks something, the longest waiting first. */
  askedEmergencies: statement<{ limit: number }>()((db, values) =>
    db
      .selectFrom('sent_referral')
      .select(['id', 'peer', 'number', 'changed_at'])
      .where('phase', '=', 0)
      .where('state', '=', 'info-requested')
      .where('priority', '=', 'stat')
      .orderBy('changed_at')
      .orderBy('id')
      .limit(values.limit),
  ),
  /** Without the sealed bytes that lie in the same rows. */
  bundles: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('outbox')
      .select([
        'bundle',
        'kind',
        'state',
        'message',
        'attempts',
        'next_at',
        'queued_at',
        'deadline',
        'done_at',
        'seq',
        'trouble_code',
        'trouble',
      ])
      .select((eb) => [eb('proof', 'is not', null).as('has_proof')])
      .where('referral', '=', values.referral)
      .orderBy('queued_at')
      .orderBy('bundle'),
  ),
  events: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('referral_event')
      .select(['author', 'name', 'at', 'status', 'message', 'seq'])
      .where('referral', '=', values.referral)
      .orderBy('author')
      .orderBy('seq'),
  ),
};
