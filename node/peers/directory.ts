import type { Card } from '../../protocol/card.ts';
import { parseCard } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { toBase64Url } from '../../protocol/bytes.ts';
import { parseNodeName, type NodeName, type Origin } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { peerQueries } from './queries.ts';

export type PeerState = 'invited' | 'confirming' | 'paired' | 'paused' | 'blocked' | 'key-changed';

export interface Peer {
  readonly name: NodeName;
  readonly state: PeerState;
  readonly since: Instant;
  readonly title: string;
  readonly url: string;
  readonly card: Card;
  readonly cardSeenAt: Instant;
  readonly suiteFloor: number;
  readonly detail: string;
  readonly lastSpokeAt: Instant | undefined;
  /** Sealed with the node's root key; see `tokens.ts`. */
  readonly transcript: Uint8Array | undefined;
}

/** Which peers there are and what is known of them. Kept in memory: the rows are few and every request needs them. */
export interface PeerDirectory {
  find(name: string): Peer | undefined;
  get(name: string): Peer;
  list(): readonly Peer[];
  /** The peer whose newest card lists this log. */
  byOrigin(origin: Origin): Peer | undefined;
  /** Makes a peer's new state or card durable, together with what else `also` writes, and tells it from then on. */
  save(peer: Peer, also?: (writer: Writer) => Promise<void>): Promise<void>;
  /**
   * The same from what holds at that moment, so that two changes at once do not undo each other. `edit` gives `undefined`
   * where nothing is to be changed.
   */
  change(
    name: NodeName,
    edit: (peer: Peer) => Peer | undefined,
    also?: (writer: Writer) => Promise<void>,
  ): Promise<void>;
  /** Every card ever seen of a peer, newest first: older ones name log keys of old receipts. */
  cards(reader: Reader, name: NodeName): Promise<readonly Card[]>;
  /** Remembers that a signed message of this peer arrived; told to whoever listens. */
  spoke(name: NodeName): void;
  onSpoke(listener: (name: NodeName) => void): void;
}

/** Opens the directory and reads it once. */
export async function openPeerDirectory(store: Store, clock: Clock): Promise<PeerDirectory> {
  const peers = new Map<string, Peer>();
  const listeners: ((name: NodeName) => void)[] = [];
  for (const peer of await store.read(readAll)) peers.set(peer.name, peer);
  const find = (name: string): Peer | undefined => peers.get(name);
  const get = (name: string): Peer => {
    const peer = find(name);
    if (peer === undefined)
      throw new OperationError('not-found', 'unknown-peer', `No peer is named ${JSON.stringify(name.slice(0, 253))}.`);
    return peer;
  };
  const write = async (peer: Peer, also?: (writer: Writer) => Promise<void>): Promise<void> => {
    await store.write(async (writer) => {
      await writePeer(writer, peer);
      await also?.(writer);
    });
    peers.set(peer.name, { ...peer, lastSpokeAt: find(peer.name)?.lastSpokeAt ?? peer.lastSpokeAt });
  };
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const done = turn.then(run);
    turn = done.catch(() => undefined); // Whoever asked for it is told.
    return done;
  };
  return {
    find,
    get,
    list: () => [...peers.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    byOrigin: (origin) => [...peers.values()].find((peer) => peer.card.logs.some((log) => log.origin === origin)),
    save: (peer, also) => inTurn(() => write(peer, also)),
    change: (name, edit, also) =>
      inTurn(async () => {
        const changed = edit(get(name));
        if (changed !== undefined) await write(changed, also);
      }),
    cards: async (reader, name) => {
      const rows = await reader.all(peerQueries.cards, { name });
      return rows.map((row) => parseCard(row.note, row.identity_vkey, logCrypto));
    },
    spoke: (name) => {
      const peer = peers.get(name);
      if (peer === undefined) return;
      peers.set(name, { ...peer, lastSpokeAt: clock.now() });
      for (const listener of listeners) listener(name);
    },
    onSpoke: (listener) => {
      listeners.push(listener);
    },
  };
}

async function readAll(reader: Reader): Promise<Peer[]> {
  const rows = await reader.all(peerQueries.all, {});
  return rows.map((row) => ({
    name: parseNodeName(row.name),
    state: row.state,
    since: row.since as Instant,
    title: row.title,
    url: row.url,
    card: parseCard(row.note, row.identity_vkey, logCrypto),
    cardSeenAt: row.card_seen_at as Instant,
    suiteFloor: row.suite_floor,
    detail: row.detail,
    lastSpokeAt: row.last_spoke_at === null ? undefined : (row.last_spoke_at as Instant),
    transcript: row.transcript ?? undefined,
  }));
}

async function writePeer(writer: Writer, peer: Peer): Promise<void> {
  await writer.run(peerQueries.put, {
    name: peer.name,
    state: peer.state,
    since: peer.since,
    title: peer.title,
    url: peer.url,
    identity_vkey: peer.card.identityVkey,
    card_serial: peer.card.serial,
    card_seen_at: peer.cardSeenAt,
    suite_floor: peer.suiteFloor,
    detail: peer.detail,
    last_spoke_at: peer.lastSpokeAt ?? null,
    transcript: peer.transcript ?? null,
  });
  await writer.run(peerQueries.putCard, {
    name: peer.name,
    serial: peer.card.serial,
    identity_vkey: peer.card.identityVkey,
    sha256: peer.card.sha256,
    note: peer.card.note,
    seen_at: peer.cardSeenAt,
  });
}

/** The http keys that a card lists, as keyids; for messages to an administrator. */
export function httpKeysOf(card: Card): readonly string[] {
  return card.keys.filter((key) => key.use === 'http').map((key) => toBase64Url(key.key));
}
