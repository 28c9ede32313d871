import type { Generated } from 'kysely';

/** Columns that a patient's row has since version 2. */
export interface PatientChartColumns {
  /** Who wrote this version: a user's id and name; both empty for a program of the hospital. */
  by_user: Generated<string>;
  by_name: Generated<string>;
}

/** Columns that a consultation's row has since version 2. */
export interface ConsultationChartColumns {
  /** Rises by one with each addition or correction; what stood there before is in `consultation_version`. */
  version: Generated<number>;
  /** When this version was written; null for the first. */
  changed_at: Generated<number | null>;
}

export interface ChartTables {
  /** What a consultation said before it was added to or corrected. Nothing is ever taken out of it. */
  consultation_version: {
    consultation: string;
    version: number;
    at: number;
    written_at: number;
    token: Uint8Array;
  };
  /** Each time a whole record was voided or taken back: who, when, and why, sealed. */
  patient_act: {
    id: string;
    patient: string;
    kind: 'voided' | 'taken-back';
    at: number;
    by_user: string;
    by_name: string;
    reason: Uint8Array;
  };
}

/** Adds what a chart needs to the records (migration 2). */
export const createChartTables: readonly string[] = [
  `ALTER TABLE patient ADD COLUMN by_user TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE patient ADD COLUMN by_name TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE patient_version ADD COLUMN by_user TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE patient_version ADD COLUMN by_name TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE consultation ADD COLUMN version INTEGER NOT NULL DEFAULT 1`,
  `ALTER TABLE consultation ADD COLUMN changed_at INTEGER`,
  `CREATE TABLE consultation_version (consultation TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL,
    written_at INTEGER NOT NULL, token BLOB NOT NULL, PRIMARY KEY (consultation, version)) STRICT`,
  `CREATE TABLE patient_act (id TEXT PRIMARY KEY, patient TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
    by_user TEXT NOT NULL, by_name TEXT NOT NULL, reason BLOB NOT NULL) STRICT`,
  `CREATE INDEX patient_act_of ON patient_act (patient, at, id)`,
];
