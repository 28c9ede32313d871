import { parseBase64Url } from '../../protocol/bytes.ts';
import { findLiveKeys, parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { formatVkey } from '../../protocol/log/note.ts';
import {
  commitTo,
  invitationIdBytes,
  pairRandomBytes,
  parseInvitation,
  parsePairAnswer,
  transcript,
  writePairRequest,
  type PairAnswer,
  type PairRequest,
} from '../../protocol/pairing.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { PairingRow } from './pairing-queries.ts';
import {
  choosePositions,
  emptyRow,
  finish,
  put,
  statusOf,
  type PairingPorts,
  type PairingStatus,
} from './pairing-run.ts';
import { TransportError } from './transport.ts';

/** Opens an invitation and runs steps 1 and 2 with its host (Spec §2). */
export async function accept(ports: PairingPorts, link: string): Promise<PairingStatus> {
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

/** Sends step 3; true when the host has confirmed too, and the peer is paired from then on. */
export async function sendConfirmation(ports: PairingPorts, row: PairingRow): Promise<boolean> {
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
