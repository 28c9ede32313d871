import type { NodeName } from '../../protocol/ids.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import type { PeerCards } from './cards.ts';
import type { Peer, PeerDirectory } from './directory.ts';
import { PeerHttpError } from '../platform/peer-http.ts';
import { TransportError } from './transport.ts';

/** Who was heard of within so long counts as reachable, and is not asked. */
export const reachableMs = 10 * 60_000;
/** So long a person waits for peers that do not answer. */
export const askedMsMax = 1_500;
/** Who did not answer is not asked again before. */
const againMs = 30_000;

export interface SilentPeersPorts {
  readonly directory: Pick<PeerDirectory, 'list' | 'find'>;
  readonly cards: Pick<PeerCards, 'fetch'>;
  readonly clock: Clock;
}

/** When a peer last spoke, or showed the card that its identity signed. */
export function heardAt({ lastSpokeAt, cardSeenAt }: Pick<Peer, 'lastSpokeAt' | 'cardSeenAt'>): Instant {
  return lastSpokeAt === undefined || lastSpokeAt < cardSeenAt ? cardSeenAt : lastSpokeAt;
}

/**
 * Asks paired peers that were not heard of lately for their cards, all at once and for a moment only: a person wants to know
 * now whether a hospital can be reached. Gives back who did not answer; nothing else depends on it.
 */
export function openSilentPeers({ directory, cards, clock }: SilentPeersPorts): () => Promise<ReadonlySet<NodeName>> {
  const unanswered = new Map<NodeName, number>();
  const ask = async (peer: Peer): Promise<void> => {
    unanswered.set(peer.name, clock.now());
    try {
      await cards.fetch(peer);
      unanswered.delete(peer.name);
    } catch (error) {
      if (!isOfPeer(error)) throw error;
    }
  };
  return async () => {
    const now = clock.now();
    const silent = directory
      .list()
      .filter((peer) => peer.state === 'paired' && now - heardAt(peer) > reachableMs)
      .filter(({ name }) => now - (unanswered.get(name) ?? 0) > againMs);
    if (silent.length > 0) await Promise.race([Promise.all(silent.map(ask)), clock.sleep(askedMsMax)]);
    const heard = (name: NodeName): boolean => {
      const peer = directory.find(name);
      return peer !== undefined && clock.now() - heardAt(peer) <= reachableMs;
    };
    return new Set([...unanswered.keys()].filter((name) => !heard(name)));
  };
}

function isOfPeer(error: unknown): boolean {
  return error instanceof TransportError || error instanceof PeerHttpError || error instanceof ProtocolError;
}
