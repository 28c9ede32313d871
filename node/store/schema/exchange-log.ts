import type { Generated } from 'kysely';

export interface ExchangeLogTables {
  /** The one log that this node signs: its head, and the frontier from which the next leaf goes on. */
  log_head: { origin: string; size: number; root: Uint8Array; edge: Uint8Array; checkpoint: string; signed_at: number };
  /**
   * Leaves queued by the changes of one transaction; empty outside of it, so that it lies in memory: a change that is
   * rolled back takes its leaves with it, and nothing of it is ever written (Spec §6, sequencer).
   */
  log_pending: { id: Generated<number>; type: string; x: string; record: Uint8Array; peer: string | null };
  /** Every leaf with the record that it hashes; `at` is for people, it is no part of the log. */
  log_leaf: { idx: number; type: string; x: string; record: Uint8Array; peer: string | null; at: number };
  /** One row per tile: its hashes so far, 32 bytes each. */
  log_tile: { level: number; n: number; hashes: Uint8Array };
  /** Every checkpoint ever published, with the log's own signature only. */
  log_checkpoint: { size: number; root: Uint8Array; note: string; at: number };
  /** Other nodes' cosignatures of our checkpoints, as signature lines. */
  log_cosignature: { size: number; witness: string; line: string; at: number };
  /** The size of our log that each peer last cosigned: the `old` of the next add-checkpoint. */
  log_witness: { peer: string; size: number; at: number };
  /** Other nodes' logs, as we last cosigned them. */
  witnessed_log: { origin: string; peer: string; size: number; root: Uint8Array; note: string; at: number };
  /** Every head of another log that we ever cosigned (Spec §5, commit). */
  witnessed_head: { origin: string; size: number; root: Uint8Array; at: number };
  /** What proves another node's fault: kept, alarmed, downloadable. */
  evidence: { id: string; kind: string; peer: string; at: number; body: string };
  /** Bearer tokens for the log and the audit endpoints, as SHA-256. */
  access_token: {
    hash: Uint8Array;
    kind: 'auditor' | 'peer';
    label: string;
    created_at: number;
    revoked_at: number | null;
    /** Who made it and took it back: a user's id, or `operator` for the command line. */
    created_by: string;
    revoked_by: string;
  };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createExchangeLogTables: readonly string[] = [
  `CREATE TABLE log_head (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, edge BLOB NOT NULL,
    checkpoint TEXT NOT NULL, signed_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE log_pending (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, x TEXT NOT NULL,
    record BLOB NOT NULL, peer TEXT) STRICT`,
  `CREATE TABLE log_leaf (idx INTEGER PRIMARY KEY, type TEXT NOT NULL, x TEXT NOT NULL UNIQUE, record BLOB NOT NULL,
    peer TEXT, at INTEGER NOT NULL) STRICT`,
  `CREATE INDEX log_leaf_by_peer ON log_leaf (peer, idx)`,
  `CREATE INDEX log_leaf_by_time ON log_leaf (at, idx)`,
  `CREATE TABLE log_tile (level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (level, n)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE log_checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE log_cosignature (size INTEGER NOT NULL, witness TEXT NOT NULL, line TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (size, witness)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE log_witness (peer TEXT PRIMARY KEY, size INTEGER NOT NULL, at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE witnessed_log (origin TEXT PRIMARY KEY, peer TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
    note TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE witnessed_head (origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (origin, size)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE evidence (id TEXT PRIMARY KEY, kind TEXT NOT NULL, peer TEXT NOT NULL, at INTEGER NOT NULL,
    body TEXT NOT NULL) STRICT`,
  `CREATE TABLE access_token (hash BLOB PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL,
    created_at INTEGER NOT NULL, revoked_at INTEGER) STRICT`,
];

/** What the explorer reads a page of ten million entries by, and who made a token (migration 2). */
export const alterExchangeLogTables: readonly string[] = [
  //  `DROP TABLE log_pending`,
  `CREATE INDEX log_leaf_by_type ON log_leaf (type, idx)`,
  `CREATE INDEX log_leaf_by_peer_type ON log_leaf (peer, type, idx) WHERE peer IS NOT NULL`,
  `CREATE INDEX log_cosignature_by_witness ON log_cosignature (witness, size)`,
  `ALTER TABLE access_token ADD COLUMN created_by TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE access_token ADD COLUMN revoked_by TEXT NOT NULL DEFAULT ''`,
];

/** Made anew in memory at every start, within the same transactions as the tables on the disk. */
export const createTransientTables: readonly string[] = [
  `CREATE TEMP TABLE log_pending (id INTEGER PRIMARY KEY, type TEXT NOT NULL, x TEXT NOT NULL, record BLOB NOT NULL,
    peer TEXT) STRICT`,
];
