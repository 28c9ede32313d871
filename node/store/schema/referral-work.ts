/** What people of this hospital do with referrals before or beside what is signed: drafts, decisions, answers, marks. */
export interface ReferralWorkTables {
  /** A decision or a question of a person. `waiting` ones can be undone until they are due; then they become a signed event. */
  referral_decision: {
    id: string;
    referral: string;
    kind: 'accepted' | 'rejected' | 'asked';
    by_id: string;
    by_name: string;
    decided_at: number;
    due_at: number;
    state: 'waiting' | 'sent' | 'failed';
    /** Code of why it could not become an event; empty otherwise. */
    trouble: string;
    /** Sealed JSON under the referral's key: what the sender reads. */
    content: Uint8Array;
  };
  /** Who of this hospital opened a received referral first. */
  referral_opened: { referral: string; by_id: string; by_name: string; at: number };
  /** Whether a received referral is about a patient of ours, as a person answered (Records §2). Rows are never deleted. */
  referral_match: {
    id: string;
    referral: string;
    /** Null for "not sure" about nobody in particular. */
    patient: string | null;
    answer: 'same' | 'other' | 'not-sure';
    by_id: string;
    by_name: string;
    at: number;
    /** Sealed under the referral's key: why. */
    why: Uint8Array;
    undone_at: number | null;
    undone_by: string | null;
  };
  /** A referral that is being written, sealed under its patient's key. */
  referral_draft: {
    id: string;
    patient: string;
    by_id: string;
    version: number;
    created_at: number;
    changed_at: number;
    token: Uint8Array;
    /** The referral that it became; it cannot become two. */
    sent: string | null;
  };
}

/** Creates the tables above, and the look-up of referrals by our own patient (migration 2). */
export const createReferralWorkTables: readonly string[] = [
  `CREATE TABLE referral_decision (id TEXT PRIMARY KEY, referral TEXT NOT NULL, kind TEXT NOT NULL, by_id TEXT NOT NULL,
    by_name TEXT NOT NULL, decided_at INTEGER NOT NULL, due_at INTEGER NOT NULL, state TEXT NOT NULL,
    trouble TEXT NOT NULL, content BLOB NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX referral_decision_waiting ON referral_decision (referral) WHERE state = 'waiting'`,
  `CREATE INDEX referral_decision_due ON referral_decision (due_at) WHERE state = 'waiting'`,
  `CREATE INDEX referral_decision_of ON referral_decision (referral, decided_at)`,
  `CREATE TABLE referral_opened (referral TEXT PRIMARY KEY, by_id TEXT NOT NULL, by_name TEXT NOT NULL,
    at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE referral_match (id TEXT PRIMARY KEY, referral TEXT NOT NULL, patient TEXT, answer TEXT NOT NULL,
    by_id TEXT NOT NULL, by_name TEXT NOT NULL, at INTEGER NOT NULL, why BLOB NOT NULL, undone_at INTEGER,
    undone_by TEXT) STRICT`,
  `CREATE UNIQUE INDEX referral_match_link ON referral_match (referral) WHERE answer = 'same' AND undone_at IS NULL`,
  `CREATE INDEX referral_match_of ON referral_match (referral, at)`,
  `CREATE INDEX referral_match_patient ON referral_match (patient, at) WHERE patient IS NOT NULL`,
  `CREATE TABLE referral_draft (id TEXT PRIMARY KEY, patient TEXT NOT NULL, by_id TEXT NOT NULL,
    version INTEGER NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, token BLOB NOT NULL,
    sent TEXT) STRICT`,
  `CREATE INDEX referral_draft_of ON referral_draft (by_id, changed_at)`,
  `CREATE INDEX referral_by_patient ON referral (patient, created_at) WHERE patient IS NOT NULL`,
];
