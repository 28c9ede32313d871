export interface ReferralTables {
  /** One row per referral that this hospital sent or received (Spec bundle §5). */
  referral: {
    id: string;
    direction: 'sent' | 'received';
    peer: string;
    /** referral-state code; `prior` is the state before info-requested or cancel-requested, outermost last. */
    state: string;
    prior: string;
    priority: 'routine' | 'urgent' | 'stat';
    /** Our own number: PLAC at the sender, FILL at the receiver. */
    number: string;
    patient: string | null;
    /** Under which key what is known of this referral lies. */
    data_key: string;
    /** Sealed JSON: what lists and the review show. */
    summary: Uint8Array;
    created_at: number;
    changed_at: number;
    expires_at: number;
    /** Of a received one: when a person first opened it, to whom it is assigned and by whom. */
    opened_at: number | null;
    assigned_to: string | null;
    assigned_by: string | null;
    /** Of a received one: blind term of the department that it is for. */
    department: Uint8Array | null;
    /** When an answer is expected; the database sets it with the row. */
    answer_due_at: number | null;
  };
  /** Every event of a referral, from either side, exactly as it was sent or received (Spec bundle §6). */
  referral_event: {
    bundle: string;
    referral: string;
    author: 'sender' | 'receiver';
    name: string;
    seq: number;
    /** SHA-256 of the exact plaintext bytes; `prev` and `seen` as the event names them. */
    digest: Uint8Array;
    prev: Uint8Array | null;
    seen: Uint8Array | null;
    at: number;
    /** `waiting` for its prev; `pending` until its own receipt or refusal is known. */
    status: 'applied' | 'waiting' | 'not-applied' | 'pending';
    reason: string;
    /** The exact plaintext, gzip, sealed. */
    content: Uint8Array;
    /** MessageHeader.id: names the message for duplicates. */
    message: string;
    /** Code of the acting person's role, or `machine`. */
    role: string;
  };
  /** Bundles on their way out. */
  outbox: {
    bundle: string;
    peer: string;
    referral: string;
    kind: 'referral' | 'event' | 'notice';
    /** MessageHeader.id of the event whose content this bundle carries. */
    message: string;
    priority: 'routine' | 'urgent' | 'stat';
    /** 0 stat, 1 urgent, 2 routine: the order of departure. */
    rank: number;
    deadline: number;
    state: 'preparing' | 'queued' | 'leaving' | 'withdrawing' | 'delivered' | 'refused' | 'withdrawn' | 'set-aside';
    data_key: string;
    /** Sealed JSON of what makes the parts again: the attachment keys, in the manifest's order. */
    secrets: Uint8Array;
    manifest: Uint8Array | null;
    token: Uint8Array | null;
    record: Uint8Array | null;
    seq: number | null;
    attempts: number;
    next_at: number;
    queued_at: number;
    done_at: number | null;
    /** The other side's tlog-proof: receipt or refusal, the same bytes for ever. */
    proof: string | null;
    /** B's log size of that proof, until it is checked for consistency; then null. */
    unchecked_size: number | null;
    /** Last trouble, as a problem code and a sentence; no patient data. */
    trouble_code: string;
    trouble: string;
    sent_bytes: number;
  };
  outbox_attachment: {
    bundle: string;
    n: number;
    attachment: string;
    size: number;
    chunks: number;
    root: Uint8Array | null;
  };
  /** What each chunk's token must be again when it is made again. */
  outbox_chunk: { bundle: string; n: number; i: number; leaf: Uint8Array; digest: Uint8Array; size: number };
  /** Bundles on their way in and received. */
  inbox: {
    sender: string;
    bundle: string;
    referral: string;
    kind: 'referral' | 'event' | 'notice';
    priority: 'routine' | 'urgent' | 'stat';
    deadline: number;
    state: 'open' | 'received' | 'refused' | 'withdrawn';
    manifest: Uint8Array;
    manifest_digest: Uint8Array;
    document: Uint8Array | null;
    /** Sealed JSON of what opened the document: Fernet key, salt, attachments with keys. Null while it did not open. */
    opened: Uint8Array | null;
    /** Why the document could not be opened or read: a refusal code; empty when it could. */
    fault: string;
    data_key: string | null;
    record: Uint8Array | null;
    /** x of the received or refused leaf. */
    x: string | null;
    refusal_code: string;
    refusal_detail: string;
    opened_at: number;
    expires_at: number;
    decided_at: number | null;
  };
  inbox_chunk: { sender: string; bundle: string; n: number; i: number; blob: string; size: number; leaf: Uint8Array };
  /** Blobs of chunks that were forgotten, until they are removed. */
  unused_blob: { name: string; since: number };
  /** Attachments of received referrals: their bytes are the chunks of the inbox, their key lies sealed. */
  received_attachment: {
    referral: string;
    sender: string;
    bundle: string;
    n: number;
    attachment: string;
    size: number;
    chunks: number;
    /** Sealed JSON: title, content type, SHA-256, attachment key. */
    detail: Uint8Array;
  };
  /** Sequence of each direction: the record of every seq, both ways (Spec §6). */
  seq_sent: { peer: string; seq: number; x: string; bundle: string };
  seq_received: { peer: string; seq: number; record_digest: Uint8Array };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createReferralTables: readonly string[] = [
  `CREATE TABLE referral (id TEXT NOT NULL, direction TEXT NOT NULL, peer TEXT NOT NULL, state TEXT NOT NULL,
    prior TEXT NOT NULL, priority TEXT NOT NULL, number TEXT NOT NULL, patient TEXT, data_key TEXT NOT NULL,
    summary BLOB NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (id, direction)) STRICT`,
  `CREATE INDEX referral_by_direction ON referral (direction, created_at, id)`,
  `CREATE INDEX referral_by_state ON referral (direction, state, created_at, id)`,
  `CREATE INDEX referral_by_expiry ON referral (direction, expires_at)`,
  `CREATE TABLE referral_event (bundle TEXT NOT NULL, referral TEXT NOT NULL, author TEXT NOT NULL, name TEXT NOT NULL,
    seq INTEGER NOT NULL, digest BLOB NOT NULL, prev BLOB, seen BLOB, at INTEGER NOT NULL, status TEXT NOT NULL,
    reason TEXT NOT NULL, content BLOB NOT NULL, message TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (author, message)) STRICT`,
  `CREATE INDEX referral_event_by_referral ON referral_event (referral, author, seq)`,
  `CREATE TABLE outbox (bundle TEXT PRIMARY KEY, peer TEXT NOT NULL, referral TEXT NOT NULL, kind TEXT NOT NULL,
    message TEXT NOT NULL, priority TEXT NOT NULL, rank INTEGER NOT NULL, deadline INTEGER NOT NULL, state TEXT NOT NULL, data_key TEXT NOT NULL,
    secrets BLOB NOT NULL, manifest BLOB, token BLOB, record BLOB, seq INTEGER, attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL, queued_at INTEGER NOT NULL, done_at INTEGER, proof TEXT, unchecked_size INTEGER,
    trouble_code TEXT NOT NULL, trouble TEXT NOT NULL, sent_bytes INTEGER NOT NULL) STRICT`,
  `CREATE INDEX outbox_by_state ON outbox (state, rank, queued_at)`,
  `CREATE INDEX outbox_by_referral ON outbox (referral, queued_at)`,
  `CREATE TABLE outbox_attachment (bundle TEXT NOT NULL, n INTEGER NOT NULL, attachment TEXT NOT NULL,
    size INTEGER NOT NULL, chunks INTEGER NOT NULL, root BLOB, PRIMARY KEY (bundle, n)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE outbox_chunk (bundle TEXT NOT NULL, n INTEGER NOT NULL, i INTEGER NOT NULL, leaf BLOB NOT NULL,
    digest BLOB NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (bundle, n, i)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE inbox (sender TEXT NOT NULL, bundle TEXT NOT NULL, referral TEXT NOT NULL, kind TEXT NOT NULL,
    priority TEXT NOT NULL, deadline INTEGER NOT NULL, state TEXT NOT NULL, manifest BLOB NOT NULL,
    manifest_digest BLOB NOT NULL, document BLOB, opened BLOB, fault TEXT NOT NULL, data_key TEXT, record BLOB, x TEXT,
    refusal_code TEXT NOT NULL, refusal_detail TEXT NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    decided_at INTEGER, PRIMARY KEY (sender, bundle)) STRICT`,
  `CREATE INDEX inbox_by_state ON inbox (state, expires_at)`,
  `CREATE TABLE inbox_chunk (sender TEXT NOT NULL, bundle TEXT NOT NULL, n INTEGER NOT NULL, i INTEGER NOT NULL,
    blob TEXT NOT NULL, size INTEGER NOT NULL, leaf BLOB NOT NULL, PRIMARY KEY (sender, bundle, n, i)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE received_attachment (referral TEXT NOT NULL, sender TEXT NOT NULL, bundle TEXT NOT NULL,
    n INTEGER NOT NULL, attachment TEXT NOT NULL, size INTEGER NOT NULL, chunks INTEGER NOT NULL, detail BLOB NOT NULL,
    PRIMARY KEY (referral, attachment)) STRICT`,
  `CREATE TABLE seq_sent (peer TEXT NOT NULL, seq INTEGER NOT NULL, x TEXT NOT NULL, bundle TEXT NOT NULL,
    PRIMARY KEY (peer, seq)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE seq_received (peer TEXT NOT NULL, seq INTEGER NOT NULL, record_digest BLOB NOT NULL,
    PRIMARY KEY (peer, seq)) STRICT, WITHOUT ROWID`,
];

/**
 * What delivery and intake look up for each referral, however many there are (migration 2). The content of an event is its
 * last column: SQLite reads everything before a column to find it, and folding a history asks for no content.
 */
export const alterReferralTables: readonly string[] = [
  `CREATE TABLE referral_event_2 (bundle TEXT NOT NULL, referral TEXT NOT NULL, author TEXT NOT NULL, name TEXT NOT NULL,
    seq INTEGER NOT NULL, digest BLOB NOT NULL, prev BLOB, seen BLOB, at INTEGER NOT NULL, status TEXT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, role TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (author, message)) STRICT`,
  `INSERT INTO referral_event_2 SELECT bundle, referral, author, name, seq, digest, prev, seen, at, status, reason,
    message, role, content FROM referral_event`,
  `DROP TABLE referral_event`,
  `ALTER TABLE referral_event_2 RENAME TO referral_event`,
  `CREATE INDEX referral_event_by_referral ON referral_event (referral, author, seq)`,
  `CREATE INDEX referral_by_number ON referral (number)`,
  // No statement goes by them: the desk's lists and counts have their own.
  `DROP INDEX referral_by_state`,
  `DROP INDEX referral_by_expiry`,
  `DROP INDEX outbox_by_referral`,
  `CREATE INDEX inbox_by_referral ON inbox (referral, sender)`,
  `CREATE INDEX outbox_unchecked ON outbox (unchecked_size) WHERE unchecked_size IS NOT NULL`,
];

/** Blobs that nothing names any more, and by which a chunk is found (migration 8). */
export const createUnusedBlobs: readonly string[] = [
  `CREATE TABLE unused_blob (name TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE INDEX inbox_chunk_by_blob ON inbox_chunk (blob)`,
];
