import { equalBytes, parseBase64Url, toBase64Url } from '../../protocol/bytes.ts';
import { findLiveKeys, parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import {
  checkCommitment,
  commitTo,
  invitationIdBytes,
  invitationLifetimeMs,
  pairRandomBytes,
  parseInvitation,
  parsePairAnswer,
  sixWords,
  transcript,
  writeInvitation,
  writePairRequest,
  type PairAnswer,
  type PairRequest,
} from '../../protocol/pairing.ts';
import { formatVkey } from '../../protocol/log/note.ts';
import { peerToken, type AccessTokens } from '../exchange-log/tokens.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import type { PeerDirectory } from './directory.ts';
import type { OwnNode } from './own-node.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import { TransportError, type PeerTransport } from './transport.ts';

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

/** Pairing of protocol.md §2: nothing is trusted because the network said so. */
export interface Pairing {
  /** Makes an invitation: the link and QR text that the other hospital opens. */
  invite(): Promise<{ readonly link: string; readonly expires: Instant }>;
  /** Opens another hospital's invitation and runs steps 1 and 2 with it. */
  accept(link: string): Promise<PairingStatus>;
  /** Takes the three words that this side's administrator typed. A wrong word ends the run. */
  confirm(peer: string, words: readonly string[]): Promise<'paired' | 'waiting-for-the-other-side'>;
  list(): Promise<readonly PairingStatus[]>;
  /** The host's side of a step, after the door has read the body; `verify` checks the request under the guest's card. */
  answer(id: Uint8Array, request: PairRequest, verify: (card: Card) => void): Promise<PairAnswer | undefined>;
  /** Repeats step 3 for guests that were confirmed here; a job calls it every 5 s. */
  repeatConfirmations(): Promise<void>;
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

const runsMax = 3;
const typedWords = 3;
const wordCount = 6;
const transcriptPurpose = 'peer.transcript';

export function openPairing(ports: PairingPorts): Pairing {
  const { store, clock } = ports;
  return {
    invite: async () => invite(ports),
    accept: async (link) => accept(ports, link),
    confirm: async (peer, words) => {
      const row = await store.read((reader) => reader.first(pairingQueries.ofPeer, { peer, now: clock.now() }));
      if (row?.transcript === undefined || row.transcript === null) throw noPairing(peer);
      if (!wordsFit(row, words)) {
        await endRun(ports, row, 'A wrong word was typed here: the run ended. Begin again with the invitation.');
        throw new OperationError(
          'denied',
          'wrong-words',
          'The words are not the ones this side expects. The run has ended and nothing is trusted. Ask the other hospital to read out its words once more; if they differ again, somebody stands between you.',
        );
      }
      const confirmed = { ...row, own_confirmed: 1 };
      await put(ports, confirmed);
      if (row.role === 'guest')
        return (await sendConfirmation(ports, confirmed)) ? 'paired' : 'waiting-for-the-other-side';
      if (row.peer_confirmed === 0) return 'waiting-for-the-other-side';
      await finish(ports, confirmed);
      return 'paired';
    },
    list: async () => {
      const rows = await store.read((reader) => reader.all(pairingQueries.open, { now: clock.now() }));
      return rows.map(statusOf);
    },
    answer: async (id, request, verify) => answerStep(ports, id, request, verify),
    repeatConfirmations: async () => {
      const rows = await store.read((reader) => reader.all(pairingQueries.open, { now: clock.now() }));
      for (const row of rows) if (row.role === 'guest' && row.own_confirmed === 1) await sendConfirmation(ports, row);
    },
  };
}

async function invite(ports: PairingPorts): Promise<{ link: string; expires: Instant }> {
  const id = ports.random.bytes(invitationIdBytes);
  const now = ports.clock.now();
  const expires = instantOfMs(Math.floor((now + invitationLifetimeMs) / 1000) * 1000);
  await put(ports, { ...emptyRow(ports, id, expires), role: 'host', step: 'invited' });
  const { url, name, identityKey } = ports.own;
  return { link: writeInvitation({ url, name, identity: identityKey, id, expires }), expires };
}

async function accept(ports: PairingPorts, link: string): Promise<PairingStatus> {
  const invitation = parseInvitation(link, logCrypto);
  const { name, id, url } = invitation;
  if (name === ports.own.name)
    throw new OperationError('invalid', 'own-invitation', 'This invitation is of this node itself.');
  if (ports.clock.now() >= invitation.expires)
    throw new OperationError('invalid', 'invitation-expired', 'The invitation has expired. Ask for a new one.');
  const guestRandom = ports.random.bytes(pairRandomBytes);
  const guestCard = ports.own.card().note;
  const hostVkey = formatVkey(invitation.identity);
  const first = await step(ports, url, id, name, hostVkey, {
    step: 1,
    card: guestCard,
    commit: commitTo(id, guestRandom, logCrypto),
    identity: ports.own.identityVkey,
  });
  if (first.step !== 1) throw new ProtocolError('malformed-pairing', 'expected the answer to step 1');
  const hostCard = parseCard(first.card, hostVkey, logCrypto);
  if (hostCard.url !== url || hostCard.name !== name)
    throw new ProtocolError('malformed-pairing', 'the card names another node or address than the invitation');
  const run = { id, hostCard: first.card, guestCard, hostRandom: first.random, guestRandom };
  const row: PairingRow = {
    ...emptyRow(ports, id, invitation.expires),
    role: 'guest',
    peer: name,
    peer_url: url,
    identity_vkey: hostVkey,
    step: 'revealed',
    own_random: guestRandom,
    peer_random: first.random,
    host_card: first.card,
    guest_card: guestCard,
    transcript: transcript(run, logCrypto),
    positions: choosePositions(ports.random),
  };
  await step(ports, url, id, name, hostVkey, { step: 2, random: guestRandom }, hostCard);
  await put(ports, row);
  return statusOf(row);
}

/** One signed step, guest to host; the answer is judged by the card that the host sent, under the invitation's key. */
async function step(
  ports: PairingPorts,
  url: Card['url'],
  id: Uint8Array,
  name: Card['name'],
  hostVkey: string,
  request: PairRequest,
  hostCard?: Card,
): Promise<PairAnswer> {
  const now = ports.clock.now();
  const keysIn = (body: Uint8Array): Card['keys'] => {
    const answer = parsePairAnswer(1, body);
    return findLiveKeys(parseCard(answer.card, hostVkey, logCrypto), 'http', now);
  };
  const answer = await ports.transport.call(
    { name, url, httpKeys: hostCard === undefined ? keysIn : findLiveKeys(hostCard, 'http', now) },
    {
      method: 'POST',
      path: targetOf({ name: 'pair', invitation: id }),
      content: { body: writePairRequest(request), type: mediaTypes.json },
      tag: 'fernpost-pair/v1',
    },
  );
  if (answer.status !== 200)
    throw new OperationError(
      'conflict',
      'pairing-refused',
      `The other node refused step ${request.step} of the pairing: the invitation is used up, ended or expired. Ask for a new one.`,
    );
  return parsePairAnswer(request.step, answer.body);
}

async function answerStep(
  ports: PairingPorts,
  id: Uint8Array,
  request: PairRequest,
  verify: (card: Card) => void,
): Promise<PairAnswer | undefined> {
  const now = ports.clock.now();
  const row = await ports.store.read((reader) => reader.first(pairingQueries.get, { invitation: toBase64Url(id) }));
  if (row === undefined || row.role !== 'host' || row.expires_at <= now || row.step === 'ended') return undefined;
  if (request.step === 1) return answerFirst(ports, row, request, verify);
  if (row.guest_card === null || row.identity_vkey === null || row.host_card === null) return undefined;
  verify(parseCard(row.guest_card, row.identity_vkey, logCrypto));
  if (request.step === 2) return answerSecond(ports, row, request.random);
  if (row.transcript === null || !equalBytes(row.transcript, request.confirm)) return undefined;
  const confirmed = { ...row, peer_confirmed: 1 };
  if (row.step === 'revealed') {
    await put(ports, confirmed);
    if (row.own_confirmed === 1) await finish(ports, confirmed);
  }
  return { step: 3, confirmed: row.own_confirmed === 1 };
}

async function answerFirst(
  ports: PairingPorts,
  row: PairingRow,
  request: PairRequest & { step: 1 },
  verify: (card: Card) => void,
): Promise<PairAnswer | undefined> {
  if (request.identity === undefined || row.step === 'done') return undefined;
  const card = parseCard(request.card, request.identity, logCrypto);
  verify(card);
  if (card.name === ports.own.name) return undefined;
  const again =
    row.guest_card === request.card && row.peer_commit !== null && equalBytes(row.peer_commit, request.commit);
  if (again && row.host_card !== null) return { step: 1, card: row.host_card, random: row.own_random };
  const runs = row.step === 'invited' ? row.runs : row.runs + 1;
  if (runs >= runsMax) {
    await put(ports, { ...row, step: 'ended', runs, detail: 'Three runs were begun and not finished.' });
    return undefined;
  }
  const next: PairingRow = {
    ...row,
    runs,
    peer: card.name,
    peer_url: card.url,
    identity_vkey: request.identity,
    step: 'committed',
    own_random: ports.random.bytes(pairRandomBytes),
    peer_commit: request.commit,
    peer_random: null,
    host_card: ports.own.card().note,
    guest_card: request.card,
    transcript: null,
    own_confirmed: 0,
    peer_confirmed: 0,
    detail: `${card.title} opened the invitation.`,
  };
  await put(ports, next);
  return { step: 1, card: ports.own.card().note, random: next.own_random };
}

async function answerSecond(ports: PairingPorts, row: PairingRow, random: Uint8Array): Promise<PairAnswer | undefined> {
  if (row.peer_commit === null || row.host_card === null || row.guest_card === null) return undefined;
  const id = parseBase64Url(row.invitation, invitationIdBytes);
  checkCommitment(row.peer_commit, id, random, logCrypto);
  if (row.step !== 'committed') return { step: 2 };
  const run = {
    id,
    hostCard: row.host_card,
    guestCard: row.guest_card,
    hostRandom: row.own_random,
    guestRandom: random,
  };
  await put(ports, {
    ...row,
    step: 'revealed',
    peer_random: random,
    transcript: transcript(run, logCrypto),
    positions: choosePositions(ports.random),
    detail: 'Read your words to the other side and type the ones it reads to you.',
  });
  return { step: 2 };
}

/** Sends step 3; true when the host has confirmed too, and the peer is paired from then on. */
async function sendConfirmation(ports: PairingPorts, row: PairingRow): Promise<boolean> {
  if (row.host_card === null || row.identity_vkey === null || row.transcript === null) return false;
  const host = parseCard(row.host_card, row.identity_vkey, logCrypto);
  try {
    const id = parseBase64Url(row.invitation, invitationIdBytes);
    const request = { step: 3, confirm: row.transcript } as const;
    const answer = await step(ports, host.url, id, host.name, row.identity_vkey, request, host);
    if (answer.step !== 3 || !answer.confirmed) return false;
  } catch (error) {
    if (error instanceof TransportError) return false;
    throw error;
  }
  await finish(ports, { ...row, peer_confirmed: 1 });
  return true;
}

async function finish(ports: PairingPorts, row: PairingRow): Promise<void> {
  const note = row.role === 'host' ? row.guest_card : row.host_card;
  if (note === null || row.identity_vkey === null || row.transcript === null) throw noPairing(row.peer ?? '');
  const card = parseCard(note, row.identity_vkey, logCrypto);
  const { own, directory, keyring, tokens, clock } = ports;
  const known = directory.find(card.name);
  const now = clock.now();
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
      suiteFloor: 1,
      detail: '',
      lastSpokeAt: now,
      transcript: keyring.sealOwn(transcriptPurpose, row.transcript),
    },
    async (writer) => {
      await writer.run(pairingQueries.put, {
        ...row,
        step: 'done',
        transcript: null,
        own_confirmed: 1,
        peer_confirmed: 1,
      });
    },
  );
  await tokens.putPeer(card.name, peerToken(row.transcript, own.name, card.name));
}

/** The Bearer with which we read this peer's log; `undefined` for peers without a transcript. */
export function tokenForPeer(
  ports: Pick<PairingPorts, 'keyring' | 'own'>,
  peer: { readonly name: Card['name']; readonly transcript: Uint8Array | undefined },
): string | undefined {
  if (peer.transcript === undefined) return undefined;
  return peerToken(ports.keyring.openOwn(transcriptPurpose, peer.transcript), peer.name, ports.own.name);
}

async function endRun(ports: PairingPorts, row: PairingRow, detail: string): Promise<void> {
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

async function put(ports: PairingPorts, row: PairingRow): Promise<void> {
  await ports.store.write(async (writer) => {
    await writer.run(pairingQueries.put, row);
  });
}

function emptyRow(ports: PairingPorts, id: Uint8Array, expires: Instant): PairingRow {
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

function statusOf(row: PairingRow): PairingStatus {
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

function wordsFit(row: PairingRow, typed: readonly string[]): boolean {
  if (row.transcript === null || typed.length !== typedWords) return false;
  const words = sixWords(row.transcript);
  return row.positions.split(' ').every((position, i) => words[Number(position)] === typed[i]?.trim().toLowerCase());
}

/** Three different positions, ascending, so that the administrator types in the order of reading. */
function choosePositions(random: Random): string {
  const left = Array.from({ length: wordCount }, (_, i) => i);
  const chosen: number[] = [];
  while (chosen.length < typedWords) {
    const [byte = 0] = random.bytes(1);
    const [position] = left.splice(byte % left.length, 1);
    if (position !== undefined) chosen.push(position);
  }
  return chosen.toSorted((a, b) => a - b).join(' ');
}

function noPairing(peer: string): OperationError {
  return new OperationError('not-found', 'no-pairing', `No pairing with ${peer} waits for words here.`);
}
