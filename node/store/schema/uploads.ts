export interface UploadTables {
  /**
   * A file that comes in pieces (Records §3.1). Its whole chunks are rows of `attachment_chunk` under the same id; `tail` is
   * what has come of the next one, sealed as a chunk of a bundle named `tail_bundle` that nothing else is sealed for.
   */
  upload: {
    id: string;
    patient: string;
    consultation: string | null;
    by_user: string;
    by_name: string;
    size: number;
    /** So many bytes are durable: those of whole chunks and of the tail. */
    received: number;
    created_at: number;
    changed_at: number;
    expires_at: number;
    /** Sealed under the patient's data key: title, type, fingerprint, the attachment key and its bundle. */
    token: Uint8Array;
    tail_bundle: string | null;
    tail: Uint8Array | null;
    /** What the file became; null while it is not whole. */
    attachment: string | null;
  };
  /** A dry run that waits for a person's decision, and afterwards the memory of who imported what file (Records §1.4). */
  import_draft: {
    id: string;
    state: 'judging' | 'ready' | 'storing' | 'imported' | 'failed';
    by_user: string;
    by_name: string;
    created_at: number;
    expires_at: number;
    /** The key under which the rows lie; null once it is destroyed. */
    data_key: string | null;
    /** Blind term of the file's SHA-256. */
    file_term: Uint8Array | null;
    /** Sealed: name of the file, header, counts, duplicates; null while it is judged. */
    token: Uint8Array | null;
    records: number;
    /** The import that it became or is becoming. */
    import_id: string | null;
    /** Of the RecordsError that refused the file, and its words, which never quote a cell. */
    failure: string | null;
  };
  /** One judged record of a draft; the verdict in clear, so that a page of one verdict can be read alone. */
  import_draft_row: { draft: string; number: number; verdict: string; token: Uint8Array };
}

/** Creates the tables above, in order (migration 2). */
export const createUploadTables: readonly string[] = [
  `CREATE TABLE upload (id TEXT PRIMARY KEY, patient TEXT NOT NULL, consultation TEXT, by_user TEXT NOT NULL,
    by_name TEXT NOT NULL, size INTEGER NOT NULL, received INTEGER NOT NULL, created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, token BLOB NOT NULL, tail_bundle TEXT, tail BLOB,
    attachment TEXT) STRICT`,
  `CREATE INDEX upload_of ON upload (patient, created_at)`,
  `CREATE INDEX upload_by ON upload (by_user) WHERE attachment IS NULL`,
  `CREATE INDEX upload_expires ON upload (expires_at)`,
  `CREATE TABLE import_draft (id TEXT PRIMARY KEY, state TEXT NOT NULL, by_user TEXT NOT NULL, by_name TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, data_key TEXT, file_term BLOB, token BLOB,
    records INTEGER NOT NULL, import_id TEXT, failure TEXT) STRICT`,
  `CREATE INDEX import_draft_by ON import_draft (by_user, created_at)`,
  `CREATE INDEX import_draft_file ON import_draft (file_term) WHERE file_term IS NOT NULL`,
  `CREATE INDEX import_draft_import ON import_draft (import_id) WHERE import_id IS NOT NULL`,
  `CREATE TABLE import_draft_row (draft TEXT NOT NULL, number INTEGER NOT NULL, verdict TEXT NOT NULL,
    token BLOB NOT NULL, PRIMARY KEY (draft, number)) STRICT, WITHOUT ROWID`,
  `CREATE INDEX import_draft_verdict ON import_draft_row (draft, verdict, number)`,
];
