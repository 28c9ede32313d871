export interface KeyTables {
  /** A token that only the right root key opens: a wrong key is told apart from damage (Keyring). */
  root_key_check: { id: number; token: Uint8Array };
  /** One key per patient or received referral, wrapped by the root key; destroyed keys stay as empty rows. */
  data_key: { id: string; wrapped: Uint8Array | null; created_at: number; shredded_at: number | null };
  /** The node's own keys (protocol.md §1): seeds wrapped by the root key. */
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
  `CREATE TABLE root_key_check (id INTEGER PRIMARY KEY CHECK (id = 1), token BLOB NOT NULL) STRICT`,
  `CREATE TABLE data_key (id TEXT PRIMARY KEY, wrapped BLOB, created_at INTEGER NOT NULL, shredded_at INTEGER,
    CHECK ((wrapped IS NULL) = (shredded_at IS NOT NULL))) STRICT, WITHOUT ROWID`,
  `CREATE TABLE node_key (use TEXT NOT NULL, public_key BLOB NOT NULL, wrapped_seed BLOB, from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL, revoked_at INTEGER, PRIMARY KEY (use, public_key)) STRICT, WITHOUT ROWID`,
];
