import type { AccountTables } from './schema/accounts.ts';
import type { AlertTables } from './schema/alerts.ts';
import type { BlobTables } from './schema/blobs.ts';
import type { ExchangeLogTables } from './schema/exchange-log.ts';
import type { KeyTables } from './schema/keys.ts';
import type { PeerTables } from './schema/peers.ts';
import type { RecordTables } from './schema/records.ts';
import type { ReferralTables } from './schema/referrals.ts';

/** Every table of a node. Each subject has a file under `schema/` with its types and the statements that create it. */
export interface Schema
  extends
    KeyTables,
    BlobTables,
    RecordTables,
    PeerTables,
    ExchangeLogTables,
    ReferralTables,
    AlertTables,
    AccountTables {}
