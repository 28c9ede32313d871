import { statement } from '../../store/statement.ts';

/** One version of a consultation; `version` 1 has no `changed_at`. */
export interface ConsultationRow {
  readonly id: string;
  readonly patient: string;
  readonly at: number;
  readonly version: number;
  readonly created_at: number;
  readonly changed_at: number | null;
  readonly token: Uint8Array;
}

const shown = ['id', 'patient', 'at', 'version', 'created_at', 'changed_at', 'token'] as const;

export const insertConsultation = statement<{
  id: string;
  patient: string;
  at: number;
  now: number;
  token: Uint8Array;
}>()((db, values) =>
  db.insertInto('consultation').values({
    id: values.id,
    patient: values.patient,
    at: values.at,
    created_at: values.now,
    token: values.token,
  }),
);

export const consultationById = statement<{ id: string }>()((db, values) =>
  db.selectFrom('consultation').select(shown).where('id', '=', values.id),
);

/** All of one patient, the latest first. */
export const consultationsOf = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('consultation')
    .select(shown)
    .where('patient', '=', values.patient)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc'),
);

/** The latest first, from a key on, by keyset. */
export const consultationsBefore = statement<{ patient: string; at: number; id: string; limit: number }>()(
  (db, values) =>
    db
      .selectFrom('consultation')
      .select(shown)
      .where('patient', '=', values.patient)
      .where((row) => row(row.refTuple('at', 'id'), '<', row.tuple(values.at, values.id)))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(values.limit),
);

/** The earliest first, after a key. */
export const consultationsAfter = statement<{ patient: string; at: number; id: string; limit: number }>()(
  (db, values) =>
    db
      .selectFrom('consultation')
      .select(shown)
      .where('patient', '=', values.patient)
      .where((row) => row(row.refTuple('at', 'id'), '>', row.tuple(values.at, values.id)))
      .orderBy('at')
      .orderBy('id')
      .limit(values.limit),
);

export const countConsultations = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('consultation')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('patient', '=', values.patient),
);

/** Puts the next version in the place of the one that was read. */
export const replaceConsultation = statement<{
  id: string;
  from: number;
  to: number;
  at: number;
  now: number;
  token: Uint8Array;
}>()((db, values) =>
  db
    .updateTable('consultation')
    .set({ version: values.to, at: values.at, changed_at: values.now, token: values.token })
    .where('id', '=', values.id)
    .where('version', '=', values.from),
);

export const keepVersion = statement<{
  consultation: string;
  version: number;
  at: number;
  writtenAt: number;
  token: Uint8Array;
}>()((db, values) =>
  db.insertInto('consultation_version').values({
    consultation: values.consultation,
    version: values.version,
    at: values.at,
    written_at: values.writtenAt,
    token: values.token,
  }),
);

export const versionsOfConsultation = statement<{ consultation: string; below: number; limit: number }>()(
  (db, values) =>
    db
      .selectFrom('consultation_version')
      .select(['version', 'at', 'written_at', 'token'])
      .where('consultation', '=', values.consultation)
      .where('version', '<', values.below)
      .orderBy('version', 'desc')
      .limit(values.limit),
);
