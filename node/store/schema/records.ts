import type { Generated } from 'kysely';
import type { ConsultationChartColumns, PatientChartColumns } from './charts.ts';

export interface RecordTables {
  /**
   * One row per patient of this hospital. Nothing in it can be read without the patient's data key (law 6): `token` is the
   * sealed record, `csv_term` and the terms are keyed hashes.
   */
  patient: PatientChartColumns & {
    /** Small, for the index; given by the database, never shown. */
    number: Generated<number>;
    id: string;
    data_key: string;
    /** 0 live; 1 staged by an import that is not confirmed; 2 withdrawn by an undone import and about to go. */
    state: number;
    import_id: string | null;
    /** Blind term of the CSV id: unique among live patients. */
    csv_term: Uint8Array;
    version: number;
    created_at: number;
    changed_at: number;
    token: Uint8Array;
    /** The patient's blind terms, 16 bytes each: what to take out of `patient_term` when they change. */
    terms: Uint8Array;
  };
  /** The blind index: words and beginnings of words, numbers, birth dates, and what matching looks for. */
  patient_term: { term: Uint8Array; patient: number };
  /** What a patient's record said before it was changed. */
  patient_version: {
    patient: string;
    version: number;
    changed_at: number;
    token: Uint8Array;
    by_user: Generated<string>;
    by_name: Generated<string>;
  };
  consultation: ConsultationChartColumns & {
    id: string;
    patient: string;
    at: number;
    created_at: number;
    token: Uint8Array;
  };
  /** A row exists only when every chunk of the attachment is stored. */
  attachment: {
    id: string;
    patient: string;
    consultation: string | null;
    size: number;
    chunks: number;
    created_at: number;
    /** Sealed JSON: title, type, SHA-256, the attachment key and the uuid that its chunks are bound to. */
    token: Uint8Array;
  };
  /** The chunks of attachments, and of uploads that have not ended: noted before the blob is written. */
  attachment_chunk: { attachment: string; i: number; blob: string; size: number };
  patient_import: {
    id: string;
    state: 'staging' | 'done' | 'undone';
    started_at: number;
    finished_at: number | null;
    added: number;
    updated: number;
  };
  /** A patient that an import changes: the new record until it is confirmed, afterwards only the versions. */
  patient_import_change: {
    import_id: string;
    patient: string;
    version_before: number;
    token: Uint8Array | null;
    terms: Uint8Array | null;
    csv_term: Uint8Array | null;
  };
  /** Which received referrals are about the patient that a peer calls by this CSV id. */
  received_patient: { peer: string; csv_term: Uint8Array; referral: string; data_key: string; noted_at: number };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createRecordTables: readonly string[] = [
  `CREATE TABLE patient (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, data_key TEXT NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)), import_id TEXT, csv_term BLOB NOT NULL, version INTEGER NOT NULL,
    created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, token BLOB NOT NULL, terms BLOB NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX patient_csv ON patient (csv_term) WHERE state = 0`,
  `CREATE INDEX patient_created ON patient (created_at, id) WHERE state = 0`,
  `CREATE INDEX patient_changed ON patient (changed_at, id) WHERE state = 0`,
  `CREATE INDEX patient_imported ON patient (import_id, state) WHERE import_id IS NOT NULL`,
  `CREATE TABLE patient_term (term BLOB NOT NULL, patient INTEGER NOT NULL, PRIMARY KEY (term, patient))
    STRICT, WITHOUT ROWID`,
  `CREATE TABLE patient_version (patient TEXT NOT NULL, version INTEGER NOT NULL, changed_at INTEGER NOT NULL,
    token BLOB NOT NULL, PRIMARY KEY (patient, version)) STRICT`,
  `CREATE TABLE consultation (id TEXT PRIMARY KEY, patient TEXT NOT NULL, at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, token BLOB NOT NULL) STRICT`,
  `CREATE INDEX consultation_of ON consultation (patient, at, id)`,
  `CREATE TABLE attachment (id TEXT PRIMARY KEY, patient TEXT NOT NULL, consultation TEXT, size INTEGER NOT NULL,
    chunks INTEGER NOT NULL, created_at INTEGER NOT NULL, token BLOB NOT NULL) STRICT`,
  `CREATE INDEX attachment_of ON attachment (patient, created_at, id)`,
  `CREATE TABLE attachment_chunk (attachment TEXT NOT NULL, i INTEGER NOT NULL, blob TEXT NOT NULL,
    size INTEGER NOT NULL, PRIMARY KEY (attachment, i)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE patient_import (id TEXT PRIMARY KEY, state TEXT NOT NULL, started_at INTEGER NOT NULL,
    finished_at INTEGER, added INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT`,
  `CREATE TABLE patient_import_change (import_id TEXT NOT NULL, patient TEXT NOT NULL, version_before INTEGER NOT NULL,
    token BLOB, terms BLOB, csv_term BLOB, PRIMARY KEY (import_id, patient)) STRICT`,
  `CREATE TABLE received_patient (peer TEXT NOT NULL, csv_term BLOB NOT NULL, referral TEXT NOT NULL,
    data_key TEXT NOT NULL, noted_at INTEGER NOT NULL, PRIMARY KEY (peer, csv_term, referral)) STRICT, WITHOUT ROWID`,
];

/** The files of one consultation, however many its patient has (migration 5). */
export const alterRecordTables: readonly string[] = [
  `CREATE INDEX attachment_of_consultation ON attachment (consultation, created_at, id) WHERE consultation IS NOT NULL`,
];
