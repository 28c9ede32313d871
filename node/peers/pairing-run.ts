import { toBase64Url } from '../../protocol/bytes.ts';
import { parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { sixWords } from '../../protocol/pairing.ts';
import { peerToken, type AccessTokens } from '../exchange-log/tokens.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import { suiteFloorOf } from './cards.ts';
import type { PeerDirectory } from './directory.ts';
import type { OwnNode } from './own-node.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import type { PeerTransport } from './transport.ts';

/** A pairing under way, as both administrators see it. */
export interface PairingStatus {
  readonly invitation: string;
  readonly role: 'host' | 'guest';
  readonly peer: string | undefined;
  readonly title: string | undefined;
  readonly state: 'invited' | 'confirming';
  readonly detail: string;
  /** The six words to read out to the other side. */
  readonly words: readonly string[];
  /** Which of the other side's words to type, counted from 1. */
  readonly type: readonly number[];
  readonly confirmedHere: boolean;
  readonly confirmedThere: boolean;
  readonly expires: Instant;
}

export interface PairingPorts {
  readonly own: OwnNode;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly directory: PeerDirectory;
  readonly tokens: AccessTokens;
  readonly transport: PeerTransport;
  readonly clock: Clock;
  readonly random: Random;
}

export const runsMax = 3;
const typedWords = 3;
const wordCount = 6;
const transcriptPurpose = 'peer.transcript';

export async function finish(ports: PairingPorts, row: PairingRow): Promise<void> {
  const note = row.role === 'host' ? row.guest_card : row.host_card;
  if (note === null || row.identity_vkey === null || row.transcript === null) throw noPairing(row.peer ?? '');
  const card = parseCard(note, row.identity_vkey, logCrypto);
  const { own, directory, keyring, tokens, clock } = ports;
  const known = directory.find(card.name);
  const now = clock.now();
  // Before the peer: a token of nobody harms nobody, a peer without its token could not read our log.
  await tokens.putPeer(card.name, peerToken(row.transcript, own.name, card.name));
  await directory.save(
    {
      name: card.name,
      state: 'paired',
      since: now,
      title: card.title,
      url: card.url,
      card:
        known !== undefined && known.card.serial > card.serial && known.card.identityVkey === card.identityVkey
          ? known.card
          : card,
      cardSeenAt: now,
      suiteFloor: suiteFloorOf(known?.card.identityVkey === card.identityVkey ? known : undefined, card),
      detail: '',
      lastSpokeAt: now,
      transcript: keyring.sealOwn(transcriptPurpose, row.transcript),
    },
    async (writer) => {
      if (row.transcript === null) return;
      await writer.run(pairingQueries.put, {
        ...row,
        step: 'done',
        // The guest may not have had the answer to its step 3: the digest of T is enough to know it again.
        transcript: row.role === 'host' ? sha256(row.transcript) : null,
        own_confirmed: 1,
        peer_confirmed: 1,
      });
    },
  );
}

/** The Bearer with which we read this peer's log; `undefined` for peers without a transcript. */
export function tokenForPeer(
  ports: Pick<PairingPorts, 'keyring' | 'own'>,
  peer: { readonly name: Card['name']; readonly transcript: Uint8Array | undefined },
): string | undefined {
  if (peer.transcript === undefined) return undefined;
  return peerToken(ports.keyring.openOwn(transcriptPurpose, peer.transcript), peer.name, ports.own.name);
}

export async function endRun(ports: PairingPorts, row: PairingRow, detail: string): Promise<void> {
  const runs = row.runs + 1;
  const over = row.role === 'guest' || runs >= runsMax;
  await put(ports, {
    ...row,
    step: over ? 'ended' : 'invited',
    runs,
    transcript: null,
    guest_card: null,
    peer_commit: null,
    detail,
  });
}

export async function put(ports: PairingPorts, row: PairingRow): Promise<void> {
  await ports.store.write(async (writer) => {
    await writer.run(pairingQueries.put, row);
  });
}

export function emptyRow(ports: PairingPorts, id: Uint8Array, expires: Instant): PairingRow {
  return {
    invitation: toBase64Url(id),
    role: 'host',
    peer: null,
    peer_url: null,
    identity_vkey: null,
    step: 'invited',
    own_random: new Uint8Array(0),
    peer_random: null,
    peer_commit: null,
    host_card: null,
    guest_card: null,
    transcript: null,
    positions: '',
    own_confirmed: 0,
    peer_confirmed: 0,
    runs: 0,
    created_at: ports.clock.now(),
    expires_at: expires,
    detail: '',
  };
}

export function statusOf(row: PairingRow): PairingStatus {
  const card = row.role === 'host' ? row.guest_card : row.host_card;
  return {
    invitation: row.invitation,
    role: row.role,
    peer: row.peer ?? undefined,
    title: card === null ? undefined : /^title (.*)$/m.exec(card)?.[1],
    state: row.transcript === null ? 'invited' : 'confirming',
    detail: row.detail,
    words: row.transcript === null ? [] : sixWords(row.transcript),
    type: row.positions === '' ? [] : row.positions.split(' ').map((position) => Number(position) + 1),
    confirmedHere: row.own_confirmed === 1,
    confirmedThere: row.peer_confirmed === 1,
    expires: instantOfMs(row.expires_at),
  };
}

export function wordsFit(row: PairingRow, typed: readonly string[]): boolean {
  if (row.transcript === null || typed.length !== typedWords) return false;
  const words = sixWords(row.transcript);
  return row.positions.split(' ').every((position, i) => words[Number(position)] === typed[i]?.trim().toLowerCase());
}

/** Three different positions, ascending, so that the administrator types in the order of reading. */
export function choosePositions(random: Random): string {
  const left = Array.from({ length: wordCount }, (_, i) => i);
  const chosen: number[] = [];
  while (chosen.length < typedWords) {
    const [byte = 0] = random.bytes(1);
    const [position] = left.splice(byte % left.length, 1);
    if (position !== undefined) chosen.push(position);
  }
  return chosen.toSorted((a, b) => a - b).join(' ');
}

export function noPairing(peer: string): OperationError {
  return new OperationError('not-found', 'no-pairing', `No pairing with ${peer} waits for words here.`);
}
