import type { Alerts } from './alerts/alerts.ts';
import type { Accounts } from './accounts/accounts.ts';
import type { Drafts } from './accounts/drafts.ts';
import type { Once } from './accounts/once.ts';
import type { Backups } from './backups/backups.ts';
import type { DurableBlobs } from './blobs/durable.ts';
import type { StorageSamples } from './blobs/storage-samples.ts';
import { exchangeCards } from './jobs/cards.ts';
import type { Job } from './jobs/runner.ts';
import { askWitnesses } from './jobs/witnessing.ts';
import type { PeerCards } from './peers/cards.ts';
import type { Pairing } from './peers/pairing.ts';
import type { Uploads } from './records/attachments/uploads.ts';
import type { ImportDrafts } from './records/csv/drafts.ts';
import { auditReceipts, type ReceiptAuditPorts } from './referrals/audit-receipts.ts';
import { forgetExpired } from './referrals/expire-transfers.ts';
import type { BlobHolds } from './referrals/blob-holds.ts';
import type { Dispatcher } from './referrals/dispatch.ts';
import { sweepUnused } from './referrals/unused-blobs.ts';
import type { PeerHeads } from './referrals/peer-heads.ts';
import type { ReferralDesk } from './referrals/referral-desk.ts';

export interface NodeJobsPorts extends ReceiptAuditPorts {
  readonly accounts: Accounts;
  readonly drafts: Drafts;
  readonly once: Once;
  readonly cards: PeerCards;
  readonly pairing: Pairing;
  readonly heads: PeerHeads;
  readonly dispatcher: Dispatcher;
  readonly referralDesk: Pick<ReferralDesk, 'decisions'>;
  readonly blobs: DurableBlobs;
  readonly holds: BlobHolds;
  readonly storageSamples: StorageSamples;
  /** Files that people send in pieces; the job `uploads` carries blobs to the bucket. */
  readonly uploads: Uploads;
  readonly importDrafts: ImportDrafts;
  readonly alerts: Alerts;
  readonly backups: Backups;
  /** Peers that have not been told our newest card. */
  readonly pushTo: Set<string>;
  renewCard(): Promise<boolean>;
}

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Everything that a node does by itself, and how often. */
export function nodeJobs(ports: NodeJobsPorts): readonly Job[] {
  const { store, clock, diagnostics, pushTo } = ports;
  return [
    { name: 'delivery', everyMs: secondMs, run: (signal) => ports.dispatcher.step(signal) },
    { name: 'alerts', everyMs: 10 * secondMs, run: (signal) => ports.alerts.step(signal) },
    { name: 'decisions', everyMs: secondMs, run: () => ports.referralDesk.decisions.sendDue() },
    { name: 'pairing', everyMs: 5 * secondMs, run: () => ports.pairing.work() },
    { name: 'witnessing', everyMs: 30 * secondMs, restMs: secondMs, run: () => askWitnesses(ports) },
    { name: 'receipts', everyMs: 2 * minuteMs, run: () => auditReceipts(ports) },
    {
      name: 'uploads',
      everyMs: 2 * secondMs,
      run: async (signal) => {
        await ports.blobs.uploadPending(signal);
      },
    },
    {
      name: 'cards',
      everyMs: minuteMs,
      run: async () => {
        if (await ports.renewCard()) for (const peer of ports.directory.list()) pushTo.add(peer.name);
        await exchangeCards(ports, pushTo);
      },
    },
    {
      name: 'unfinished-files',
      everyMs: 10 * minuteMs,
      run: async () => {
        await ports.uploads.sweep();
        await ports.importDrafts.sweep();
      },
    },
    {
      name: 'accounts',
      everyMs: 10 * minuteMs,
      run: async () => {
        for (const part of [ports.accounts, ports.drafts, ports.once]) await part.sweep();
      },
    },
    { name: 'backups', everyMs: 10 * minuteMs, run: (signal) => ports.backups.work(signal) },
    { name: 'storage', everyMs: hourMs, run: () => ports.storageSamples.take() },
    {
      name: 'expiry',
      everyMs: 10 * minuteMs,
      run: async (signal) => {
        await forgetExpired(store, clock, diagnostics);
        await sweepUnused(ports, signal);
      },
    },
  ];
}
