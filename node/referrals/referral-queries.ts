import { row, statement } from '../store/statement.ts';

/** Of an event, what its place in the history needs. */
const foldedColumns = [
  'bundle',
  'author',
  'name',
  'seq',
  'digest',
  'prev',
  'seen',
  'at',
  'status',
  'reason',
  'message',
  'role',
] as const;

/** Of a referral, what its place in the workflow needs. */
const heldColumns = [
  'id',
  'direction',
  'peer',
  'state',
  'prior',
  'priority',
  'number',
  'data_key',
  'expires_at',
] as const;

/** Every query of referrals and their events, compiled once. */
export const referralQueries = {
  insert: statement<{
    id: string;
    direction: 'sent' | 'received';
    peer: string;
    state: string;
    priority: 'routine' | 'urgent' | 'stat';
    number: string;
    patient: string | null;
    data_key: string;
    summary: Uint8Array;
    now: number;
    expires_at: number;
  }>()((db, values) =>
    db.insertInto('referral').values({
      ...row(values, [
        'id',
        'direction',
        'peer',
        'state',
        'priority',
        'number',
        'patient',
        'data_key',
        'summary',
        'expires_at',
      ]),
      prior: '',
      created_at: values.now,
      changed_at: values.now,
    }),
  ),
  get: statement<{ id: string; direction: 'sent' | 'received' }>()((db, values) =>
    db.selectFrom('referral').selectAll().where('id', '=', values.id).where('direction', '=', values.direction),
  ),
  ofPatient: statement<{ patient: string }>()((db, values) =>
    db.selectFrom('referral').select('id').where('patient', '=', values.patient).limit(1),
  ),
  /** Newest first, from a key on (keyset paging). */
  list: statement<{ direction: 'sent' | 'received'; before: number; beforeId: string; limit: number }>()((db, values) =>
    db
      .selectFrom('referral')
      .selectAll()
      .where('direction', '=', values.direction)
      .where((eb) =>
        eb.or([
          eb('created_at', '<', values.before),
          eb.and([eb('created_at', '=', values.before), eb('id', '<', values.beforeId)]),
        ]),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(values.limit),
  ),
  move: statement<{ id: string; direction: 'sent' | 'received'; state: string; prior: string; now: number }>()(
    (db, values) =>
      db
        .updateTable('referral')
        .set({ state: values.state, prior: values.prior, changed_at: values.now })
        .where('id', '=', values.id)
        .where('direction', '=', values.direction),
  ),
  /** The highest number of a series; they have the same number of digits until a million of a year is full. */
  lastNumber: statement<{ from: string; to: string }>()((db, values) =>
    db
      .selectFrom('referral')
      .select('number')
      .where('number', '>=', values.from)
      .where('number', '<', values.to)
      .orderBy('number', 'desc')
      .limit(1),
  ),
  countOfYear: statement<{ direction: 'sent' | 'received'; from: number }>()((db, values) =>
    db
      .selectFrom('referral')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('direction', '=', values.direction)
      .where('created_at', '>=', values.from),
  ),
  insertEvent: statement<{
    bundle: string;
    referral: string;
    author: 'sender' | 'receiver';
    name: string;
    seq: number;
    digest: Uint8Array;
    prev: Uint8Array | null;
    seen: Uint8Array | null;
    at: number;
    status: 'applied' | 'waiting' | 'not-applied' | 'pending';
    reason: string;
    content: Uint8Array;
    message: string;
    role: string;
  }>()((db, values) =>
    db
      .insertInto('referral_event')
      .values(
        row(values, [
          'bundle',
          'referral',
          'author',
          'name',
          'seq',
          'digest',
          'prev',
          'seen',
          'at',
          'status',
          'reason',
          'content',
          'message',
          'role',
        ]),
      ),
  ),
  events: statement<{ referral: string }>()((db, values) =>
    db.selectFrom('referral_event').selectAll().where('referral', '=', values.referral).orderBy('at').orderBy('seq'),
  ),
  /** What the workflow asks of a referral; what people read of it is not among it. */
  held: statement<{ id: string }>()((db, values) =>
    db.selectFrom('referral').select(heldColumns).where('id', '=', values.id).orderBy('direction', 'desc').limit(1),
  ),
  /** Of both authors, the sender's first, without their content. */
  eventsToFold: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('referral_event')
      .select(foldedColumns)
      .where('referral', '=', values.referral)
      .orderBy('author', 'desc')
      .orderBy('seq'),
  ),
  eventsOfAuthor: statement<{ referral: string; author: 'sender' | 'receiver' }>()((db, values) =>
    db
      .selectFrom('referral_event')
      .select(foldedColumns)
      .where('referral', '=', values.referral)
      .where('author', '=', values.author)
      .orderBy('seq'),
  ),
  /** Of either author: named both, so that the key finds it. */
  eventByMessage: statement<{ message: string }>()((db, values) =>
    db
      .selectFrom('referral_event')
      .selectAll()
      .where('author', 'in', ['sender', 'receiver'])
      .where('message', '=', values.message),
  ),
  eventByKey: statement<{ author: 'sender' | 'receiver'; message: string }>()((db, values) =>
    db
      .selectFrom('referral_event')
      .selectAll()
      .where('author', '=', values.author)
      .where('message', '=', values.message),
  ),
  /** Events that another hospital than the referrer sent under this id before the referral came. */
  forgetForeignEvents: statement<{ referral: string; peer: string }>()((db, values) =>
    db
      .deleteFrom('referral_event')
      .where('referral', '=', values.referral)
      .where('bundle', 'not in', (eb) =>
        eb
          .selectFrom('inbox')
          .select('bundle')
          .where('inbox.referral', '=', values.referral)
          .where('inbox.sender', '=', values.peer),
      ),
  ),
  settleEvent: statement<{
    author: 'sender' | 'receiver';
    message: string;
    status: 'applied' | 'waiting' | 'not-applied' | 'pending';
    reason: string;
  }>()((db, values) =>
    db
      .updateTable('referral_event')
      .set({ status: values.status, reason: values.reason })
      .where('author', '=', values.author)
      .where('message', '=', values.message),
  ),
};
