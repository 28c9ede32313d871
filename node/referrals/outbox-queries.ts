import type { ReferralTables } from '../store/schema/referrals.ts';
import { row, statement } from '../store/statement.ts';

type OutboxState =
  'preparing' | 'queued' | 'leaving' | 'withdrawing' | 'delivered' | 'refused' | 'withdrawn' | 'set-aside';

const columns = [
  'bundle',
  'peer',
  'referral',
  'kind',
  'message',
  'priority',
  'rank',
  'deadline',
  'state',
  'data_key',
  'secrets',
  'manifest',
  'token',
  'record',
  'seq',
  'attempts',
  'next_at',
  'queued_at',
  'done_at',
  'proof',
  'unchecked_size',
  'trouble_code',
  'trouble',
  'sent_bytes',
] as const satisfies readonly (keyof ReferralTables['outbox'])[];

/** Every query of the outbox, compiled once. */
export const outboxQueries = {
  insert: statement<ReferralTables['outbox']>()((db, values) => db.insertInto('outbox').values(row(values, columns))),
  insertAttachment: statement<{ bundle: string; n: number; attachment: string; size: number; chunks: number }>()(
    (db, values) =>
      db
        .insertInto('outbox_attachment')
        .values({ ...row(values, ['bundle', 'n', 'attachment', 'size', 'chunks']), root: null }),
  ),
  attachments: statement<{ bundle: string }>()((db, values) =>
    db.selectFrom('outbox_attachment').selectAll().where('bundle', '=', values.bundle).orderBy('n'),
  ),
  putRoot: statement<{ bundle: string; n: number; root: Uint8Array }>()((db, values) =>
    db
      .updateTable('outbox_attachment')
      .set({ root: values.root })
      .where('bundle', '=', values.bundle)
      .where('n', '=', values.n),
  ),
  putChunk: statement<{ bundle: string; n: number; i: number; leaf: Uint8Array; digest: Uint8Array; size: number }>()(
    (db, values) =>
      db
        .insertInto('outbox_chunk')
        .values(row(values, ['bundle', 'n', 'i', 'leaf', 'digest', 'size']))
        .onConflict((conflict) => conflict.columns(['bundle', 'n', 'i']).doNothing()),
  ),
  chunks: statement<{ bundle: string; n: number }>()((db, values) =>
    db
      .selectFrom('outbox_chunk')
      .selectAll()
      .where('bundle', '=', values.bundle)
      .where('n', '=', values.n)
      .orderBy('i'),
  ),
  get: statement<{ bundle: string }>()((db, values) =>
    db.selectFrom('outbox').selectAll().where('bundle', '=', values.bundle),
  ),
  ofReferral: statement<{ referral: string }>()((db, values) =>
    db.selectFrom('outbox').selectAll().where('referral', '=', values.referral).orderBy('queued_at').orderBy('bundle'),
  ),
  /** The bundle of a referral itself, once its receipt is here. */
  deliveredReferral: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('outbox')
      .select('bundle')
      .where('referral', '=', values.referral)
      .where('state', '=', 'delivered')
      .where('kind', '=', 'referral')
      .limit(1),
  ),
  /** What waits for a peer or for its preparation, most urgent first. */
  open: statement()((db) =>
    db
      .selectFrom('outbox')
      .select([
        'bundle',
        'peer',
        'kind',
        'message',
        'priority',
        'rank',
        'state',
        'next_at',
        'queued_at',
        'attempts',
        'deadline',
        'trouble_code',
      ])
      .where('state', 'in', ['preparing', 'queued', 'leaving', 'withdrawing'])
      .orderBy('rank')
      .orderBy('queued_at')
      .orderBy('bundle'),
  ),
  prepared: statement<{ bundle: string; manifest: Uint8Array; token: Uint8Array }>()((db, values) =>
    db
      .updateTable('outbox')
      .set({ state: 'queued', manifest: values.manifest, token: values.token })
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'preparing'),
  ),
  /** Sealed and on its way at once: what nothing has to wait for is written once. */
  leavingAtOnce: statement<{
    bundle: string;
    manifest: Uint8Array;
    token: Uint8Array;
    record: Uint8Array;
    seq: number;
  }>()((db, values) =>
    db
      .updateTable('outbox')
      .set({
        state: 'leaving',
        manifest: values.manifest,
        token: values.token,
        record: values.record,
        seq: values.seq,
      })
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'preparing'),
  ),
  leaving: statement<{ bundle: string; record: Uint8Array; seq: number }>()((db, values) =>
    db
      .updateTable('outbox')
      .set({ state: 'leaving', record: values.record, seq: values.seq })
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'queued'),
  ),
  finish: statement<{
    bundle: string;
    state: OutboxState;
    proof: string | null;
    unchecked_size: number | null;
    trouble_code: string;
    trouble: string;
    now: number;
  }>()((db, values) =>
    db
      .updateTable('outbox')
      .set({
        state: values.state,
        proof: values.proof,
        unchecked_size: values.unchecked_size,
        trouble_code: values.trouble_code,
        trouble: values.trouble,
        done_at: values.now,
      })
      .where('bundle', '=', values.bundle)
      .where('state', 'in', ['preparing', 'queued', 'leaving', 'withdrawing']),
  ),
  withdrawing: statement<{ bundle: string; trouble_code: string; trouble: string; now: number }>()((db, values) =>
    db
      .updateTable('outbox')
      .set({ state: 'withdrawing', trouble_code: values.trouble_code, trouble: values.trouble, next_at: values.now })
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'leaving'),
  ),
  /** A peer that was out of reach speaks again: what waited for the network is due now. */
  clearBackOff: statement<{ peer: string; now: number }>()((db, values) =>
    db
      .updateTable('outbox')
      .set({ next_at: values.now })
      .where('peer', '=', values.peer)
      .where((eb) =>
        eb.or([
          eb('state', '=', 'withdrawing'),
          eb.and([eb('state', 'in', ['queued', 'leaving']), eb('trouble_code', 'like', 'NET_%')]),
        ]),
      ),
  ),
  later: statement<{ bundle: string; next_at: number; attempts: number; trouble_code: string; trouble: string }>()(
    (db, values) =>
      db
        .updateTable('outbox')
        .set({
          next_at: values.next_at,
          attempts: values.attempts,
          trouble_code: values.trouble_code,
          trouble: values.trouble,
        })
        .where('bundle', '=', values.bundle),
  ),
  unchecked: statement()((db) =>
    db
      .selectFrom('outbox')
      .select(['bundle', 'peer', 'proof', 'unchecked_size'])
      .where('unchecked_size', 'is not', null)
      .orderBy('unchecked_size')
      .limit(256),
  ),
  checked: statement<{ bundle: string }>()((db, values) =>
    db.updateTable('outbox').set({ unchecked_size: null }).where('bundle', '=', values.bundle),
  ),
  lastSeq: statement<{ peer: string }>()((db, values) =>
    db.selectFrom('seq_sent').selectAll().where('peer', '=', values.peer).orderBy('seq', 'desc').limit(1),
  ),
  putSeq: statement<{ peer: string; seq: number; x: string; bundle: string }>()((db, values) =>
    db.insertInto('seq_sent').values(row(values, ['peer', 'seq', 'x', 'bundle'])),
  ),
};
