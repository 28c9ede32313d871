import type { Clock } from '../platform/clock.ts';
import type { PeerCards } from '../peers/cards.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import { TransportError } from '../peers/transport.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';

export interface CardJobPorts {
  readonly directory: PeerDirectory;
  readonly cards: PeerCards;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

const cardFetchMs = 24 * 3_600_000;

/** Fetches each peer's card daily, and tells every peer a card of ours that is new (Spec §1). */
export async function exchangeCards(ports: CardJobPorts, pushTo: Set<string>): Promise<void> {
  for (const peer of ports.directory.list()) {
    if (peer.state !== 'paired') continue;
    try {
      if (pushTo.has(peer.name)) {
        await ports.cards.push(peer);
        pushTo.delete(peer.name);
      }
      if (ports.clock.now() - peer.cardSeenAt >= cardFetchMs) await ports.cards.fetch(peer);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      ports.diagnostics.info('card-later', { peer: peer.name, code: error.code });
    }
  }
}
