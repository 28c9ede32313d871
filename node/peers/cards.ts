import { cardEnd, findLiveKeys, parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { isSuite, type Suite } from '../../protocol/crypto/seal.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { cardBytesMax } from '../../protocol/http/limits.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Clock } from '../platform/clock.ts';
import { noteAct, thisNode, type ActPorts } from './acts.ts';
import type { Peer, PeerDirectory } from './directory.ts';
import type { OwnNode } from './own-node.ts';
import type { CallTarget, PeerTransport } from './transport.ts';

export interface PeerCards {
  /**
   * Takes a card that a peer pushed or that was fetched from it: the pinned identity key signed it, and a higher serial
   * wins. The same serial with other text is kept as evidence and alarmed (Spec §1). Throws `ProtocolError`.
   */
  take(peer: Peer, note: string): Promise<'newer' | 'known' | 'older'>;
  /** Fetches the peer's card. A card under another identity key ends the trust loudly: state `key-changed`. */
  fetch(peer: Peer): Promise<void>;
  /** Tells a peer our newest card. */
  push(peer: Peer): Promise<void>;
}

export interface PeerCardsPorts extends ActPorts {
  readonly own: OwnNode;
  readonly directory: PeerDirectory;
  readonly transport: PeerTransport;
  readonly diagnostics: Diagnostics;
}

export function openPeerCards(ports: PeerCardsPorts): PeerCards {
  const take: PeerCards['take'] = async (peer, note) => {
    const card = parseCard(note, peer.card.identityVkey, logCrypto);
    const held = ports.directory.get(peer.name).card;
    if (card.serial === held.serial && card.note !== held.note) {
      await keepTwoCards(ports, peer, held.note, note);
      return 'known';
    }
    let age: 'newer' | 'known' | 'older' = 'older';
    await ports.directory.change(peer.name, (current) => {
      const { serial, identityVkey } = current.card;
      if (card.serial < serial || card.identityVkey !== identityVkey) return undefined;
      const cardSeenAt = ports.clock.now();
      age = card.serial === serial ? 'known' : 'newer';
      if (age === 'known') return { ...current, cardSeenAt };
      return {
        ...current,
        card,
        cardSeenAt,
        title: card.title,
        url: card.url,
        suiteFloor: suiteFloorOf(current, card),
      };
    });
    return age;
  };
  return {
    take,
    fetch: async (peer) => {
      const answer = await ports.transport.plain(peer, {
        method: 'GET',
        path: targetOf({ name: 'getCard' }),
        answerBytesMax: cardBytesMax,
      });
      if (answer.status !== 200) return;
      try {
        await take(peer, parseUtf8(answer.body));
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== 'signature-mismatch') throw error;
        ports.diagnostics.error('peer-key-changed', error, { peer: peer.name });
        await stopTrust(ports, peer, parseUtf8(answer.body));
      }
    },
    push: async (peer) => {
      const answer = await ports.transport.call(callTargetOf(peer), {
        method: 'PUT',
        path: targetOf({ name: 'putCard' }),
        content: { body: utf8(ports.own.card().note), type: mediaTypes.text },
      });
      if (answer.status !== 200) ports.diagnostics.warn('card-not-taken', { peer: peer.name, status: answer.status });
    },
  };
}

/** Whom a signed call to this peer is for; any key that its card lists may sign, judged live when the answer comes. */
export function callTargetOf(peer: Peer): CallTarget {
  return { name: peer.name, url: peer.card.url, httpKeys: peer.card.keys.filter((key) => key.use === 'http') };
}

/** The key and suite to seal to: the highest suite of the card that both speak, never below the highest seen. */
export function sealingKeyOf(peer: Peer, clock: Clock): { readonly suite: Suite; readonly publicKey: Uint8Array } {
  const now = clock.now();
  if (now >= cardEnd(peer.card, peer.cardSeenAt))
    throw new OperationError('unavailable', 'card-expired', `The card of ${peer.name} has expired; nothing is sent.`);
  for (const suite of peer.card.suites.filter(isSuite)) {
    const [key] = findLiveKeys(peer.card, suite === 2 ? 'xwing' : 'box', now);
    if (key !== undefined && suite >= peer.suiteFloor) return { suite, publicKey: key.key };
  }
  throw new OperationError('unavailable', 'no-sealing-key', `${peer.name} has no sealing key that may be used now.`);
}

/** The highest suite that this peer was ever seen with: nothing below is taken from it or sent to it (Spec §4). */
export function suiteFloorOf(known: Pick<Peer, 'suiteFloor'> | undefined, card: Pick<Card, 'suites'>): number {
  return Math.max(known?.suiteFloor ?? 1, ...card.suites.filter(isSuite));
}

/** The card that answered is kept as evidence, so that people can see what the address says now. */
async function stopTrust(ports: PeerCardsPorts, peer: Peer, note: string): Promise<void> {
  await ports.directory.change(
    peer.name,
    (current) =>
      current.state === 'blocked'
        ? undefined
        : {
            ...current,
            state: 'key-changed',
            since: ports.clock.now(),
            detail: 'Its address now answers with a card under another identity key. Pair again if it was replaced.',
          },
    async (writer) => {
      const id = ports.random.uuid();
      const at = ports.clock.now();
      await writer.run(logQueries.putEvidence, { id, kind: 'key-changed', peer: peer.name, at, body: note });
      await noteAct(writer, ports, 'peer-key-changed', { peer: peer.name, by: thisNode });
    },
  );
}

async function keepTwoCards(ports: PeerCardsPorts, peer: Peer, held: string, note: string): Promise<void> {
  const body = `${held}\n${note}`;
  await ports.directory.change(
    peer.name,
    (current) => current,
    async (writer) => {
      const id = ports.random.uuid();
      await writer.run(logQueries.putEvidence, { id, kind: 'two-cards', peer: peer.name, at: ports.clock.now(), body });
    },
  );
  ports.diagnostics.error('two-cards-with-one-serial', undefined, { peer: peer.name });
}

/** The log keys under which a peer's receipts and checkpoints may be signed: those of its newest card. */
export function logKeysOf(card: Card): Card['logs'][number]['vkey'][] {
  return card.logs.map((log) => log.vkey);
}
