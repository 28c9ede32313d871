export interface PeerTables {
  /** One row per peer that was ever named here; its state is one word (Spec §2). */
  peer: {
    name: string;
    state: 'invited' | 'confirming' | 'paired' | 'paused' | 'blocked' | 'key-changed';
    /** When the state began. */
    since: number;
    title: string;
    url: string;
    identity_vkey: string;
    card_serial: number;
    card_seen_at: number;
    /** The highest sealing suite seen from this peer: nothing below is taken or sent (Spec §4). */
    suite_floor: number;
    /** Why the state is what it is, for the administrator; no patient data. */
    detail: string;
    last_spoke_at: number | null;
    /** The transcript T of the pairing, sealed: both sides derive their log tokens from it. */
    transcript: Uint8Array | null;
  };
  /** Every card ever seen, for ever; the newest serial counts. */
  peer_card: { name: string; serial: number; identity_vkey: string; sha256: Uint8Array; note: string; seen_at: number };
  /** A pairing under way: host or guest (Spec §2). */
  pairing: {
    invitation: string;
    role: 'host' | 'guest';
    /** The other node, known to the guest from the link and to the host from step 1. */
    peer: string | null;
    peer_url: string | null;
    identity_vkey: string | null;
    step: 'invited' | 'committed' | 'revealed' | 'ended' | 'done';
    own_random: Uint8Array;
    peer_random: Uint8Array | null;
    peer_commit: Uint8Array | null;
    host_card: string | null;
    guest_card: string | null;
    transcript: Uint8Array | null;
    /** Three positions, 0 to 5, of the words that this side's administrator types. */
    positions: string;
    own_confirmed: number;
    peer_confirmed: number;
    runs: number;
    created_at: number;
    expires_at: number;
    detail: string;
    /** What failed last: in which step, on whose side, with which code; empty where nothing did. */
    fault_step: string;
    fault_side: string;
    fault_code: string;
  };
  /** Nonces of requests that changed something, until they expire (Spec §3). */
  nonce: { key: string; nonce: Uint8Array; until: number };
  /** Small facts about this node: its card, its epoch, when it last signed. */
  node_fact: { name: string; value: string };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createPeerTables: readonly string[] = [
  `CREATE TABLE peer (name TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL, title TEXT NOT NULL,
    url TEXT NOT NULL, identity_vkey TEXT NOT NULL, card_serial INTEGER NOT NULL, card_seen_at INTEGER NOT NULL,
    suite_floor INTEGER NOT NULL, detail TEXT NOT NULL, last_spoke_at INTEGER, transcript BLOB) STRICT`,
  `CREATE TABLE peer_card (name TEXT NOT NULL, serial INTEGER NOT NULL, identity_vkey TEXT NOT NULL,
    sha256 BLOB NOT NULL, note TEXT NOT NULL,
    seen_at INTEGER NOT NULL, PRIMARY KEY (name, serial)) STRICT`,
  `CREATE TABLE pairing (invitation TEXT PRIMARY KEY, role TEXT NOT NULL, peer TEXT, peer_url TEXT, identity_vkey TEXT,
    step TEXT NOT NULL, own_random BLOB NOT NULL, peer_random BLOB, peer_commit BLOB, host_card TEXT, guest_card TEXT,
    transcript BLOB, positions TEXT NOT NULL, own_confirmed INTEGER NOT NULL, peer_confirmed INTEGER NOT NULL,
    runs INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, detail TEXT NOT NULL) STRICT`,
  `CREATE TABLE nonce (key TEXT NOT NULL, nonce BLOB NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (key, nonce)) STRICT, WITHOUT ROWID`,
  `CREATE INDEX nonce_by_time ON nonce (until)`,
  `CREATE TABLE node_fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`,
];

/** What a pairing tells of its last failure (migration 2). */
export const alterPeerTables: readonly string[] = ['fault_step', 'fault_side', 'fault_code'].map(
  (column) => `ALTER TABLE pairing ADD COLUMN ${column} TEXT NOT NULL DEFAULT ''`,
);
