import type { Instant } from '../../protocol/instant.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { Changes } from '../alerts/changes.ts';
import type { Departments } from '../alerts/departments.ts';
import type { PeerTelephones } from '../alerts/peer-telephones.ts';
import type { Settings } from '../alerts/settings.ts';
import type { Stations } from '../alerts/stations/stations.ts';
import type { Backups } from '../backups/backups.ts';
import type { DurableBlobs } from '../blobs/durable.ts';
import type { StorageSamples } from '../blobs/storage-samples.ts';
import type { NodeConfig } from '../config/config.ts';
import type { LogExplorer } from '../exchange-log/explorer.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { AccessTokens } from '../exchange-log/tokens.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import type { OwnNode } from '../peers/own-node.ts';
import type { PeerClocks } from '../peers/peer-clocks.ts';
import type { Pairing } from '../peers/pairing.ts';
import type { PeerTransport } from '../peers/transport.ts';
import type { PeerTrust } from '../peers/trust.ts';
import type { ClientAddress } from '../platform/client-address.ts';
import type { Clock } from '../platform/clock.ts';
import type { Files } from '../platform/files.ts';
import type { MailPort } from '../platform/mail.ts';
import type { Attachments } from '../records/attachments.ts';
import type { Consultations } from '../records/consultations.ts';
import type { Imports } from '../records/csv/import.ts';
import type { Patients } from '../records/patients.ts';
import type { Referrals } from '../referrals/referrals.ts';
import type { Store } from '../store/store.ts';

/** How one of the jobs fares that the node does by itself. */
export interface JobStanding {
  readonly name: string;
  /** When a run last ended well; `undefined` before the first. */
  readonly succeededAt: Instant | undefined;
  readonly failuresInARow: number;
}

/** The parts of an open node that its operations use. */
export interface NodeServices {
  readonly config: Pick<NodeConfig, 'name' | 'dataDirectory' | 'peerAddresses' | 'rootKey' | 'limits'>;
  readonly clientAddress: ClientAddress;
  readonly own: OwnNode;
  readonly store: Pick<Store, 'read' | 'isFull'> & { findDamage(): readonly string[] };
  readonly files: Files;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly directory: PeerDirectory;
  readonly pairing: Pairing;
  readonly trust: PeerTrust;
  readonly clocks: PeerClocks;
  readonly transport: PeerTransport;
  readonly tokens: AccessTokens;
  readonly log: Sequencer;
  readonly explorer: LogExplorer;
  readonly patients: Patients;
  readonly consultations: Consultations;
  readonly attachments: Attachments;
  readonly csvImport: Imports;
  readonly referrals: Referrals;
  readonly blobs: DurableBlobs;
  readonly storageSamples: StorageSamples;
  readonly alerts: Alerts;
  readonly backups: Backups;
  readonly stations: Stations;
  readonly departments: Departments;
  readonly peerTelephones: PeerTelephones;
  readonly settings: Settings;
  /** Whether its doors are open: else nobody reaches it. */
  isRunning(): boolean;
  /** What the node does by itself; empty where its jobs do not run. */
  jobStanding(): readonly JobStanding[];
  /** Who changed which of the three, and when. */
  readonly adminChanges: Changes;
  /** `undefined` where no mail server is configured. */
  readonly mail: MailPort | undefined;
}
