import { createHash } from 'node:crypto';
import { cardEnd, parseIdentityVkey } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import type { Instant } from '../../protocol/instant.ts';
import { safetyNumber } from '../../protocol/pairing.ts';
import { explorerQueries } from '../exchange-log/explorer-queries.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { Reader } from '../store/store.ts';
import type { Peer, PeerDirectory } from './directory.ts';
import type { OwnNode } from './own-node.ts';
import type { ClockReading, PeerClocks } from './peer-clocks.ts';

/** A peer as its administrator sees it: one state, and since when. */
export interface PeerOverview {
  readonly peer: Peer;
  /** The newest bundle that went either way, by the log. */
  readonly lastExchangeAt: Instant | undefined;
  readonly clock: ClockReading | undefined;
  /** How much of our log it cosigned last, and how much of its log we did. */
  readonly ourLog: { readonly size: number; readonly at: Instant } | undefined;
  readonly itsLog: { readonly size: number; readonly at: Instant } | undefined;
  /** After this nothing is sent to it, unless a newer card comes. */
  readonly cardEnds: Instant;
}

export interface OverviewPorts {
  readonly directory: PeerDirectory;
  readonly clocks: PeerClocks;
}

export async function readOverview(reader: Reader, { directory, clocks }: OverviewPorts): Promise<PeerOverview[]> {
  const seen = await reader.all(logQueries.witnessedLogs, {});
  const found: PeerOverview[] = [];
  for (const peer of directory.list()) {
    const cosigned = await reader.first(explorerQueries.newestOfWitness, { witness: peer.name });
    const origins = peer.card.logs.map(({ origin }) => String(origin));
    const its = seen.find(({ origin }) => origins.includes(origin));
    found.push({
      peer,
      lastExchangeAt: await lastExchange(reader, peer),
      clock: clocks.find(peer.url),
      ourLog: cosigned === undefined ? undefined : { size: cosigned.size, at: cosigned.at as Instant },
      itsLog: its === undefined ? undefined : { size: its.size, at: its.at as Instant },
      cardEnds: cardEnd(peer.card, peer.cardSeenAt),
    });
  }
  return found;
}

/** Twelve groups of digits that both administrators can compare on the telephone at any time (Spec §2). */
export function safetyNumberOf(own: OwnNode, peer: Peer): string {
  const key = parseIdentityVkey(peer.card.identityVkey, logCrypto);
  return safetyNumber(
    { name: own.name, key: own.identityKey.publicKey },
    { name: peer.name, key: key.publicKey },
    (bytes) => new Uint8Array(createHash('sha512').update(bytes).digest()),
  );
}

async function lastExchange(reader: Reader, { name }: Peer): Promise<Instant | undefined> {
  let newest: number | undefined;
  for (const type of ['sent', 'received']) {
    const row = await reader.first(explorerQueries.newestOfPeer, { peer: name, type });
    if (row !== undefined) newest = Math.max(newest ?? 0, row.at);
  }
  return newest === undefined ? undefined : (newest as Instant);
}
