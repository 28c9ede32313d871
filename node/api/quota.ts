import {
  addCheckpointPerSecondMax,
  bytesPerDayMax,
  leavesPerDayMax,
  pairingPerMinuteMax,
  requestsAtOnceMax,
  requestsPerSecondMax,
} from '../../protocol/http/limits.ts';
import type { Clock } from '../platform/clock.ts';

/** What each peer, address and log origin may ask of this node (Spec §5, Node §6). Kept in memory, and bounded. */
export interface Quotas {
  /** Begins a peer's request: `undefined` when it must wait; otherwise call the result when the request ends. */
  begin(peer: string): (() => void) | undefined;
  /** Counts bytes that a peer sends; false when its day is used up. */
  takeBytes(peer: string, bytes: number): boolean;
  /** Counts a leaf that a peer causes in our log; false when its day is used up. */
  takeLeaf(peer: string): boolean;
  /** Whether this address may begin a pairing, or fail at one, once more in this minute; a good step 2 or 3 costs nothing. */
  mayPair(address: string): boolean;
  /** Counts a run that was begun, or a request that failed. */
  countPairing(address: string): void;
  addCheckpoint(origin: string): boolean;
}

export interface PeerLimits {
  readonly requestsPerSecond: number;
  readonly requestsAtOnce: number;
  readonly bytesPerDay: number;
  readonly leavesPerDay: number;
}

/** What the administrator allows one peer instead. */
export type LimitsByPeer = Readonly<
  Record<string, { readonly bytesADay?: number | undefined; readonly leavesADay?: number | undefined }>
>;

export const defaultPeerLimits: PeerLimits = {
  requestsPerSecond: requestsPerSecondMax,
  requestsAtOnce: requestsAtOnceMax,
  bytesPerDay: bytesPerDayMax,
  leavesPerDay: leavesPerDayMax,
};

/** Names remembered at once; the oldest goes first. Peers are few, addresses and origins come from strangers. */
const namesMax = 10_000;
const dayMs = 24 * 3_600_000;

export function openQuotas(clock: Clock, limits: PeerLimits = defaultPeerLimits, byPeer: LimitsByPeer = {}): Quotas {
  const own = new Map(Object.entries(byPeer));
  const requests = bucketsOf(clock, () => limits.requestsPerSecond, 1_000);
  const bytes = bucketsOf(clock, (peer) => own.get(peer)?.bytesADay ?? limits.bytesPerDay, dayMs);
  const leaves = bucketsOf(clock, (peer) => own.get(peer)?.leavesADay ?? limits.leavesPerDay, dayMs);
  const pairings = bucketsOf(clock, () => pairingPerMinuteMax, 60_000);
  const checkpoints = bucketsOf(clock, () => addCheckpointPerSecondMax, 1_000);
  const atOnce = new Map<string, number>();
  return {
    begin: (peer) => {
      const now = atOnce.get(peer) ?? 0;
      if (now >= limits.requestsAtOnce || !requests(peer, 1)) return undefined;
      atOnce.set(peer, now + 1);
      return () => {
        const left = (atOnce.get(peer) ?? 1) - 1;
        if (left === 0) atOnce.delete(peer);
        else atOnce.set(peer, left);
      };
    },
    takeBytes: bytes,
    takeLeaf: (peer) => leaves(peer, 1),
    mayPair: (address) => pairings(address, 1, 'ask'),
    countPairing: (address) => {
      pairings(address, 1);
    },
    addCheckpoint: (origin) => checkpoints(origin, 1),
  };
}

/** A token bucket per name: `allowance` at once, refilled evenly over `periodMs`. */
function bucketsOf(
  clock: Clock,
  allowance: (name: string) => number,
  periodMs: number,
): (name: string, count: number, mode?: 'ask') => boolean {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return (name, count, mode) => {
    const now = clock.elapsedMs();
    const perPeriod = allowance(name);
    const known = buckets.get(name);
    const refilled = known === undefined ? perPeriod : known.left + ((now - known.atMs) * perPeriod) / periodMs;
    const left = Math.min(perPeriod, refilled);
    buckets.delete(name);
    if (buckets.size >= namesMax) {
      const oldest = buckets.keys().next().value;
      if (oldest !== undefined) buckets.delete(oldest);
    }
    const allowed = left >= count;
    buckets.set(name, { left: allowed && mode !== 'ask' ? left - count : left, atMs: now });
    return allowed;
  };
}
