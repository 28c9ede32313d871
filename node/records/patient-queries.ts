import { statement } from '../store/statement.ts';
import { searchWordsMax } from './limits.ts';

export const liveState = 0;
export const stagedState = 1;
export const withdrawnState = 2;
/** A searched word stands for at most so many terms: a number, a birth date, a name. */
export const alternativesMax = 3;

/** What it takes to open a patient's record. */
export interface PatientRow {
  readonly number: number;
  readonly id: string;
  readonly data_key: string;
  readonly version: number;
  readonly created_at: number;
  readonly changed_at: number;
  readonly token: Uint8Array;
  readonly terms: Uint8Array;
  readonly by_user: string;
  readonly by_name: string;
}

export const patientColumns = [
  'number',
  'id',
  'data_key',
  'version',
  'created_at',
  'changed_at',
  'token',
  'terms',
  'by_user',
  'by_name',
] as const;

export const insertPatient = statement<{
  id: string;
  dataKey: string;
  state: number;
  importId: string | null;
  csvTerm: Uint8Array;
  now: number;
  token: Uint8Array;
  terms: Uint8Array;
  byUser: string;
  byName: string;
}>()((db, values) =>
  db
    .insertInto('patient')
    .values({
      id: values.id,
      data_key: values.dataKey,
      state: values.state,
      import_id: values.importId,
      csv_term: values.csvTerm,
      version: 1,
      created_at: values.now,
      changed_at: values.now,
      token: values.token,
      terms: values.terms,
      by_user: values.byUser,
      by_name: values.byName,
    })
    .returning('number'),
);

export const patientById = statement<{ id: string }>()((db, values) =>
  db.selectFrom('patient').select(patientColumns).where('id', '=', values.id).where('state', '=', liveState),
);

export const patientByCsvTerm = statement<{ csvTerm: Uint8Array }>()((db, values) =>
  db.selectFrom('patient').select(patientColumns).where('csv_term', '=', values.csvTerm).where('state', '=', liveState),
);

export const replacePatient = statement<{
  id: string;
  from: number;
  to: number;
  now: number;
  csvTerm: Uint8Array;
  token: Uint8Array;
  terms: Uint8Array;
  byUser: string;
  byName: string;
}>()((db, values) =>
  db
    .updateTable('patient')
    .set({
      version: values.to,
      changed_at: values.now,
      csv_term: values.csvTerm,
      token: values.token,
      terms: values.terms,
      by_user: values.byUser,
      by_name: values.byName,
    })
    .where('id', '=', values.id)
    .where('version', '=', values.from)
    .where('state', '=', liveState),
);

export const insertVersion = statement<{
  patient: string;
  version: number;
  changedAt: number;
  token: Uint8Array;
  byUser: string;
  byName: string;
}>()((db, values) =>
  db.insertInto('patient_version').values({
    patient: values.patient,
    version: values.version,
    changed_at: values.changedAt,
    token: values.token,
    by_user: values.byUser,
    by_name: values.byName,
  }),
);

export const versionsOf = statement<{ patient: string; below: number; limit: number }>()((db, values) =>
  db
    .selectFrom('patient_version')
    .select(['version', 'changed_at', 'token', 'by_user', 'by_name'])
    .where('patient', '=', values.patient)
    .where('version', '<', values.below)
    .orderBy('version', 'desc')
    .limit(values.limit),
);

export const versionOf = statement<{ patient: string; version: number }>()((db, values) =>
  db
    .selectFrom('patient_version')
    .select(['version', 'changed_at', 'token'])
    .where('patient', '=', values.patient)
    .where('version', '=', values.version),
);

export const insertTerm = statement<{ term: Uint8Array; patient: number }>()((db, values) =>
  db
    .insertInto('patient_term')
    .values({ term: values.term, patient: values.patient })
    .onConflict((conflict) => conflict.doNothing()),
);

export const deleteTerm = statement<{ term: Uint8Array; patient: number }>()((db, values) =>
  db.deleteFrom('patient_term').where('term', '=', values.term).where('patient', '=', values.patient),
);

/** Newest first, by keyset: never OFFSET. */
export const patientsByCreation = statement<{ at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('patient')
    .select(patientColumns)
    .where('state', '=', liveState)
    .where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);

/** The oldest first, after a key. */
export const patientsByCreationUp = statement<{ at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('patient')
    .select(patientColumns)
    .where('state', '=', liveState)
    .where((row) => row(row.refTuple('created_at', 'id'), '>', row.tuple(values.at, values.id)))
    .orderBy('created_at')
    .orderBy('id')
    .limit(values.limit),
);

export const patientsByChange = statement<{ at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('patient')
    .select(patientColumns)
    .where('state', '=', liveState)
    .where((row) => row(row.refTuple('changed_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('changed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);

/** The oldest first, after a key. */
export const patientsByChangeUp = statement<{ at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('patient')
    .select(patientColumns)
    .where('state', '=', liveState)
    .where((row) => row(row.refTuple('changed_at', 'id'), '>', row.tuple(values.at, values.id)))
    .orderBy('changed_at')
    .orderBy('id')
    .limit(values.limit),
);

/** In order of entry, from the first: for exports. */
export const patientsByNumber = statement<{ after: number; limit: number }>()((db, values) =>
  db
    .selectFrom('patient')
    .select(patientColumns)
    .where('state', '=', liveState)
    .where('number', '>', values.after)
    .orderBy('number')
    .limit(values.limit),
);

export const countPatients = statement<Record<never, never>>()((db) =>
  db
    .selectFrom('patient')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('state', '=', liveState),
);

/** How many patients stand under a term, counted no further than `limit`: a search begins with its rarest word. */
export const countUnderTerm = statement<{ term: Uint8Array; limit: number }>()((db, values) =>
  db
    .selectFrom(
      db.selectFrom('patient_term').select('patient').where('term', '=', values.term).limit(values.limit).as('under'),
    )
    .select((row) => row.fn.countAll<number>().as('count')),
);

/** Live patients that stand under a term; for matching. */
export const patientsUnderTerm = statement<{ term: Uint8Array; limit: number }>()((db, values) =>
  db
    .selectFrom('patient_term')
    .innerJoin('patient', 'patient.number', 'patient_term.patient')
    .select(patientColumns.map((column) => `patient.${column}` as const))
    .where('patient_term.term', '=', values.term)
    .where('patient.state', '=', liveState)
    .orderBy('patient_term.patient', 'desc')
    .limit(values.limit),
);

/**
 * Patients that have one term of each of `words` lists, newest first unless `isUp`. With `single` the first list has one term only: the
 * index then gives patients in order, and the search ends with the page.
 */
function searchStatement(words: number, single: boolean, isUp: boolean) {
  return statement<Readonly<Record<string, Uint8Array | number>>>()((db, values) => {
    const value = (word: number, alternative: number): Uint8Array => values[`t${word}_${alternative}`] as Uint8Array;
    const choices = (word: number): Uint8Array[] =>
      Array.from({ length: alternativesMax }, (_, alternative) => value(word, alternative));
    const inOrder = db.selectFrom('patient_term').select('patient').where('term', '=', value(0, 0));
    const collected = db.selectFrom('patient_term').select('patient').where('term', 'in', choices(0)).distinct();
    let query = db
      .selectFrom((single ? inOrder : collected).as('first'))
      .innerJoin('patient', 'patient.number', 'first.patient')
      .select(patientColumns.map((column) => `patient.${column}` as const))
      .where('patient.state', '=', liveState)
      .where('first.patient', isUp ? '>' : '<', values['from'] as number);
    for (let word = 1; word < words; word += 1)
      query = query.where((row) =>
        row.exists(
          row
            .selectFrom('patient_term as other')
            .select('other.patient')
            .whereRef('other.patient', '=', 'first.patient')
            .where('other.term', 'in', choices(word)),
        ),
      );
    return query.orderBy('first.patient', isUp ? 'asc' : 'desc').limit(values['limit'] as number);
  });
}

const searches = Array.from({ length: searchWordsMax }, (_, i) =>
  [false, true].map((isSingle) => [false, true].map((isUp) => searchStatement(i + 1, isSingle, isUp))),
);

/** The search for so many words; `isUp` walks from the oldest on, for the page before. */
export function searchOf(
  words: number,
  { isSingle, isUp }: { readonly isSingle: boolean; readonly isUp: boolean },
): ReturnType<typeof searchStatement> | undefined {
  return searches[words - 1]?.[isSingle ? 1 : 0]?.[isUp ? 1 : 0];
}
