import { equalBytes, parseBase64Url, toBase64Url } from '../../protocol/bytes.ts';
import { parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import {
  checkCommitment,
  invitationIdBytes,
  invitationLifetimeMs,
  pairRandomBytes,
  transcript,
  writeInvitation,
  type PairAnswer,
  type PairRequest,
} from '../../protocol/pairing.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import { choosePositions, emptyRow, finish, put, runsMax, type PairingPorts } from './pairing-run.ts';

/** Makes an invitation that lives a day (Spec §2). */
export async function invite(ports: PairingPorts): Promise<{ link: string; expires: Instant }> {
  const id = ports.random.bytes(invitationIdBytes);
  const now = ports.clock.now();
  const expires = instantOfMs(Math.floor((now + invitationLifetimeMs) / 1000) * 1000);
  await put(ports, { ...emptyRow(ports, id, expires), role: 'host', step: 'invited' });
  const { url, name, identityKey } = ports.own;
  return { link: writeInvitation({ url, name, identity: identityKey, id, expires }), expires };
}

/** The host's answer to a step; `undefined` where the stranger's 401 is due. `verify` holds the request against the guest's card. */
export async function answerStep(
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
  const expected = row.step === 'done' ? sha256(request.confirm) : request.confirm;
  if (row.transcript === null || !equalBytes(row.transcript, expected)) return undefined;
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
