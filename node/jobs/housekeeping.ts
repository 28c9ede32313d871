import type { Clock } from '../platform/clock.ts';
import { peerQueries } from '../peers/queries.ts';
import type { PeerCards } from '../peers/cards.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import { TransportError } from '../peers/transport.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import { inboxQueries } from '../referrals/inbox-queries.ts';
import type { Store } from '../store/store.ts';

/** Forgets nonces that have expired and transfers that stood still for seven days, without a tombstone (Spec §3, §5). */
export async function forgetExpired(store: Store, clock: Clock, diagnostics: Diagnostics): Promise<void> {
  const now = clock.now();
  const expired = await store.read((reader) => reader.all(inboxQueries.expired, { now }));
  await store.write(async (writer) => {
    await writer.run(peerQueries.forgetNonces, { now });
    for (const { sender, bundle } of expired) {
      await writer.run(inboxQueries.forgetChunks, { sender, bundle });
      await writer.run(inboxQueries.forget, { sender, bundle });
    }
  });
  for (const { sender, bundle } of expired) diagnostics.info('transfer-expired', { peer: sender, bundle });
}

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
