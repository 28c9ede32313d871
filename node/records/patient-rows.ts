import { concat } from '../../protocol/bytes.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Reader, Writer } from '../store/store.ts';
import { RecordsError } from './errors.ts';
import type { Author, PatientDetails, PatientId, PatientRecord } from './model.ts';
import {
  deleteTerm,
  insertPatient,
  insertTerm,
  insertVersion,
  replacePatient,
  type PatientRow,
} from './patient-queries.ts';
import { csvTerm, termsOf } from './patient-terms.ts';
import { openDetails, sealDetails } from './sealed-details.ts';

const termBytes = 16;

/** Opens one row. */
export async function recordOf(reader: Reader, keyring: Keyring, row: PatientRow): Promise<PatientRecord> {
  const owner = { id: row.id, dataKey: row.data_key, version: row.version };
  return {
    id: row.id as PatientId,
    version: row.version,
    createdAt: row.created_at as Instant,
    changedAt: row.changed_at as Instant,
    ...authorOf(row),
    details: await openDetails(reader, keyring, owner, row.token),
  };
}

/** Who wrote a version, as a row tells it. */
export function authorOf(row: { readonly by_user: string; readonly by_name: string }): { readonly by?: Author } {
  return row.by_user === '' ? {} : { by: { user: row.by_user, name: row.by_name } };
}

/** Writes a new patient under a data key of its own, with its terms. */
export async function writeNewPatient(
  w: Writer,
  keyring: Keyring,
  patient: {
    readonly id: PatientId;
    readonly state: number;
    readonly importId: string | null;
    readonly now: Instant;
    readonly by?: Author | undefined;
  },
  details: PatientDetails,
): Promise<void> {
  const dataKey = await keyring.newDataKey(w);
  const token = await sealDetails(w, keyring, { id: patient.id, dataKey, version: 1 }, details);
  const terms = termsOf(keyring, details);
  const row = await w.first(insertPatient, {
    id: patient.id,
    dataKey,
    state: patient.state,
    importId: patient.importId,
    csvTerm: csvTerm(keyring, details.csvId),
    now: patient.now,
    token,
    terms: concat(...terms),
    byUser: patient.by?.user ?? '',
    byName: patient.by?.name ?? '',
  });
  if (row === undefined) throw new RecordsError('record-damaged', 'the database gave the new patient no number');
  for (const term of terms) await w.run(insertTerm, { term, patient: row.number });
}

/** What stands in for a row's content from its next version on. */
export interface NewContent {
  readonly token: Uint8Array;
  readonly terms: Uint8Array;
  readonly csvTerm: Uint8Array;
}

/** Seals details as the version after the row's. */
export async function nextContent(
  reader: Reader,
  keyring: Keyring,
  row: PatientRow,
  details: PatientDetails,
): Promise<NewContent> {
  const owner = { id: row.id, dataKey: row.data_key, version: row.version + 1 };
  return {
    token: await sealDetails(reader, keyring, owner, details),
    terms: concat(...termsOf(keyring, details)),
    csvTerm: csvTerm(keyring, details.csvId),
  };
}

/** Puts new content in the place of a row's, keeps the old version, and moves the terms. */
export async function replaceContent(
  w: Writer,
  row: PatientRow,
  content: NewContent,
  now: Instant,
  by?: Author,
): Promise<void> {
  await w.run(insertVersion, {
    patient: row.id,
    version: row.version,
    changedAt: row.changed_at,
    token: row.token,
    byUser: row.by_user,
    byName: row.by_name,
  });
  const { changes } = await w.run(replacePatient, {
    id: row.id,
    from: row.version,
    to: row.version + 1,
    now,
    byUser: by?.user ?? '',
    byName: by?.name ?? '',
    ...content,
  });
  if (changes !== 1) throw new RecordsError('record-damaged', 'a patient changed under its own transaction');
  const before = splitTerms(row.terms);
  const after = splitTerms(content.terms);
  for (const [name, term] of before) if (!after.has(name)) await w.run(deleteTerm, { term, patient: row.number });
  for (const [name, term] of after) if (!before.has(name)) await w.run(insertTerm, { term, patient: row.number });
}

export function splitTerms(terms: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const split = new Map<string, Uint8Array>();
  for (let at = 0; at < terms.length; at += termBytes) {
    const term = terms.slice(at, at + termBytes);
    split.set(term.toHex(), term);
  }
  return split;
}
