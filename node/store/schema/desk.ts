import type { Generated } from 'kysely';

/** What a list of referrals says of each, beside what is kept of it: derived by the database, so that no writer forgets. */
interface DerivedColumns {
  /** 0 to be decided, 1 accepted and under way, 2 ended. */
  phase: number;
  /** 0 stat, 1 urgent, 2 routine. */
  urgency: number;
  /** Bundles of it that are still on their way, the earliest deadline among them, and how many of them met an obstacle. */
  open_bundles: number;
  open_deadline: number | null;
  troubled_bundles: number;
  /** Bundles that were refused or set aside: they will not arrive by themselves. */
  failed_bundles: number;
}

interface ReferralColumns extends DerivedColumns {
  id: string;
  peer: string;
  state: string;
  prior: string;
  priority: 'routine' | 'urgent' | 'stat';
  number: string;
  data_key: string;
  summary: Uint8Array;
  created_at: number;
  changed_at: number;
  expires_at: number;
}

export interface DeskTables {
  /** View: what was received, as the inbox lists it. */
  received_referral: ReferralColumns & {
    /** When a person first opened it; null while it is new. */
    opened_at: number | null;
    assigned_to: string | null;
    /** Blind term of the department that is asked or that it was given to. */
    department: Uint8Array | null;
    /** When an answer is expected. */
    answer_due_at: number;
  };
  /** View: what was sent, as the outbox lists it. */
  sent_referral: ReferralColumns & { patient: string | null };
  /**
   * What changed, in the order of its commits, for pages that renew themselves: a kind and an id, nothing else. Triggers
   * write it in the transaction of the change itself; only the newest few thousand stay.
   */
  desk_change: { seq: Generated<number>; kind: string; subject: string };
}

const open = `('preparing', 'queued', 'leaving', 'withdrawing')`;
const bundlesOf = (referral: string): string => `(SELECT count(*) FILTER (WHERE state IN ${open}),
    min(deadline) FILTER (WHERE state IN ${open}), count(*) FILTER (WHERE state IN ${open} AND trouble_code <> ''),
    count(*) FILTER (WHERE state IN ('refused', 'set-aside')) FROM outbox WHERE outbox.referral = ${referral})`;
const bundleColumns = '(open_bundles, open_deadline, troubled_bundles, failed_bundles)';
const countBundles = `UPDATE referral SET ${bundleColumns} = ${bundlesOf('NEW.referral')} WHERE id = NEW.referral`;
const listed = `id, peer, state, prior, priority, number, data_key, summary, created_at, changed_at, expires_at, phase,
    urgency, open_bundles, open_deadline, troubled_bundles, failed_bundles`;
const phaseOf = (state: string): string => `CASE
    WHEN ${state} IN ('rejected', 'cancelled', 'completed', 'expired', 'void') THEN 2
    WHEN ${state} IN ('accepted', 'scheduled', 'not-attended', 'appointment-cancelled', 'in-progress') THEN 1
    ELSE 0 END`;
const datesOf = (
  row: string,
): string => `urgency = CASE ${row}priority WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END,
    answer_due_at = min(${row}expires_at, ${row}created_at + CASE ${row}priority
      WHEN 'stat' THEN 3600000 WHEN 'urgent' THEN 86400000 ELSE 604800000 END)`;
const ofNew = 'WHERE id = NEW.id AND direction = NEW.direction';
const note = (kind: string, subject: string): string =>
  `INSERT INTO desk_change (kind, subject) VALUES (${kind}, ${subject})`;

const changesKept = 8192;
const pruneEvery = 256;

/**
 * What the desk's lists and live pages stand on (migration 2). An answer is expected within an hour, a day or a week, by
 * priority, and never after the referral's own end.
 */
export const createDeskTables: readonly string[] = [
  `ALTER TABLE referral ADD COLUMN opened_at INTEGER`,
  `ALTER TABLE referral ADD COLUMN assigned_to TEXT`,
  `ALTER TABLE referral ADD COLUMN assigned_by TEXT`,
  `ALTER TABLE referral ADD COLUMN department BLOB`,
  `ALTER TABLE referral ADD COLUMN open_bundles INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE referral ADD COLUMN open_deadline INTEGER`,
  `ALTER TABLE referral ADD COLUMN troubled_bundles INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE referral ADD COLUMN failed_bundles INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE referral ADD COLUMN phase INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE referral ADD COLUMN urgency INTEGER NOT NULL DEFAULT 2`,
  `ALTER TABLE referral ADD COLUMN answer_due_at INTEGER`,
  `UPDATE referral SET phase = ${phaseOf('state')}, ${datesOf('')}`,
  // Tokens lie in these rows: without the index, counting would read every document.
  `CREATE INDEX outbox_counts ON outbox (referral, state, deadline, trouble_code)`,
  `UPDATE referral SET ${bundleColumns} = ${bundlesOf('referral.id')}`,
  `CREATE INDEX referral_in_phase_by_urgency ON referral (direction, phase, urgency, created_at, id, state, opened_at,
    assigned_to, answer_due_at, peer, department, priority)`,
  `CREATE INDEX referral_in_phase_by_time ON referral (direction, phase, created_at, id)`,
  `CREATE INDEX referral_in_phase_by_due ON referral (direction, phase, answer_due_at, id)`,
  `CREATE INDEX referral_by_urgency ON referral (direction, urgency, created_at, id)`,
  `CREATE INDEX referral_by_due ON referral (direction, answer_due_at, id)`,
  `CREATE INDEX referral_counts ON referral (direction, phase, state, open_bundles, open_deadline, troubled_bundles,
    failed_bundles, peer, priority)`,
  `CREATE VIEW received_referral AS SELECT ${listed}, opened_at, assigned_to, department, answer_due_at FROM referral
    WHERE direction = 'received'`,
  `CREATE VIEW sent_referral AS SELECT ${listed}, patient FROM referral WHERE direction = 'sent'`,
  `CREATE TABLE desk_change (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL) STRICT`,
  `CREATE TRIGGER desk_change_prune AFTER INSERT ON desk_change WHEN NEW.seq % ${pruneEvery} = 0 BEGIN
    DELETE FROM desk_change WHERE seq <= NEW.seq - ${changesKept}; END`,
  // Real columns, not generated ones: an index that holds those is no covering index.
  `CREATE TRIGGER referral_derived AFTER INSERT ON referral BEGIN
    UPDATE referral SET phase = ${phaseOf('NEW.state')}, ${datesOf('NEW.')} ${ofNew}; END`,
  `CREATE TRIGGER referral_phase AFTER UPDATE OF state ON referral WHEN OLD.state <> NEW.state BEGIN
    UPDATE referral SET phase = ${phaseOf('NEW.state')} ${ofNew}; END`,
  `CREATE TRIGGER referral_came AFTER INSERT ON referral BEGIN
    ${note(`CASE WHEN NEW.direction = 'sent' THEN 'sent' WHEN NEW.priority = 'stat' THEN 'emergency' ELSE 'received' END`, 'NEW.id')}; END`,
  `CREATE TRIGGER referral_moved AFTER UPDATE OF state, prior, opened_at, assigned_to, department ON referral
    WHEN (OLD.state, OLD.prior, OLD.opened_at, OLD.assigned_to, OLD.department)
      IS NOT (NEW.state, NEW.prior, NEW.opened_at, NEW.assigned_to, NEW.department)
    BEGIN ${note(`'referral'`, 'NEW.id')}; END`,
  `CREATE TRIGGER outbox_put AFTER INSERT ON outbox BEGIN ${countBundles}; ${note(`'delivery'`, 'NEW.referral')}; END`,
  `CREATE TRIGGER outbox_moved AFTER UPDATE OF state, trouble_code ON outbox
    WHEN OLD.state <> NEW.state OR (OLD.trouble_code = '') <> (NEW.trouble_code = '') BEGIN ${countBundles}; END`,
  `CREATE TRIGGER outbox_told AFTER UPDATE OF state, trouble_code, next_at ON outbox
    WHEN OLD.state <> NEW.state OR OLD.trouble_code <> NEW.trouble_code OR OLD.next_at <> NEW.next_at
    BEGIN ${note(`'delivery'`, 'NEW.referral')}; END`,
  `CREATE TRIGGER peer_came AFTER INSERT ON peer BEGIN ${note(`'peer'`, 'NEW.name')}; END`,
  `CREATE TRIGGER peer_moved AFTER UPDATE OF state, card_serial ON peer
    WHEN OLD.state <> NEW.state OR OLD.card_serial <> NEW.card_serial BEGIN ${note(`'peer'`, 'NEW.name')}; END`,
  `CREATE TRIGGER pairing_moved AFTER UPDATE OF step, own_confirmed, peer_confirmed ON pairing
    BEGIN ${note(`'peer'`, `coalesce(NEW.peer, '')`)}; END`,
  `CREATE TRIGGER referral_read AFTER INSERT ON referral_opened BEGIN
    UPDATE referral SET opened_at = NEW.at WHERE id = NEW.referral AND direction = 'received' AND opened_at IS NULL; END`,
  `CREATE TRIGGER alert_came AFTER INSERT ON alert BEGIN ${note(`'alert'`, 'NEW.id')}; END`,
  `CREATE TRIGGER alert_moved AFTER UPDATE OF state, attempts ON alert BEGIN ${note(`'alert'`, 'NEW.id')}; END`,
  `CREATE TRIGGER decision_came AFTER INSERT ON referral_decision BEGIN ${note(`'referral'`, 'NEW.referral')}; END`,
  `CREATE TRIGGER decision_gone AFTER DELETE ON referral_decision BEGIN ${note(`'referral'`, 'OLD.referral')}; END`,
  `CREATE TRIGGER decision_moved AFTER UPDATE OF state ON referral_decision
    BEGIN ${note(`'referral'`, 'NEW.referral')}; END`,
];
