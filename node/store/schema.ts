import type { AccountTables } from './schema/accounts.ts';
import type { AlertTables } from './schema/alerts.ts';
import type { BackupTables } from './schema/backups.ts';
import type { BlobTables } from './schema/blobs.ts';
import type { DeskTables } from './schema/desk.ts';
import type { ChartTables } from './schema/charts.ts';
import type { ExchangeLogTables } from './schema/exchange-log.ts';
import type { KeyTables } from './schema/keys.ts';
import type { PeerTables } from './schema/peers.ts';
import type { RecordTables } from './schema/records.ts';
import type { ReferralWorkTables } from './schema/referral-work.ts';
import type { ReferralTables } from './schema/referrals.ts';
import type { StorageTables } from './schema/storage.ts';
import type { UploadTables } from './schema/uploads.ts';

/** Every table of a node. Each subject has a file under `schema/` with its types and the statements that create it. */
export interface Schema
  extends
    KeyTables,
    BlobTables,
    RecordTables,
    ChartTables,
    PeerTables,
    ExchangeLogTables,
    ReferralTables,
    ReferralWorkTables,
    AlertTables,
    DeskTables,
    AccountTables,
    UploadTables,
    StorageTables,
    BackupTables {}
