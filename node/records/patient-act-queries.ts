import { statement } from '../store/statement.ts';
import { patientColumns, withdrawnState } from './patient-queries.ts';

export interface ActRow {
  readonly id: string;
  readonly kind: 'voided' | 'taken-back';
  readonly at: number;
  readonly by_user: string;
  readonly by_name: string;
  readonly reason: Uint8Array;
}

export const insertAct = statement<{
  id: string;
  patient: string;
  kind: ActRow['kind'];
  at: number;
  byUser: string;
  byName: string;
  reason: Uint8Array;
}>()((db, values) =>
  db.insertInto('patient_act').values({
    id: values.id,
    patient: values.patient,
    kind: values.kind,
    at: values.at,
    by_user: values.byUser,
    by_name: values.byName,
    reason: values.reason,
  }),
);

export const actsOf = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('patient_act')
    .select(['id', 'kind', 'at', 'by_user', 'by_name', 'reason'])
    .where('patient', '=', values.patient)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc'),
);

/** A voided record belongs to no import any more: undoing that one neither finds nor destroys it. */
export const setVoided = statement<{ id: string; from: number; to: number }>()((db, values) =>
  db
    .updateTable('patient')
    .set({ state: values.to, import_id: null })
    .where('id', '=', values.id)
    .where('state', '=', values.from),
);

export const voidedById = statement<{ id: string }>()((db, values) =>
  db
    .selectFrom('patient')
    .select([...patientColumns, 'csv_term'])
    .where('id', '=', values.id)
    .where('state', '=', withdrawnState)
    .where('import_id', 'is', null),
);

/** One thing that belongs to a patient: a consultation, a file or a referral. */
export const belongingsOf = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('consultation')
    .select('consultation.id')
    .where('consultation.patient', '=', values.patient)
    .union(db.selectFrom('attachment').select('attachment.id').where('attachment.patient', '=', values.patient))
    .union(db.selectFrom('referral').select('referral.id').where('referral.patient', '=', values.patient))
    .limit(1),
);
