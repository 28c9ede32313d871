import type { Generated } from 'kysely';

export interface AlertTables {
  /** Police stations of the administrator's list; hospital data, so it lies open (law 6 is about patients). */
  station: {
    id: string;
    name: string;
    address: string;
    telephone: string;
    email: string;
    /** Degrees; both or none. */
    latitude: number | null;
    longitude: number | null;
    active: number;
    version: number;
    changed_at: number;
  };
  department: {
    code: string;
    name: string;
    active: number;
    answer_hours: number | null;
    version: number;
    changed_at: number;
  };
  /** What the administrator set; what is not here has its default. */
  setting: { name: string; value: string; changed_at: number };
  /** A number for each other hospital that an administrator wrote down; empty where it was taken away. */
  peer_telephone: { peer: string; telephone: string; changed_at: number };
  /** Every change of the tables above, for the page that shows it; the log has a leaf of each. */
  admin_change: {
    number: Generated<number>;
    subject: 'setting' | 'station' | 'department' | 'backup' | 'peer';
    /** Id of the station, code of the department, name of the peer; empty for the others. */
    id: string;
    name: string;
    old: string;
    new: string;
    by_id: string;
    by_name: string;
    at: number;
  };
  /** Mails to the police: one row for each that a person confirmed (Node §8). */
  alert: {
    id: string;
    state: 'queued' | 'sent' | 'failed' | 'acknowledged';
    /** The first alert of the same case: a second station's alert points to the first's. */
    first: string;
    /** The station as it was when the alert was confirmed. */
    station: string;
    station_name: string;
    station_telephone: string;
    message_id: string;
    /** Of the mail's text. */
    sha256: Uint8Array;
    confirmed_by: string;
    confirmed_name: string;
    confirmed_at: number;
    attempts: number;
    next_at: number;
    /** Last trouble, as a code and a sentence; no patient data. */
    trouble_code: string;
    trouble: string;
    sent_at: number | null;
    failed_at: number | null;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
    acknowledged_name: string | null;
    /** Keyed hashes of the patient and of the referral that it is about: to find it from there. */
    patient_term: Uint8Array | null;
    referral_term: Uint8Array | null;
    data_key: string;
    /** Sealed JSON: the whole mail, the case number, why, patient and referral. */
    content: Uint8Array;
  };
}

/** Creates the tables above, in order (migration 2). */
export const createAlertTables: readonly string[] = [
  `CREATE TABLE station (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, address TEXT NOT NULL, telephone TEXT NOT NULL,
    email TEXT NOT NULL, latitude REAL, longitude REAL, active INTEGER NOT NULL, version INTEGER NOT NULL,
    changed_at INTEGER NOT NULL, CHECK ((latitude IS NULL) = (longitude IS NULL))) STRICT`,
  `CREATE TABLE department (code TEXT PRIMARY KEY, name TEXT NOT NULL, active INTEGER NOT NULL, answer_hours INTEGER,
    version INTEGER NOT NULL, changed_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL, changed_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE admin_change (number INTEGER PRIMARY KEY, subject TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
    old TEXT NOT NULL, new TEXT NOT NULL, by_id TEXT NOT NULL, by_name TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE alert (id TEXT PRIMARY KEY, state TEXT NOT NULL
    CHECK (state IN ('queued', 'sent', 'failed', 'acknowledged')), first TEXT NOT NULL, station TEXT NOT NULL,
    station_name TEXT NOT NULL, station_telephone TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, sha256 BLOB NOT NULL,
    confirmed_by TEXT NOT NULL, confirmed_name TEXT NOT NULL, confirmed_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL, trouble_code TEXT NOT NULL, trouble TEXT NOT NULL, sent_at INTEGER, failed_at INTEGER,
    acknowledged_at INTEGER, acknowledged_by TEXT, acknowledged_name TEXT, patient_term BLOB, referral_term BLOB,
    data_key TEXT NOT NULL, content BLOB NOT NULL) STRICT`,
  `CREATE INDEX alert_open ON alert (state, next_at) WHERE state <> 'acknowledged'`,
  `CREATE INDEX alert_by_time ON alert (confirmed_at, id)`,
  `CREATE INDEX alert_of_case ON alert (first)`,
  `CREATE INDEX alert_of_patient ON alert (patient_term) WHERE patient_term IS NOT NULL`,
  `CREATE INDEX alert_of_referral ON alert (referral_term) WHERE referral_term IS NOT NULL`,
];

/** Whom to call at another hospital (migration 7). */
export const alterAlertTables: readonly string[] = [
  `CREATE TABLE peer_telephone (peer TEXT PRIMARY KEY, telephone TEXT NOT NULL, changed_at INTEGER NOT NULL) STRICT`,
];
