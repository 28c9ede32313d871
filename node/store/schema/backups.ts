import type { Generated } from 'kysely';

export interface BackupTables {
  /** Every backup and every restore drill that ended, the latest last; a few hundred are kept. */
  backup_run: {
    number: Generated<number>;
    kind: 'backup' | 'drill';
    /** Where it was made or read; '' where the run ended before it was known. */
    directory: string;
    /** The backup's own name; '' where there was none. */
    backup: string;
    /** A user's name, or who else asked. */
    by_name: string;
    started_at: number;
    ended_at: number;
    /** 'good': whole, or all of it proven. */
    state: 'good' | 'failed';
    /** Of a failure: its code, what happened and what to do. */
    code: string;
    message: string;
    /** JSON: sizes and counts. */
    facts: string;
  };
}

/** Creates the table above (migration 4). */
export const createBackupTables: readonly string[] = [
  `CREATE TABLE backup_run (number INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('backup', 'drill')),
    directory TEXT NOT NULL, backup TEXT NOT NULL, by_name TEXT NOT NULL, started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('good', 'failed')), code TEXT NOT NULL,
    message TEXT NOT NULL, facts TEXT NOT NULL) STRICT`,
  `CREATE INDEX backup_run_of_kind ON backup_run (kind, state, number)`,
];
