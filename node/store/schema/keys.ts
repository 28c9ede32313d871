export interface KeyTables {
  /** One row: the key of the blind index, wrapped by the root key; a wrong root key is noticed here (Keyring). */
  keyring: { id: number; wrapped_index_key: Uint8Array };
  /** One key per patient or received referral, wrapped by the root key; destroyed keys stay as empty rows. */
  data_key: { id: string; wrapped: Uint8Array | null; created_at: number; shredded_at: number | null };
  /** The node's own keys (Spec §1): seeds wrapped by the root key. */
  node_key: {
    use: 'identity' | 'http' | 'log' | 'cosign' | 'box' | 'xwing';
    public_key: Uint8Array;
    wrapped_seed: Uint8Array | null;
    from_at: number;
    until_at: number;
    /** Revoked keys stay on the card for 400 days. */
    revoked_at: number | null;
  };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createKeyTables: readonly string[] = [
  `CREATE TABLE keyring (id INTEGER PRIMARY KEY CHECK (id = 1), wrapped_index_key BLOB NOT NULL) STRICT`,
  `CREATE TABLE data_key (id TEXT PRIMARY KEY, wrapped BLOB, created_at INTEGER NOT NULL, shredded_at INTEGER,
    CHECK ((wrapped IS NULL) = (shredded_at IS NOT NULL))) STRICT, WITHOUT ROWID`,
  `CREATE TABLE node_key (use TEXT NOT NULL, public_key BLOB NOT NULL, wrapped_seed BLOB, from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL, revoked_at INTEGER, PRIMARY KEY (use, public_key)) STRICT, WITHOUT ROWID`,
];
