import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { overlapOf } from './changes.ts';
import { cellsOf, detailsOf, type Column } from './csv/columns.ts';
import { checkDetails, hasError, remarkWords } from './csv/row.ts';
import { RecordsError } from './errors.ts';
import { pageSizeMax } from './limits.ts';
import type { Author, PatientDetails, PatientId, PatientRecord } from './model.ts';
import {
  alternativesMax,
  countPatients,
  countUnderTerm,
  liveState,
  patientByCsvTerm,
  patientById,
  patientsByChange,
  patientsByCreation,
  patientsByNumber,
  searchOf,
  versionOf,
  versionsOf,
  type PatientRow,
} from './patient-queries.ts';
import { authorOf, nextContent, recordOf, replaceContent, writeNewPatient } from './patient-rows.ts';
import { csvTerm, searchTerms } from './patient-terms.ts';
import { openDetails } from './sealed-details.ts';

export type Added = { state: 'added'; record: PatientRecord } | { state: 'csv-id-taken'; patient: PatientId };

export type Changed =
  | { state: 'changed'; record: PatientRecord }
  | {
      /** Somebody else's edit came first: nothing was written. */
      state: 'conflict';
      current: PatientRecord;
      /** What the refused edit was made from. */
      base: PatientDetails;
      /** Cells that both changed, differently; the others can be joined without asking. */
      overlap: readonly Column[];
    }
  | { state: 'csv-id-taken'; patient: PatientId };

/** Where the next page begins. */
export interface ListCursor {
  readonly at: number;
  readonly id: string;
}

export interface Page<Cursor> {
  readonly records: readonly PatientRecord[];
  /** Absent on the last page. */
  readonly next?: Cursor;
}

export interface EarlierVersion {
  readonly version: number;
  readonly changedAt: Instant;
  readonly by?: Author;
  readonly details: PatientDetails;
}

/** The patients of this hospital. Every text of a record is sealed under the patient's own key (architecture law 6). */
export interface Patients {
  /** Throws `RecordsError` code `invalid-details`, naming the cells, when `checkDetails` finds an error. */
  add(details: PatientDetails, by?: Author): Promise<Added>;
  /** Fails with `unknown-patient`. */
  get(id: PatientId): Promise<PatientRecord>;
  find(id: PatientId): Promise<PatientRecord | undefined>;
  /** Writes an edit made from `version`; nothing of two edits of one version is lost (Records §2). */
  change(id: PatientId, version: number, details: PatientDetails, by?: Author): Promise<Changed>;
  findByCsvId(csvId: string): Promise<PatientRecord | undefined>;
  /** Whole words, beginnings of three letters and more, numbers, birth dates: all must fit. Newest first. */
  search(query: string, page: { readonly limit: number; readonly before?: number }): Promise<Page<number>>;
  /** Newest first. */
  list(
    order: 'created' | 'changed',
    page: { readonly limit: number; readonly after?: ListCursor },
  ): Promise<Page<ListCursor>>;
  /** Every patient, in order of entry, in constant memory. One added meanwhile may come or not. */
  all(): AsyncGenerator<PatientRecord>;
  count(): Promise<number>;
  /** What the record said before, newest first. */
  versions(id: PatientId): Promise<readonly EarlierVersion[]>;
  /** The key under which everything of this patient lies. Fails with `unknown-patient`. */
  dataKeyOf(reader: Reader, id: PatientId): Promise<DataKeyId>;
}

export interface PatientsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
}

const noLaterThan: ListCursor = { at: Number.MAX_SAFE_INTEGER, id: '' };
const exportPageSize = 50;
/** Two words more common than this need not be told apart. */
const countedMax = 5000;

export function openPatients({ store, keyring, clock, random }: PatientsPorts): Patients {
  const records = (reader: Reader, rows: readonly PatientRow[]): Promise<PatientRecord[]> =>
    inOrder(rows, (row) => recordOf(reader, keyring, row));

  const find = (id: PatientId): Promise<PatientRecord | undefined> =>
    store.read(async (reader) => {
      const row = await reader.first(patientById, { id });
      return row === undefined ? undefined : await recordOf(reader, keyring, row);
    });

  const add = async (given: PatientDetails, by?: Author): Promise<Added> => {
    const now = clock.now();
    const details = tidyDetails(given, now);
    const id = random.uuid() as PatientId;
    return await store.write(async (w): Promise<Added> => {
      const taken = await w.first(patientByCsvTerm, { csvTerm: csvTerm(keyring, details.csvId) });
      if (taken !== undefined) return { state: 'csv-id-taken', patient: taken.id as PatientId };
      await writeNewPatient(w, keyring, { id, state: liveState, importId: null, now, by }, details);
      const written = by === undefined ? {} : { by };
      const record = { id, version: 1, createdAt: now, changedAt: now, ...written, details };
      return { state: 'added', record };
    });
  };

  const change = async (id: PatientId, version: number, given: PatientDetails, by?: Author): Promise<Changed> => {
    const now = clock.now();
    const details = tidyDetails(given, now);
    return await store.write((w) => writeChange(w, keyring, { id, version, details, now, by }));
  };

  const search: Patients['search'] = async (query, { limit, before }) => {
    const wanted = searchTerms(keyring, query);
    const size = pageSize(limit);
    return await store.read(async (reader) => {
      const ordered = await rarestFirst(reader, wanted);
      const statement = searchOf(ordered.length, ordered[0]?.length === 1);
      if (statement === undefined) return { records: [] };
      const values = { ...namedTerms(ordered), before: before ?? Number.MAX_SAFE_INTEGER, limit: size + 1 };
      const rows = await reader.all(statement, values);
      const last = rows.length > size ? rows[size - 1] : undefined;
      const found = await records(reader, rows.slice(0, size));
      return last === undefined ? { records: found } : { records: found, next: last.number };
    });
  };

  const list: Patients['list'] = async (order, { limit, after = noLaterThan }) => {
    const size = pageSize(limit);
    const statement = order === 'created' ? patientsByCreation : patientsByChange;
    return store.read(async (reader) => {
      const rows = await reader.all(statement, { at: after.at, id: after.id, limit: size + 1 });
      const last = rows.length > size ? rows[size - 1] : undefined;
      const found = await records(reader, rows.slice(0, size));
      if (last === undefined) return { records: found };
      return { records: found, next: { at: order === 'created' ? last.created_at : last.changed_at, id: last.id } };
    });
  };

  async function* all(): AsyncGenerator<PatientRecord> {
    let after = 0;
    for (;;) {
      const page = await store.read(async (reader) => {
        const rows = await reader.all(patientsByNumber, { after, limit: exportPageSize });
        return { last: rows.at(-1)?.number, records: await records(reader, rows) };
      });
      yield* page.records;
      if (page.last === undefined) return;
      after = page.last;
    }
  }

  const versions: Patients['versions'] = (id) =>
    store.read(async (reader) => {
      const row = await existing(reader, id);
      return await inOrder(await reader.all(versionsOf, { patient: id }), async (earlier) => {
        const owner = { id, dataKey: row.data_key, version: earlier.version };
        const details = await openDetails(reader, keyring, owner, earlier.token);
        return { version: earlier.version, changedAt: earlier.changed_at as Instant, ...authorOf(earlier), details };
      });
    });

  return {
    add,
    find,
    change,
    search,
    list,
    all,
    versions,
    get: async (id) => (await find(id)) ?? unknownPatient(),
    findByCsvId: (csvId) =>
      store.read(async (reader) => {
        const row = await reader.first(patientByCsvTerm, { csvTerm: csvTerm(keyring, csvId.normalize('NFC')) });
        return row === undefined ? undefined : await recordOf(reader, keyring, row);
      }),
    count: async () => (await store.read((reader) => reader.first(countPatients, {})))?.count ?? 0,
    dataKeyOf: async (reader, id) => (await existing(reader, id)).data_key as DataKeyId,
  };
}

/** Details as they are stored: NFC, lists trimmed, empty members absent; or `invalid-details` with the rules broken. */
export function tidyDetails(details: PatientDetails, now: Instant): PatientDetails {
  const remarks = checkDetails(details, now);
  if (hasError(remarks)) {
    const errors = remarks.filter((remark) => remark.severity === 'error').map(remarkWords);
    throw new RecordsError('invalid-details', errors.join('; '));
  }
  return detailsOf(cellsOf(details));
}

async function writeChange(
  w: Writer,
  keyring: Keyring,
  edit: {
    readonly id: PatientId;
    readonly version: number;
    readonly details: PatientDetails;
    readonly now: Instant;
    readonly by: Author | undefined;
  },
): Promise<Changed> {
  const row = await existing(w, edit.id);
  if (row.version !== edit.version) {
    const current = await recordOf(w, keyring, row);
    const base = await baseOf(w, keyring, row, edit.version);
    return { state: 'conflict', current, base, overlap: overlapOf(base, edit.details, current.details) };
  }
  const taken = await w.first(patientByCsvTerm, { csvTerm: csvTerm(keyring, edit.details.csvId) });
  if (taken !== undefined && taken.id !== edit.id) return { state: 'csv-id-taken', patient: taken.id as PatientId };
  await replaceContent(w, row, await nextContent(w, keyring, row, edit.details), edit.now, edit.by);
  const record: PatientRecord = {
    id: edit.id,
    version: row.version + 1,
    createdAt: row.created_at as Instant,
    changedAt: edit.now,
    ...(edit.by === undefined ? {} : { by: edit.by }),
    details: edit.details,
  };
  return { state: 'changed', record };
}

async function baseOf(reader: Reader, keyring: Keyring, row: PatientRow, version: number): Promise<PatientDetails> {
  const base = await reader.first(versionOf, { patient: row.id, version });
  if (base === undefined) throw new RecordsError('invalid-details', 'the edit was made from a version that never was');
  return await openDetails(reader, keyring, { id: row.id, dataKey: row.data_key, version }, base.token);
}

async function existing(reader: Reader, id: PatientId): Promise<PatientRow> {
  return (await reader.first(patientById, { id })) ?? unknownPatient();
}

function unknownPatient(): never {
  throw new RecordsError('unknown-patient', 'no patient with this id');
}

function pageSize(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > pageSizeMax)
    throw new RecordsError('invalid-details', `a page has 1 to ${pageSizeMax} patients`);
  return limit;
}

/** The rarest word decides how much of the index a search walks through. */
async function rarestFirst(
  reader: Reader,
  wanted: readonly (readonly Uint8Array[])[],
): Promise<readonly (readonly Uint8Array[])[]> {
  if (wanted.length < 2) return wanted;
  const counted: { readonly terms: readonly Uint8Array[]; readonly count: number }[] = [];
  for (const terms of wanted) {
    let count = 0;
    for (const term of terms) count += (await reader.first(countUnderTerm, { term, limit: countedMax }))?.count ?? 0;
    counted.push({ terms, count });
  }
  return counted.toSorted((a, b) => a.count - b.count).map(({ terms }) => terms);
}

/** A list shorter than `alternativesMax` repeats its last term: the statement has a fixed number of places. */
function namedTerms(wanted: readonly (readonly Uint8Array[])[]): Record<string, Uint8Array> {
  const named: Record<string, Uint8Array> = {};
  wanted.forEach((terms, word) => {
    for (let i = 0; i < alternativesMax; i += 1) {
      const term = terms[Math.min(i, terms.length - 1)];
      if (term !== undefined) named[`t${word}_${i}`] = term;
    }
  });
  return named;
}

/** One after the other: a reader is not asked two things at once. */
async function inOrder<From, To>(items: readonly From[], each: (item: From) => Promise<To>): Promise<To[]> {
  const done: To[] = [];
  for (const item of items) done.push(await each(item));
  return done;
}
