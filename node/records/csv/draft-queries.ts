import { row, statement } from '../../store/statement.ts';

export type DraftState = 'judging' | 'ready' | 'storing' | 'imported' | 'failed';

export interface DraftRow {
  readonly id: string;
  readonly state: DraftState;
  readonly by_user: string;
  readonly by_name: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly data_key: string | null;
  readonly file_term: Uint8Array | null;
  readonly token: Uint8Array | null;
  readonly records: number;
  readonly import_id: string | null;
  readonly failure: string | null;
}

export const insertDraft = statement<{
  id: string;
  byUser: string;
  byName: string;
  now: number;
  expiresAt: number;
  dataKey: string;
  fileTerm: Uint8Array;
}>()((db, values) =>
  db.insertInto('import_draft').values({
    id: values.id,
    state: 'judging',
    by_user: values.byUser,
    by_name: values.byName,
    created_at: values.now,
    expires_at: values.expiresAt,
    data_key: values.dataKey,
    file_term: values.fileTerm,
    token: null,
    records: 0,
    import_id: null,
    failure: null,
  }),
);

export const draftById = statement<{ id: string }>()((db, values) =>
  db.selectFrom('import_draft').selectAll().where('id', '=', values.id),
);

/** Not decided yet, newest first. */
export const openDraftsOf = statement<{ user: string }>()((db, values) =>
  db
    .selectFrom('import_draft')
    .selectAll()
    .where('by_user', '=', values.user)
    .where('state', 'in', ['judging', 'ready', 'storing', 'failed'])
    .orderBy('created_at', 'desc')
    .orderBy('id'),
);

export const draftsInStates = statement<Record<never, never>>()((db) =>
  db.selectFrom('import_draft').selectAll().where('state', 'in', ['judging', 'storing']),
);

/** With something of patients in them that is kept no longer. */
export const expiredDrafts = statement<{ now: number }>()((db, values) =>
  db
    .selectFrom('import_draft')
    .selectAll()
    .where('expires_at', '<=', values.now)
    .where('data_key', 'is not', null)
    .where('state', 'not in', ['judging', 'storing']),
);

export const importOfFile = statement<{ fileTerm: Uint8Array }>()((db, values) =>
  db
    .selectFrom('import_draft')
    .innerJoin('patient_import', 'patient_import.id', 'import_draft.import_id')
    .select(['import_draft.import_id', 'patient_import.finished_at'])
    .where('import_draft.file_term', '=', values.fileTerm)
    .where('patient_import.state', '=', 'done')
    .orderBy('patient_import.finished_at', 'desc')
    .limit(1),
);

/** Who imported, for those imports that a person confirmed at the desk. */
export const importersOf = statement<Record<never, never>>()((db) =>
  db
    .selectFrom('import_draft')
    .select(['import_id', 'by_name'])
    .where('import_id', 'is not', null)
    .where('state', '=', 'imported')
    .orderBy('created_at', 'desc')
    .limit(200),
);

/** The draft that an import was confirmed from, while its rows with errors are kept. */
export const draftOfImport = statement<{ importId: string }>()((db, values) =>
  db.selectFrom('import_draft').selectAll().where('import_id', '=', values.importId).where('state', '=', 'imported'),
);

export const setDraftState = statement<{
  id: string;
  from: string;
  to: DraftState;
  importId: string | null;
  failure: string | null;
}>()((db, values) =>
  db
    .updateTable('import_draft')
    .set({ state: values.to, import_id: values.importId, failure: values.failure })
    .where('id', '=', values.id)
    .where('state', '=', values.from as DraftState),
);

export const finishJudging = statement<{ id: string; token: Uint8Array; records: number }>()((db, values) =>
  db
    .updateTable('import_draft')
    .set({ state: 'ready', token: values.token, records: values.records })
    .where('id', '=', values.id)
    .where('state', '=', 'judging'),
);

/** What is remembered of an import when its rows are gone: who, when, and a keyed hash of the file. */
export const emptyDraft = statement<{ id: string }>()((db, values) =>
  db.updateTable('import_draft').set({ data_key: null, token: null }).where('id', '=', values.id),
);

export const deleteDraft = statement<{ id: string }>()((db, values) =>
  db.deleteFrom('import_draft').where('id', '=', values.id),
);

export const insertDraftRow = statement<{ draft: string; number: number; verdict: string; token: Uint8Array }>()(
  (db, values) => db.insertInto('import_draft_row').values(row(values, ['draft', 'number', 'verdict', 'token'])),
);

export const draftRows = statement<{ draft: string; after: number; limit: number }>()((db, values) =>
  db
    .selectFrom('import_draft_row')
    .select(['number', 'verdict', 'token'])
    .where('draft', '=', values.draft)
    .where('number', '>', values.after)
    .orderBy('number')
    .limit(values.limit),
);

export const draftRowsOfVerdict = statement<{ draft: string; verdict: string; after: number; limit: number }>()(
  (db, values) =>
    db
      .selectFrom('import_draft_row')
      .select(['number', 'verdict', 'token'])
      .where('draft', '=', values.draft)
      .where('verdict', '=', values.verdict)
      .where('number', '>', values.after)
      .orderBy('number')
      .limit(values.limit),
);

export const deleteDraftRows = statement<{ draft: string }>()((db, values) =>
  db.deleteFrom('import_draft_row').where('draft', '=', values.draft),
);

export const deleteSoundRows = statement<{ draft: string }>()((db, values) =>
  db.deleteFrom('import_draft_row').where('draft', '=', values.draft).where('verdict', '!=', 'error'),
);
