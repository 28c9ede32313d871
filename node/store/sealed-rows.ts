import type { Connection } from './connection.ts';

/** One sealed value of the database with the key that opens it: a data key's id, or `own` for the node's own key. */
export interface SealedValue {
  readonly table: string;
  /** Empty where the row that names the key is missing: then nobody can open the value. */
  readonly key: string;
  readonly token: Uint8Array;
}

interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** SQL: the id of the data key. */
  readonly key: string;
  readonly join?: string;
  /** Of a table without row numbers: what orders its rows. */
  readonly order?: string;
}

const own = `'own'`;
const ofPatient = { key: 'p.data_key', join: 'JOIN patient p ON p.id = t.patient' };
const ofReferral = { key: '(SELECT r.data_key FROM referral r WHERE r.id = t.referral LIMIT 1)' };

/** Every column whose value the keyring sealed. A test holds this list against the schema. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'patient', column: 'token', key: 't.data_key' },
  { table: 'patient_version', column: 'token', ...ofPatient },
  { table: 'patient_act', column: 'reason', ...ofPatient },
  { table: 'patient_import_change', column: 'token', ...ofPatient },
  { table: 'consultation', column: 'token', ...ofPatient },
  {
    table: 'consultation_version',
    column: 'token',
    key: 'p.data_key',
    join: 'JOIN consultation c ON c.id = t.consultation JOIN patient p ON p.id = c.patient',
  },
  { table: 'attachment', column: 'token', ...ofPatient },
  { table: 'upload', column: 'token', ...ofPatient },
  { table: 'import_draft', column: 'token', key: 't.data_key' },
  {
    table: 'import_draft_row',
    column: 'token',
    key: 'd.data_key',
    join: 'JOIN import_draft d ON d.id = t.draft',
    order: 't.draft, t.number',
  },
  { table: 'referral', column: 'summary', key: 't.data_key' },
  {
    table: 'referral_event',
    column: 'content',
    // An event that came before its referral brought a key of its own.
    key: `coalesce(${ofReferral.key}, (SELECT i.data_key FROM inbox i WHERE i.bundle = t.bundle LIMIT 1))`,
  },
  { table: 'referral_decision', column: 'content', ...ofReferral },
  { table: 'referral_match', column: 'why', ...ofReferral },
  { table: 'referral_draft', column: 'token', ...ofPatient },
  { table: 'received_attachment', column: 'detail', ...ofReferral },
  { table: 'outbox', column: 'secrets', key: 't.data_key' },
  { table: 'inbox', column: 'opened', key: 't.data_key' },
  { table: 'alert', column: 'content', key: 't.data_key' },
  { table: 'draft', column: 'token', key: own },
  { table: 'once', column: 'location', key: own, order: 't.account, t.id' },
  { table: 'access_entry', column: 'reason', key: own },
  { table: 'peer', column: 'transcript', key: own },
];

/** Values that are read at once: a few may have a megabyte. */
const pageRows = 32;

/** How many values `sealedPages` gives at most: for progress, and quickly. */
export function countSealed(connection: Connection): number {
  return sealedColumns.reduce((sum, { table }) => {
    const [row] = connection.prepare(`SELECT count(*) AS total FROM ${table}`).all([]);
    return sum + Number(row?.['total'] ?? 0);
  }, 0);
}

/** Every sealed value of a database that nobody changes meanwhile, a page after the other. */
export function* sealedPages(connection: Connection): Iterable<readonly SealedValue[]> {
  for (const { table, column, key, join = '', order } of sealedColumns) {
    const place = order === undefined ? 't.rowid' : '0';
    const select = `SELECT ${place} AS place, ${key} AS key, t.${column} AS token FROM ${table} t ${join}
      WHERE t.${column} IS NOT NULL`;
    const page =
      order === undefined
        ? connection.prepare(`${select} AND t.rowid > ? ORDER BY t.rowid LIMIT ${pageRows}`)
        : connection.prepare(`${select} ORDER BY ${order} LIMIT ${pageRows} OFFSET ?`);
    for (let from = 0, rows = pageRows; rows === pageRows;) {
      const found = page.all([from]);
      rows = found.length;
      from = order === undefined ? Number(found.at(-1)?.['place'] ?? 0) : from + rows;
      yield found.map((row) => ({
        table,
        key: typeof row['key'] === 'string' ? row['key'] : '',
        token: row['token'] instanceof Uint8Array ? row['token'] : new Uint8Array(0),
      }));
    }
  }
}
