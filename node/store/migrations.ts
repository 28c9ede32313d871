import { alterAccountTables, createAccountTables } from './schema/accounts.ts';
import { alterAlertTables, createAlertTables } from './schema/alerts.ts';
import { createBackupTables } from './schema/backups.ts';
import { createBlobTables } from './schema/blobs.ts';
import { createDeskTables } from './schema/desk.ts';
import { createChartTables } from './schema/charts.ts';
import { alterExchangeLogTables, createExchangeLogTables } from './schema/exchange-log.ts';
import { createKeyTables } from './schema/keys.ts';
import { alterPeerTables, createPeerTables } from './schema/peers.ts';
import { alterRecordTables, createRecordTables } from './schema/records.ts';
import { createReferralWorkTables } from './schema/referral-work.ts';
import { alterReferralTables, createReferralTables, createUnusedBlobs } from './schema/referrals.ts';
import { createStorageTables } from './schema/storage.ts';
import { createUploadTables } from './schema/uploads.ts';
import { storeErrorOf, type Connection } from './connection.ts';
import { StoreError } from './store.ts';

/** One step from the schema before it; `version` rises by one. */
export interface Migration {
  readonly version: number;
  readonly statements: Iterable<string>;
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      ...createKeyTables,
      ...createBlobTables,
      ...createRecordTables,
      ...createPeerTables,
      ...createExchangeLogTables,
      ...createReferralTables,
    ],
  },
  {
    version: 2,
    statements: [
      ...alterReferralTables,
      ...alterPeerTables,
      ...alterExchangeLogTables,
      ...createAlertTables,
      ...createAccountTables,
      ...createReferralWorkTables,
      ...createChartTables,
      ...createDeskTables,
      ...createUploadTables,
    ],
  },
  { version: 3, statements: createStorageTables },
  { version: 4, statements: createBackupTables },
  { version: 5, statements: alterRecordTables },
  { version: 6, statements: alterAccountTables },
  { version: 7, statements: alterAlertTables },
  { version: 8, statements: createUnusedBlobs },
];

/** "FPST": tells our database from any other SQLite file. */
export const applicationId = 0x46505354;

export interface SchemaState {
  readonly applicationId: number;
  readonly version: number;
  readonly isEmpty: boolean;
}

export function schemaOf(connection: Connection): SchemaState {
  return {
    applicationId: numberOf(connection.pragma('application_id')),
    version: numberOf(connection.pragma('user_version')),
    isEmpty: connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').all([]).length === 0,
  };
}

/** Which steps lead from this schema to the newest; refuses another program's file and a schema from the future. */
export function pendingMigrations(state: SchemaState, steps: readonly Migration[]): readonly Migration[] {
  const isOurs = state.applicationId === applicationId;
  const isNew = state.applicationId === 0 && state.version === 0 && state.isEmpty;
  if (!isOurs && !isNew)
    throw new StoreError('corrupt', 'this file is not a Fernpost database: choose another directory');
  const newest = steps.at(-1)?.version ?? 0;
  if (state.version > newest)
    throw new StoreError(
      'newer-schema',
      `the database has schema ${state.version}, this program knows ${newest}: nothing was touched; run the newer program`,
    );
  return steps.filter((step) => step.version > state.version);
}

/** All steps in one transaction: either the newest schema is there afterwards, or the old one as it was. */
export function migrate(connection: Connection, steps: readonly Migration[]): void {
  const last = steps.at(-1);
  if (last === undefined) return;
  try {
    connection.exec('BEGIN EXCLUSIVE');
    for (const step of steps) for (const sql of step.statements) connection.runOnce(sql);
    connection.runOnce(`PRAGMA application_id = ${applicationId}`);
    connection.runOnce(`PRAGMA user_version = ${last.version}`);
    connection.exec('COMMIT');
  } catch (cause) {
    if (connection.inTransaction()) connection.exec('ROLLBACK');
    throw storeErrorOf(cause);
  }
}

function numberOf(rows: unknown): number {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  const value: unknown = typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
  return typeof value === 'number' ? value : 0;
}
