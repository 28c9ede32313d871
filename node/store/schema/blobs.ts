export interface BlobTables {
  /** Where each blob lies (Node §4, "S3 down"): always here first, then also in the bucket. */
  blob: {
    /** Lower-case hex SHA-256 of the bytes. */
    name: string;
    size: number;
    stored_at: number;
    /** When the bucket's copy was read back and compared; `null` while only this node has it. */
    verified_at: number | null;
    attempts: number;
    next_try_at: number;
    /** The code of the last failure, '' when there was none. */
    failure: string;
  };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createBlobTables: readonly string[] = [
  `CREATE TABLE blob (name TEXT PRIMARY KEY, size INTEGER NOT NULL, stored_at INTEGER NOT NULL, verified_at INTEGER,
    attempts INTEGER NOT NULL, next_try_at INTEGER NOT NULL, failure TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE INDEX blob_pending ON blob (next_try_at) WHERE verified_at IS NULL`,
];
