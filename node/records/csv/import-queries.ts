import { statement } from '../../store/statement.ts';
import { liveState, stagedState, withdrawnState } from '../patient-queries.ts';

export type ImportState = 'staging' | 'done' | 'undone';

export const insertImport = statement<{ id: string; now: number }>()((db, values) =>
  db.insertInto('patient_import').values({
    id: values.id,
    state: 'staging',
    started_at: values.now,
    finished_at: null,
    added: 0,
    updated: 0,
  }),
);

export const importById = statement<{ id: string }>()((db, values) =>
  db
    .selectFrom('patient_import')
    .select(['id', 'state', 'started_at', 'finished_at', 'added', 'updated'])
    .where('id', '=', values.id),
);

/** Newest first, behind a place in that order. */
export const pastImports = statement<{ at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('patient_import')
    .select(['id', 'state', 'started_at', 'finished_at', 'added', 'updated'])
    .where('state', '!=', 'staging')
    .where('started_at', '<=', values.at)
    .where(({ eb, or }) => or([eb('started_at', '<', values.at), eb('id', '>', values.id)]))
    .orderBy('started_at', 'desc')
    .orderBy('id')
    .limit(values.limit),
);

export const unfinishedImports = statement<Record<never, never>>()((db) =>
  db.selectFrom('patient_import').select('id').where('state', '=', 'staging'),
);

export const finishImport = statement<{ id: string; now: number; added: number; updated: number }>()((db, values) =>
  db
    .updateTable('patient_import')
    .set({ state: 'done', finished_at: values.now, added: values.added, updated: values.updated })
    .where('id', '=', values.id),
);

export const markUndone = statement<{ id: string; now: number }>()((db, values) =>
  db.updateTable('patient_import').set({ state: 'undone', finished_at: values.now }).where('id', '=', values.id),
);

export const deleteImport = statement<{ id: string }>()((db, values) =>
  db.deleteFrom('patient_import').where('id', '=', values.id),
);

export const insertChange = statement<{
  importId: string;
  patient: string;
  version: number;
  token: Uint8Array;
  terms: Uint8Array;
  csvTerm: Uint8Array;
}>()((db, values) =>
  db.insertInto('patient_import_change').values({
    import_id: values.importId,
    patient: values.patient,
    version_before: values.version,
    token: values.token,
    terms: values.terms,
    csv_term: values.csvTerm,
  }),
);

export const changesOf = statement<{ importId: string }>()((db, values) =>
  db
    .selectFrom('patient_import_change')
    .select(['patient', 'version_before', 'token', 'terms', 'csv_term'])
    .where('import_id', '=', values.importId),
);

export const emptyChanges = statement<{ importId: string }>()((db, values) =>
  db
    .updateTable('patient_import_change')
    .set({ token: null, terms: null, csv_term: null })
    .where('import_id', '=', values.importId),
);

export const deleteChanges = statement<{ importId: string }>()((db, values) =>
  db.deleteFrom('patient_import_change').where('import_id', '=', values.importId),
);

/** Staged patients whose csv_id a live patient took meanwhile. */
export const takenMeanwhile = statement<{ importId: string }>()((db, values) =>
  db
    .selectFrom('patient as staged')
    .innerJoin('patient as live', 'live.csv_term', 'staged.csv_term')
    .select('staged.id')
    .where('staged.import_id', '=', values.importId)
    .where('staged.state', '=', stagedState)
    .where('live.state', '=', liveState)
    .limit(1),
);

export const makeLive = statement<{ importId: string }>()((db, values) =>
  db
    .updateTable('patient')
    .set({ state: liveState })
    .where('import_id', '=', values.importId)
    .where('state', '=', stagedState),
);

export const withdraw = statement<{ importId: string }>()((db, values) =>
  db
    .updateTable('patient')
    .set({ state: withdrawnState })
    .where('import_id', '=', values.importId)
    .where('state', '=', liveState),
);

/** Patients that an import brought and that were used since: changed, seen, or given a file. */
export const usedSince = statement<{ importId: string }>()((db, values) =>
  db
    .selectFrom('patient')
    .select('id')
    .where('import_id', '=', values.importId)
    .where('state', '=', liveState)
    .where((row) =>
      row.or([
        row('version', '>', 1),
        row.exists(
          row.selectFrom('consultation').select('consultation.id').whereRef('consultation.patient', '=', 'patient.id'),
        ),
        row.exists(
          row.selectFrom('attachment').select('attachment.id').whereRef('attachment.patient', '=', 'patient.id'),
        ),
        row.exists(row.selectFrom('upload').select('upload.id').whereRef('upload.patient', '=', 'patient.id')),
      ]),
    ),
);

export const broughtBy = statement<{ importId: string }>()((db, values) =>
  db.selectFrom('patient').select('id').where('import_id', '=', values.importId).where('state', '=', liveState),
);

/** Rows that no longer count: staged by an import that ended, or withdrawn. */
export const leftovers = statement<{ importId: string; state: number; limit: number }>()((db, values) =>
  db
    .selectFrom('patient')
    .select(['number', 'id', 'data_key', 'terms'])
    .where('import_id', '=', values.importId)
    .where('state', '=', values.state)
    .limit(values.limit),
);

export const importsWithWithdrawn = statement<Record<never, never>>()((db) =>
  db
    .selectFrom('patient')
    .select('import_id')
    .distinct()
    .where('import_id', 'is not', null)
    .where('state', '=', withdrawnState),
);

export const deletePatient = statement<{ id: string }>()((db, values) =>
  db.deleteFrom('patient').where('id', '=', values.id).where('state', '!=', liveState),
);

export const deleteVersions = statement<{ patient: string }>()((db, values) =>
  db.deleteFrom('patient_version').where('patient', '=', values.patient),
);
