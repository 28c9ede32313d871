import type { DurableBlobs } from '../blobs/durable.ts';
import type { Witness } from '../exchange-log/witness.ts';
import type { LogProofs } from '../exchange-log/proofs.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { OwnNode } from '../peers/own-node.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import type { ReceivedPatients } from '../records/received-patients.ts';
import type { Reader, Store } from '../store/store.ts';
import type { ReferralTables } from '../store/schema/referrals.ts';
import type { BundleId } from '../../protocol/ids.ts';
import type { Peer, PeerDirectory } from '../peers/directory.ts';
import type { GuardedWrite, NewRef } from './answers.ts';
import type { ChunkHasher } from '../../protocol/bundle/chunk-room.ts';
import type { BlobHolds } from './blob-holds.ts';
import type { IntakeRooms } from './intake-rooms.ts';
import type { PrefixHashes } from './prefix-hashes.ts';

export type InboxRow = ReferralTables['inbox'];

/** What receiving needs of the node. */
export interface InboxPorts {
  readonly own: OwnNode;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly blobs: DurableBlobs;
  readonly holds: BlobHolds;
  readonly directory: PeerDirectory;
  readonly log: Sequencer;
  readonly proofs: LogProofs;
  readonly witness: Witness;
  readonly prefixes: PrefixHashes;
  readonly rooms: IntakeRooms;
  readonly hasher: ChunkHasher;
  readonly receivedPatients: ReceivedPatients;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  readonly newRef: NewRef;
  dataKeyOf(text: string): DataKeyId;
  /** The tlog-proof of the leaf that decided this bundle: the same bytes for ever. */
  proofOf(reader: Reader, row: Pick<InboxRow, 'x'>): Promise<string>;
  /** Told after a referral or an event was taken. */
  onReceived(bundle: { readonly referral: string; readonly priority: string; readonly kind: string }): void;
}

/** One request of a paired peer, after its signature, time, nonce and quota have been looked at. */
export interface PeerRequestContext {
  readonly peer: Peer;
  readonly bundle: BundleId;
  readonly write: GuardedWrite;
}
