export interface StorageTables {
  /** How full the disk was, one row a day: what the forecast of free space stands on. */
  storage_sample: {
    /** Days since 1970, UTC. */
    day: number;
    taken_at: number;
    /** Bytes that could still be written where the data directory lies. */
    free_bytes: number;
    /** Bytes of the node's own database and blobs. */
    used_bytes: number;
  };
}

/** Creates the table above (migration 3). */
export const createStorageTables: readonly string[] = [
  `CREATE TABLE storage_sample (day INTEGER PRIMARY KEY, taken_at INTEGER NOT NULL, free_bytes INTEGER NOT NULL,
    used_bytes INTEGER NOT NULL) STRICT`,
];
