import type { Generated } from 'kysely';

export interface AccountTables {
  /** One row per user that ever was; journals name them for ever. Data of the hospital, not of patients: readable. */
  account: {
    id: string;
    /** What they type to sign in: lower case, unique. */
    login: string;
    name: string;
    department: string;
    /** Words of roles.ts with a space between. */
    roles: string;
    active: number;
    created_at: number;
    last_sign_in_at: number | null;
    /** From where and with which browser that was; empty where it was not written down. */
    last_sign_in_address: string;
    last_sign_in_agent: string;
    /** Wrong tries in a row; a hundred lock the account (Node §7). */
    failures: number;
    shortcuts: number;
    text_size: string;
  };
  /** What a user proves with who they are. The kind `password` is there once; further kinds bring rows of their own. */
  account_factor: {
    account: string;
    kind: 'password';
    /** A password's argon2id hash with its cost and salt (RFC 9106); never what was typed. */
    secret: string;
    set_at: number;
    /** A temporary password's last moment; null for one that the user chose. */
    until: number | null;
  };
  account_session: {
    /** SHA-256 of the cookie's value, which lies nowhere. */
    hash: Uint8Array;
    /** Names the session on pages. */
    id: string;
    account: string;
    step: 'done' | 'new-password';
    created_at: number;
    last_seen_at: number;
    /** What stood in the account when this session began: its last sign-in, and wrong tries since. */
    previous_sign_in_at: number | null;
    previous_address: string;
    previous_agent: string;
    failed_tries: number;
    address: string;
    agent: string;
  };
  /** Failed sign-ins by login or address, known or not, until they are forgiven. */
  sign_in_failure: { key: string; failures: number; last_at: number; until: number };
  /** Sealed under the root key; `form` is a keyed hash, because a form's path may name a patient. */
  draft: { account: string; form: Uint8Array; saved_at: number; token: Uint8Array };
  /** Forms that were sent: where the first sending led to, sealed. */
  once: { account: string; id: string; at: number; location: Uint8Array };
  /** Who looked at which record (Node §2). `reason` is sealed: it may be about a patient. */
  access_entry: {
    id: Generated<number>;
    at: number;
    account: string;
    kind: 'patient' | 'referral';
    subject: string;
    act: string;
    /** 1 when the user changed the record: they have to do with it from then on. */
    acted: number;
    reason: Uint8Array | null;
    /** Of break-glass alone: what its leaf in the exchange log calls the record, without naming it. */
    reference: string | null;
  };
  /** Records that only people open who have to do with them. */
  restriction: { kind: 'patient' | 'referral'; subject: string; account: string; at: number };
}

/** Creates the tables above, in order (migration 2). */
export const createAccountTables: readonly string[] = [
  `CREATE TABLE account (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, department TEXT NOT NULL,
    roles TEXT NOT NULL, active INTEGER NOT NULL, created_at INTEGER NOT NULL, last_sign_in_at INTEGER,
    failures INTEGER NOT NULL, shortcuts INTEGER NOT NULL, text_size TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE account_factor (account TEXT NOT NULL, kind TEXT NOT NULL, secret TEXT NOT NULL, set_at INTEGER NOT NULL,
    until INTEGER, PRIMARY KEY (account, kind)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE account_session (hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, step TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, previous_sign_in_at INTEGER, address TEXT NOT NULL,
    agent TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE INDEX account_session_by_account ON account_session (account, last_seen_at)`,
  `CREATE TABLE sign_in_failure (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_at INTEGER NOT NULL,
    until INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE INDEX sign_in_failure_by_time ON sign_in_failure (last_at)`,
  `CREATE TABLE draft (account TEXT NOT NULL, form BLOB NOT NULL, saved_at INTEGER NOT NULL, token BLOB NOT NULL,
    PRIMARY KEY (account, form)) STRICT`,
  `CREATE TABLE once (account TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, location BLOB NOT NULL,
    PRIMARY KEY (account, id)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE access_entry (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, account TEXT NOT NULL,
    kind TEXT NOT NULL, subject TEXT NOT NULL, act TEXT NOT NULL, acted INTEGER NOT NULL, reason BLOB) STRICT`,
  `CREATE INDEX access_entry_by_subject ON access_entry (kind, subject, id)`,
  `CREATE INDEX access_entry_by_account ON access_entry (account, kind, subject, act, at)`,
  `CREATE INDEX access_entry_acted ON access_entry (kind, subject, account) WHERE acted = 1`,
  `CREATE TABLE restriction (kind TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID`,
];

/** Where somebody signed in before, tries that failed since, and what break-glass is called in the log (migration 6). */
export const alterAccountTables: readonly string[] = [
  `ALTER TABLE account ADD COLUMN last_sign_in_address TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE account ADD COLUMN last_sign_in_agent TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE account_session ADD COLUMN previous_address TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE account_session ADD COLUMN previous_agent TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE account_session ADD COLUMN failed_tries INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE access_entry ADD COLUMN reference TEXT`,
  `UPDATE access_entry SET reference = '' WHERE act = 'break-glass'`,
  `CREATE INDEX access_entry_break_glass ON access_entry (id) WHERE reference IS NOT NULL`,
];
