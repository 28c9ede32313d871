import type { Keyring } from '../keys/keyring.ts';
import type { Reader } from '../store/store.ts';
import { checkPageSize, latest, type ListCursor } from './paging.ts';
import type { PatientRecord } from './model.ts';
import {
  alternativesMax,
  countUnderTerm,
  patientsByChange,
  patientsByChangeUp,
  patientsByCreation,
  patientsByCreationUp,
  searchOf,
  type PatientRow,
} from './patient-queries.ts';
import { recordOf } from './patient-rows.ts';
import { searchTerms } from './patient-terms.ts';

export interface Page<Cursor> {
  readonly records: readonly PatientRecord[];
  /** Where the older ones begin; absent on the last page. */
  readonly next?: Cursor;
  /** Where the newer ones end; absent on the first page. */
  readonly previous?: Cursor;
}

/** Which page: the newest, the one after a cursor (older), or the one that ends before it (newer). */
export interface PageAsked<Cursor> {
  readonly limit: number;
  readonly older?: Cursor;
  readonly newer?: Cursor;
}

export type PatientOrder = 'created' | 'changed';

/** Two words more common than this need not be told apart. */
const countedMax = 5000;

/** Every patient in the order of registration or of the last change, the newest first, by keyset. */
export async function listPatients(
  reader: Reader,
  keyring: Keyring,
  order: PatientOrder,
  { limit, older, newer }: PageAsked<ListCursor>,
): Promise<Page<ListCursor>> {
  const size = pageSize(limit);
  const [down, up] =
    order === 'created' ? [patientsByCreation, patientsByCreationUp] : [patientsByChange, patientsByChangeUp];
  const { at, id } = newer ?? older ?? latest;
  const rows = await reader.all(newer === undefined ? down : up, { at, id, limit: size + 1 });
  const cursor = (row: PatientRow): ListCursor => ({
    at: order === 'created' ? row.created_at : row.changed_at,
    id: row.id,
  });
  return await pageOf(reader, keyring, rows, { size, isFirst: older === undefined, isUp: newer !== undefined }, cursor);
}

/** Patients that all words of a query fit, the newest first. The rarest word decides how much of the index is walked. */
export async function searchPatients(
  reader: Reader,
  keyring: Keyring,
  query: string,
  { limit, older, newer }: PageAsked<number>,
): Promise<Page<number>> {
  const size = pageSize(limit);
  const ordered = await rarestFirst(reader, searchTerms(keyring, query));
  const isUp = newer !== undefined;
  const statement = searchOf(ordered.length, { isSingle: ordered[0]?.length === 1, isUp });
  if (statement === undefined) return { records: [] };
  const from = newer ?? older ?? Number.MAX_SAFE_INTEGER;
  const rows = await reader.all(statement, { ...namedTerms(ordered), from, limit: size + 1 });
  return await pageOf(reader, keyring, rows, { size, isFirst: older === undefined, isUp }, (row) => row.number);
}

/** Opens the rows of one page: one more than it shows was asked for, and upwards they come the oldest first. */
async function pageOf<Cursor>(
  reader: Reader,
  keyring: Keyring,
  rows: readonly PatientRow[],
  { size, isFirst, isUp }: { readonly size: number; readonly isFirst: boolean; readonly isUp: boolean },
  cursor: (row: PatientRow) => Cursor,
): Promise<Page<Cursor>> {
  const shown = isUp ? rows.slice(0, size).toReversed() : rows.slice(0, size);
  const records: PatientRecord[] = [];
  for (const row of shown) records.push(await recordOf(reader, keyring, row));
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined) return { records };
  const hasMore = rows.length > size;
  const next = isUp || hasMore ? { next: cursor(last) } : {};
  const previous = (isUp ? hasMore : !isFirst) ? { previous: cursor(first) } : {};
  return { records, ...next, ...previous };
}

function pageSize(limit: number): number {
  checkPageSize(limit);
  return limit;
}

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
