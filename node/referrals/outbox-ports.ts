import type { BlobStore } from '../blobs/blob-store.ts';
import type { LogProofs } from '../exchange-log/proofs.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { PeerCards } from '../peers/cards.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import type { OwnNode } from '../peers/own-node.ts';
import type { PeerTransport } from '../peers/transport.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import type { Attachments } from '../records/attachments.ts';
import type { Store } from '../store/store.ts';
import type { ReferralTables } from '../store/schema/referrals.ts';
import type { PeerHeads } from './peer-heads.ts';

export type OutboxRow = ReferralTables['outbox'];

/** What sending needs of the node. */
export interface OutboxPorts {
  readonly own: OwnNode;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly directory: PeerDirectory;
  readonly cards: PeerCards;
  readonly transport: PeerTransport;
  readonly heads: PeerHeads;
  readonly log: Sequencer;
  readonly proofs: LogProofs;
  readonly attachments: Attachments;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  dataKeyOf(text: string): DataKeyId;
  /** Told after a bundle was delivered: our log has a head that witnesses have not seen. */
  delivered(): void;
  /** Told after the state of a bundle changed: something may be due. */
  wake(): void;
}

/** A place among what is on its way to a peer, held for a bundle while it is stored; disposing gives it back unused. */
export interface Departure extends Disposable {
  /** The bundle is durable, its sent leaf too: it goes on its way. */
  go(row: OutboxRow): void;
}

/** Lets a bundle leave in the moment in which it is stored. */
export interface Departures {
  /** `undefined` where it has to wait its turn: then it is stored alone, and the dispatcher prepares it. */
  reserve(bundle: Pick<OutboxRow, 'bundle' | 'peer' | 'rank'>): Departure | undefined;
}
