import { row, statement } from '../store/statement.ts';
import type { AlertRow } from './alert.ts';

const columns = [
  'id',
  'state',
  'first',
  'station',
  'station_name',
  'station_telephone',
  'message_id',
  'sha256',
  'confirmed_by',
  'confirmed_name',
  'confirmed_at',
  'attempts',
  'next_at',
  'trouble_code',
  'trouble',
  'sent_at',
  'failed_at',
  'acknowledged_at',
  'acknowledged_by',
  'acknowledged_name',
  'patient_term',
  'referral_term',
  'data_key',
  'content',
] as const;

/** Every query of the table of alerts, compiled once. */
export const alertQueries = {
  insert: statement<AlertRow>()((db, values) => db.insertInto('alert').values(row(values, columns))),
  byId: statement<{ id: string }>()((db, values) => db.selectFrom('alert').selectAll().where('id', '=', values.id)),
  /** The latest first, from behind a moment on. */
  list: statement<{ at: number; id: string; limit: number }>()((db, values) =>
    db
      .selectFrom('alert')
      .selectAll()
      .where((eb) =>
        eb.or([
          eb('confirmed_at', '<', values.at),
          eb.and([eb('confirmed_at', '=', values.at), eb('id', '<', values.id)]),
        ]),
      )
      .orderBy('confirmed_at', 'desc')
      .orderBy('id', 'desc')
      .limit(values.limit),
  ),
  /** All that nobody acknowledged. */
  open: statement()((db) =>
    db.selectFrom('alert').selectAll().where('state', '<>', 'acknowledged').orderBy('confirmed_at').orderBy('id'),
  ),
  /** Whether there is anything to do at all. */
  anyOpen: statement()((db) => db.selectFrom('alert').select('id').where('state', '<>', 'acknowledged').limit(1)),
  ofCase: statement<{ first: string }>()((db, values) =>
    db.selectFrom('alert').selectAll().where('first', '=', values.first).orderBy('confirmed_at').orderBy('id'),
  ),
  ofPatient: statement<{ term: Uint8Array; limit: number }>()((db, values) =>
    db
      .selectFrom('alert')
      .selectAll()
      .where('patient_term', '=', values.term)
      .orderBy('confirmed_at', 'desc')
      .limit(values.limit),
  ),
  ofReferral: statement<{ term: Uint8Array; limit: number }>()((db, values) =>
    db
      .selectFrom('alert')
      .selectAll()
      .where('referral_term', '=', values.term)
      .orderBy('confirmed_at', 'desc')
      .limit(values.limit),
  ),
  settledCases: statement()((db) =>
    db
      .selectFrom('alert as answered')
      .innerJoin('alert as open', 'open.first', 'answered.first')
      .select('answered.first')
      .distinct()
      .where('answered.state', '=', 'acknowledged')
      .where('open.state', '<>', 'acknowledged'),
  ),
  countSince: statement<{ since: number }>()((db, values) =>
    db
      .selectFrom('alert')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('confirmed_at', '>=', values.since)
      .whereRef('id', '=', 'first'),
  ),
  due: statement<{ now: number; limit: number }>()((db, values) =>
    db
      .selectFrom('alert')
      .selectAll()
      .where('state', '=', 'queued')
      .where('next_at', '<=', values.now)
      .orderBy('next_at')
      .orderBy('id')
      .limit(values.limit),
  ),
  /** Also where somebody acknowledged it meanwhile: that stays. */
  noteSent: statement<{ id: string; now: number }>()((db, values) =>
    db.updateTable('alert').set({ sent_at: values.now, trouble_code: '', trouble: '' }).where('id', '=', values.id),
  ),
  markSent: statement<{ id: string; attempts: number }>()((db, values) =>
    db
      .updateTable('alert')
      .set({ state: 'sent', attempts: values.attempts })
      .where('id', '=', values.id)
      .where('state', '=', 'queued'),
  ),
  markFailed: statement<{ id: string; attempts: number; now: number; code: string; trouble: string }>()((db, values) =>
    db
      .updateTable('alert')
      .set({
        state: 'failed',
        attempts: values.attempts,
        failed_at: values.now,
        trouble_code: values.code,
        trouble: values.trouble,
      })
      .where('id', '=', values.id)
      .where('state', '=', 'queued'),
  ),
  noteTrouble: statement<{ id: string; attempts: number; next_at: number; code: string; trouble: string }>()(
    (db, values) =>
      db
        .updateTable('alert')
        .set({
          attempts: values.attempts,
          next_at: values.next_at,
          trouble_code: values.code,
          trouble: values.trouble,
        })
        .where('id', '=', values.id)
        .where('state', '=', 'queued'),
  ),
  requeue: statement<{ id: string; now: number }>()((db, values) =>
    db
      .updateTable('alert')
      .set({ state: 'queued', next_at: values.now, failed_at: null })
      .where('id', '=', values.id)
      .where('state', 'in', ['queued', 'failed']),
  ),
  /** Says again that it is there: what time alone has made loud is told to open pages by this. */
  touch: statement<{ id: string }>()((db, values) =>
    db
      .updateTable('alert')
      .set((eb) => ({ attempts: eb.ref('attempts') }))
      .where('id', '=', values.id),
  ),
  acknowledge: statement<{ id: string; now: number; by: string; name: string }>()((db, values) =>
    db
      .updateTable('alert')
      .set({
        state: 'acknowledged',
        acknowledged_at: values.now,
        acknowledged_by: values.by,
        acknowledged_name: values.name,
      })
      .where('id', '=', values.id)
      .where('state', '<>', 'acknowledged'),
  ),
};
