import { utf8 } from '../../protocol/bytes.ts';
import { logPrefix, parseCard, writeCard, type Card, type CardFields } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import type { SigningKey } from '../../protocol/crypto/sign.ts';
import { parseOrigin, type NodeName, type NodeUrl, type Origin } from '../../protocol/ids.ts';
import { instantOfMs, instantOfUnix, unixOf, type Instant } from '../../protocol/instant.ts';
import { signCheckpoint, type TreeHead } from '../../protocol/log/checkpoint.ts';
import { formatVkey, noteKey, noteKeyTypes, type NoteKey } from '../../protocol/log/note.ts';
import { writeKeyRecord } from '../../protocol/log/record.ts';
import type { NodeSecrets } from '../keys/node-secrets.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store, Writer } from '../store/store.ts';
import { peerQueries } from './queries.ts';

/** This hospital's node as it speaks: its name, its keys, and what it says of itself. */
export interface OwnNode {
  readonly name: NodeName;
  readonly url: NodeUrl;
  readonly title: string;
  readonly origin: Origin;
  readonly secrets: NodeSecrets;
  readonly maxBundle: number;
  readonly logKey: NoteKey;
  readonly witnessKey: NoteKey;
  readonly identityKey: NoteKey;
  readonly identityVkey: string;
  readonly logVkey: string;
  readonly witnessVkey: string;
  readonly httpKey: SigningKey;
  /** The newest card; its leaf is in the log. */
  card(): Card;
  signHead(head: TreeHead): string;
}

/** Who queues leaves: the sequencer, which needs the log's key first. */
export interface CardLog {
  queue(writer: Writer, leaf: { readonly type: 'key'; readonly record: Uint8Array }): Promise<unknown>;
}

export interface OwnNodeOptions {
  readonly name: NodeName;
  readonly url: NodeUrl;
  readonly title: string;
  readonly secrets: NodeSecrets;
  /** Bytes of plaintext that a bundle to this node may have. */
  readonly maxBundle: number;
}

/** A card is signed anew when its text would change, and daily, so that peers see a live node (Spec §1). */
const cardRenewMs = 24 * 3_600_000;
const cardLifeMs = 30 * 24 * 3_600_000;
const cardFact = 'card';

/** Everything about the node that needs no database: names and keys. `card()` fails until `renewCard` ran once. */
export function ownNodeOf(options: OwnNodeOptions): OwnNode & { setCard(card: Card): void } {
  const { name, secrets } = options;
  const origin = parseOrigin(`${name}/log`);
  const logKey = noteKey(origin, noteKeyTypes.ed25519, secrets.log.publicKey, logCrypto);
  const witnessKey = noteKey(`${name}/witness`, noteKeyTypes.cosignature, secrets.cosign.publicKey, logCrypto);
  const identityKey = noteKey(name, noteKeyTypes.ed25519, secrets.identity.publicKey, logCrypto);
  let newest: Card | undefined;
  return {
    ...options,
    origin,
    logKey,
    witnessKey,
    identityKey,
    identityVkey: formatVkey(identityKey),
    logVkey: formatVkey(logKey),
    witnessVkey: formatVkey(witnessKey),
    httpKey: secrets.http,
    card: () => {
      if (newest === undefined) throw new Error('the card is read before it was signed');
      return newest;
    },
    setCard: (card) => {
      newest = card;
    },
    signHead: (head) => signCheckpoint(head, logKey, (message) => secrets.log.sign(message)),
  };
}

/** Reads the newest card that was signed; `undefined` before the first. */
export async function loadCard(own: OwnNode & { setCard(card: Card): void }, store: Store): Promise<Card | undefined> {
  const row = await store.read((reader) => reader.first(peerQueries.fact, { name: cardFact }));
  if (row === undefined) return undefined;
  const card = parseCard(row.value, own.identityVkey, logCrypto);
  own.setCard(card);
  return card;
}

/**
 * Reads the newest card, and signs another when there is none, when it would say something else now, or when it is a day
 * old. Each new serial is a `key` leaf of the node's own log, in the same transaction. True when the card is new.
 */
export async function renewCard(
  own: OwnNode & { setCard(card: Card): void },
  store: Store,
  log: CardLog,
  clock: Clock,
): Promise<boolean> {
  const old = await loadCard(own, store);
  const now = clock.now();
  if (old !== undefined && now - instantOfUnix(old.serial) < cardRenewMs && saysTheSame(old, own)) return false;
  const serial = Math.max(unixOf(now), (old?.serial ?? 0) + 1);
  const note = writeCard(
    fieldsOf(own, serial, now),
    own.identityKey,
    (message) => own.secrets.identity.sign(message),
    logCrypto,
  );
  const card = parseCard(note, own.identityVkey, logCrypto);
  await store.write(async (writer) => {
    await writer.run(peerQueries.putFact, { name: cardFact, value: note });
    await log.queue(writer, { type: 'key', record: writeKeyRecord({ card: logCrypto.sha256(utf8(note)), serial }) });
  });
  own.setCard(card);
  return true;
}

function fieldsOf(own: OwnNode, serial: number, now: Instant): CardFields {
  return {
    name: own.name,
    url: own.url,
    serial,
    notAfter: instantOfMs(Math.floor((now + cardLifeMs) / 1000) * 1000),
    title: own.title,
    keys: own.secrets.published.map(({ use, key, from, until }) => ({ use: cardUse(use), key, from, until })),
    revoked: own.secrets.revoked.map(({ use, key, time }) => ({ use: cardUse(use), key, at: time })),
    logs: [{ origin: own.origin, vkey: own.logKey, prefix: logPrefix(own.url, own.origin) }],
    suites: [2, 1],
    maxBundle: own.maxBundle,
  };
}

function saysTheSame(card: Card, own: OwnNode): boolean {
  const at = instantOfUnix(card.serial);
  const again = { ...fieldsOf(own, card.serial, at), notAfter: card.notAfter };
  const note = writeCard(again, own.identityKey, (message) => own.secrets.identity.sign(message), logCrypto);
  return note === card.note;
}

function cardUse(use: string): 'box' | 'cosign' | 'http' | 'xwing' {
  if (use === 'box' || use === 'cosign' || use === 'http' || use === 'xwing') return use;
  throw new Error(`a ${use} key is on no card`);
}
