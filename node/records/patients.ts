import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { overlapOf } from './changes.ts';
import { cellsOf, detailsOf, type Column } from './csv/columns.ts';
import { checkDetails, hasError, remarkWords } from './csv/row.ts';
import { RecordsError } from './errors.ts';
import type { Author, PatientDetails, PatientId, PatientRecord } from './model.ts';
import { listPatients, searchPatients, type Page, type PageAsked, type PatientOrder } from './patient-pages.ts';
import {
  countPatients,
  liveState,
  patientByCsvTerm,
  patientById,
  patientsByNumber,
  versionOf,
  versionsOf,
  type PatientRow,
} from './patient-queries.ts';
import { rangeOfVersions, type ListCursor, type PageOfVersions } from './paging.ts';
import { authorOf, nextContent, recordOf, replaceContent, writeNewPatient } from './patient-rows.ts';
import { csvTerm } from './patient-terms.ts';
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
  search(query: string, page: PageAsked<number>): Promise<Page<number>>;
  /** Newest first. */
  list(order: PatientOrder, page: PageAsked<ListCursor>): Promise<Page<ListCursor>>;
  /** Every patient, in order of entry, in constant memory. One added meanwhile may come or not. */
  all(): AsyncGenerator<PatientRecord>;
  count(): Promise<number>;
  /** What the record said before, newest first. */
  versions(id: PatientId, page?: PageOfVersions): Promise<readonly EarlierVersion[]>;
  /** The key under which everything of this patient lies. Fails with `unknown-patient`. */
  dataKeyOf(reader: Reader, id: PatientId): Promise<DataKeyId>;
}

export interface PatientsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
}

const exportPageSize = 50;

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

  const versions: Patients['versions'] = (id, page) =>
    store.read(async (reader) => {
      const row = await existing(reader, id);
      const rows = await reader.all(versionsOf, { patient: id, ...rangeOfVersions(page) });
      return await inOrder(rows, async (earlier) => {
        const owner = { id, dataKey: row.data_key, version: earlier.version };
        const details = await openDetails(reader, keyring, owner, earlier.token);
        return { version: earlier.version, changedAt: earlier.changed_at as Instant, ...authorOf(earlier), details };
      });
    });

  return {
    add,
    find,
    change,
    search: (query, page) => store.read((reader) => searchPatients(reader, keyring, query, page)),
    list: (order, page) => store.read((reader) => listPatients(reader, keyring, order, page)),
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

/** One after the other: a reader is not asked two things at once. */
async function inOrder<From, To>(items: readonly From[], each: (item: From) => Promise<To>): Promise<To[]> {
  const done: To[] = [];
  for (const item of items) done.push(await each(item));
  return done;
}
