import { row, statement } from '../store/statement.ts';

/** Every query of what people do with referrals beside the signed events, compiled once. */
export const decisionQueries = {
  insert: statement<{
    id: string;
    referral: string;
    kind: 'accepted' | 'rejected' | 'asked';
    by_id: string;
    by_name: string;
    decided_at: number;
    due_at: number;
    state: 'waiting' | 'sent';
    content: Uint8Array;
  }>()((db, values) =>
    db.insertInto('referral_decision').values({
      ...row(values, ['id', 'referral', 'kind', 'by_id', 'by_name', 'decided_at', 'due_at', 'state', 'content']),
      trouble: '',
    }),
  ),
  waiting: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('referral_decision')
      .selectAll()
      .where('referral', '=', values.referral)
      .where('state', '=', 'waiting'),
  ),
  /** Newest first. */
  ofReferral: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('referral_decision')
      .selectAll()
      .where('referral', '=', values.referral)
      .orderBy('decided_at', 'desc')
      .orderBy('id'),
  ),
  /** Of one person, the newest first. */
  waitingOf: statement<{ by_id: string }>()((db, values) =>
    db
      .selectFrom('referral_decision')
      .innerJoin('referral', 'referral.id', 'referral_decision.referral')
      .select(['referral_decision.referral', 'kind', 'due_at', 'referral.number'])
      .where('referral_decision.state', '=', 'waiting')
      .where('by_id', '=', values.by_id)
      .orderBy('decided_at', 'desc')
      .limit(20),
  ),
  due: statement<{ now: number }>()((db, values) =>
    db
      .selectFrom('referral_decision')
      .selectAll()
      .where('state', '=', 'waiting')
      .where('due_at', '<=', values.now)
      .orderBy('due_at')
      .limit(100),
  ),
  settle: statement<{ id: string; state: 'sent' | 'failed'; trouble: string }>()((db, values) =>
    db
      .updateTable('referral_decision')
      .set({ state: values.state, trouble: values.trouble })
      .where('id', '=', values.id)
      .where('state', '=', 'waiting'),
  ),
  undo: statement<{ id: string }>()((db, values) =>
    db.deleteFrom('referral_decision').where('id', '=', values.id).where('state', '=', 'waiting'),
  ),
};

export const openedQueries = {
  note: statement<{ referral: string; by_id: string; by_name: string; at: number }>()((db, values) =>
    db
      .insertInto('referral_opened')
      .values(row(values, ['referral', 'by_id', 'by_name', 'at']))
      .onConflict((conflict) => conflict.doNothing()),
  ),
  get: statement<{ referral: string }>()((db, values) =>
    db.selectFrom('referral_opened').selectAll().where('referral', '=', values.referral),
  ),
};

export const matchQueries = {
  insert: statement<{
    id: string;
    referral: string;
    patient: string | null;
    answer: 'same' | 'other' | 'not-sure';
    by_id: string;
    by_name: string;
    at: number;
    why: Uint8Array;
  }>()((db, values) =>
    db.insertInto('referral_match').values({
      ...row(values, ['id', 'referral', 'patient', 'answer', 'by_id', 'by_name', 'at', 'why']),
      undone_at: null,
      undone_by: null,
    }),
  ),
  /** Newest first. */
  ofReferral: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('referral_match')
      .selectAll()
      .where('referral', '=', values.referral)
      .orderBy('at', 'desc')
      .orderBy('id'),
  ),
  link: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('referral_match')
      .selectAll()
      .where('referral', '=', values.referral)
      .where('answer', '=', 'same')
      .where('undone_at', 'is', null),
  ),
  ofPatient: statement<{ patient: string }>()((db, values) =>
    db
      .selectFrom('referral_match')
      .select(['referral', 'at', 'by_name'])
      .where('patient', '=', values.patient)
      .where('answer', '=', 'same')
      .where('undone_at', 'is', null)
      .orderBy('at', 'desc')
      .limit(100),
  ),
  undo: statement<{ id: string; now: number; by_name: string }>()((db, values) =>
    db
      .updateTable('referral_match')
      .set({ undone_at: values.now, undone_by: values.by_name })
      .where('id', '=', values.id)
      .where('undone_at', 'is', null),
  ),
};

export const draftQueries = {
  insert: statement<{ id: string; patient: string; by_id: string; now: number; token: Uint8Array }>()((db, values) =>
    db.insertInto('referral_draft').values({
      ...row(values, ['id', 'patient', 'by_id', 'token']),
      version: 1,
      created_at: values.now,
      changed_at: values.now,
      sent: null,
    }),
  ),
  get: statement<{ id: string; by_id: string }>()((db, values) =>
    db.selectFrom('referral_draft').selectAll().where('id', '=', values.id).where('by_id', '=', values.by_id),
  ),
  openOf: statement<{ by_id: string }>()((db, values) =>
    db
      .selectFrom('referral_draft')
      .select(['id', 'patient', 'created_at', 'changed_at'])
      .where('by_id', '=', values.by_id)
      .where('sent', 'is', null)
      .orderBy('changed_at', 'desc')
      .limit(50),
  ),
  save: statement<{ id: string; version: number; next: number; token: Uint8Array; now: number }>()((db, values) =>
    db
      .updateTable('referral_draft')
      .set({ version: values.next, token: values.token, changed_at: values.now })
      .where('id', '=', values.id)
      .where('version', '=', values.version)
      .where('sent', 'is', null),
  ),
  sent: statement<{ id: string; version: number; referral: string }>()((db, values) =>
    db
      .updateTable('referral_draft')
      .set({ sent: values.referral })
      .where('id', '=', values.id)
      .where('version', '=', values.version)
      .where('sent', 'is', null),
  ),
  forget: statement<{ id: string; by_id: string }>()((db, values) =>
    db
      .deleteFrom('referral_draft')
      .where('id', '=', values.id)
      .where('by_id', '=', values.by_id)
      .where('sent', 'is', null),
  ),
};

/** Referrals of one of our own patients, newest first; the open ones are told apart by their state. */
export const sentOfPatient = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('referral')
    .selectAll()
    .where('patient', '=', values.patient)
    .where('direction', '=', 'sent')
    .orderBy('created_at', 'desc')
    .limit(100),
);

/** Without those whose decision is about to leave. */
export const nextUndecided = statement<{ but: string }>()((db, values) =>
  db
    .selectFrom('received_referral')
    .select('id')
    .where('phase', '=', 0)
    .where('state', '=', 'received')
    .where('id', '<>', values.but)
    .where('id', 'not in', (eb) => eb.selectFrom('referral_decision').select('referral').where('state', '=', 'waiting'))
    .orderBy('urgency')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1),
);
