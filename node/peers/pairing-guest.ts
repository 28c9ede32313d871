import { equalBytes, parseBase64Url } from '../../protocol/bytes.ts';
import { findLiveKeys, parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseNodeName, parseNodeUrl } from '../../protocol/ids.ts';
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
import { noteAct } from './acts.ts';
import { failedRow } from './pairing-faults.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import { changeRow, choosePositions, emptyRow, finish, noFault, type PairingPorts } from './pairing-run.ts';
import type { PairingStepName } from './pairing-status.ts';

/** An invitation that ended so long ago was never made: its last member, the time, has lost digits. */
const wholeMs = 5 * 365 * 86_400_000;

/** Writes down that an invitation was opened here; `advance` goes to its host with it (Spec §2). */
export async function begin(ports: PairingPorts, link: string, by: string): Promise<PairingRow> {
  const invitation = parseInvitation(link, logCrypto);
  const { name, id, url } = invitation;
  if (name === ports.own.name)
    throw new OperationError('invalid', 'own-invitation', 'This invitation is of this node itself.');
  if (ports.clock.now() >= invitation.expires + wholeMs)
    throw new OperationError(
      'invalid',
      'invitation-cut',
      'The invitation is not whole: letters at its end are missing. Nothing was changed: copy it again, to its end.',
    );
  if (ports.clock.now() >= invitation.expires)
    throw new OperationError('invalid', 'invitation-expired', 'The invitation has expired. Ask for a new one.');
  const row: PairingRow = {
    ...emptyRow(ports, id, invitation.expires),
    role: 'guest',
    peer: name,
    peer_url: url,
    identity_vkey: formatVkey(invitation.identity),
    own_random: ports.random.bytes(pairRandomBytes),
    guest_card: ports.own.card().note,
  };
  await ports.store.write(async (writer) => {
    const held = await writer.first(pairingQueries.get, { invitation: row.invitation });
    if (held?.step === 'done')
      throw new OperationError('conflict', 'invitation-used', 'This invitation has served already. Ask for a new one.');
    await writer.run(pairingQueries.put, row);
    await noteAct(writer, ports, 'peer-invitation-opened', { peer: name, by });
  });
  return row;
}

/**
 * Runs steps 1 and 2 with the host. They may be repeated: the host answers the same commitment in the same way. What fails
 * is written down with its step and side before it is thrown.
 */
export async function advance(ports: PairingPorts, row: PairingRow): Promise<PairingRow> {
  let at: PairingStepName = 'contact';
  try {
    const met = await meet(ports, row);
    at = 'words';
    const { host, hostCard, hostRandom } = met;
    await changeRow(ports, row.invitation, (current) =>
      isSameRun(current, row) && (current.step === 'invited' || current.step === 'committed')
        ? { ...current, ...noFault, step: 'committed', host_card: hostCard, peer_random: hostRandom }
        : undefined,
    );
    await step(ports, row, { step: 2, random: row.own_random }, host);
    const run = {
      id: idOf(row),
      hostCard,
      guestCard: row.guest_card ?? '',
      hostRandom,
      guestRandom: row.own_random,
    };
    const revealed = await changeRow(ports, row.invitation, (current) =>
      isSameRun(current, row) && current.step === 'committed'
        ? {
            ...current,
            ...noFault,
            step: 'revealed',
            transcript: transcript(run, logCrypto),
            positions: choosePositions(ports.random),
            detail: '',
          }
        : undefined,
    );
    return revealed ?? row;
  } catch (error) {
    await noteFault(ports, row, at, error);
    throw error;
  }
}

async function meet(ports: PairingPorts, row: PairingRow) {
  const first = await step(ports, row, {
    step: 1,
    card: row.guest_card ?? '',
    commit: commitTo(idOf(row), row.own_random, logCrypto),
    identity: ports.own.identityVkey,
  });
  if (first.step !== 1) throw new ProtocolError('malformed-pairing', 'expected the answer to step 1');
  const host = parseCard(first.card, row.identity_vkey ?? '', logCrypto);
  if (host.url !== row.peer_url || host.name !== row.peer)
    throw new ProtocolError('malformed-pairing', 'the card names another node or address than the invitation');
  return { host, hostCard: first.card, hostRandom: first.random };
}

/** One signed step, guest to host; the answer is judged by the card that the host sent, under the invitation's key. */
async function step(ports: PairingPorts, row: PairingRow, request: PairRequest, hostCard?: Card): Promise<PairAnswer> {
  const now = ports.clock.now();
  const keysIn = (body: Uint8Array): Card['keys'] => {
    const answer = parsePairAnswer(1, body);
    return findLiveKeys(parseCard(answer.card, row.identity_vkey ?? '', logCrypto), 'http', now);
  };
  const answer = await ports.transport.call(
    {
      name: parseNodeName(row.peer ?? ''),
      url: parseNodeUrl(hostCard?.url ?? row.peer_url ?? ''),
      httpKeys: hostCard === undefined ? keysIn : findLiveKeys(hostCard, 'http', now),
    },
    {
      method: 'POST',
      path: targetOf({ name: 'pair', invitation: idOf(row) }),
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
    const answer = await step(ports, row, { step: 3, confirm: row.transcript }, host);
    if (answer.step !== 3 || !answer.confirmed) {
      await clearFault(ports, row);
      return false;
    }
  } catch (error) {
    if (!(await noteFault(ports, row, 'typed-there', error))) throw error;
    return false;
  }
  return finish(ports, { ...row, peer_confirmed: 1 });
}

/** True when it was about the other node, and the row says so now. The same fault again is not written again. */
async function noteFault(ports: PairingPorts, row: PairingRow, at: PairingStepName, error: unknown): Promise<boolean> {
  if (failedRow(row, at, error) === undefined) return false;
  await changeRow(ports, row.invitation, (current) => {
    if (!isSameRun(current, row) || current.step === 'done' || current.step === 'ended') return undefined;
    const failed = failedRow(current, at, error);
    const isKnown =
      failed?.fault_code === current.fault_code &&
      failed.fault_step === current.fault_step &&
      failed.step === current.step;
    return isKnown ? undefined : failed;
  });
  return true;
}

async function clearFault(ports: PairingPorts, row: PairingRow): Promise<void> {
  if (row.fault_step === '') return;
  await changeRow(ports, row.invitation, (current) =>
    isSameRun(current, row) && current.step === 'revealed' ? { ...current, ...noFault, detail: '' } : undefined,
  );
}

function isSameRun(current: PairingRow, row: PairingRow): boolean {
  return equalBytes(current.own_random, row.own_random);
}

function idOf(row: PairingRow): Uint8Array {
  return parseBase64Url(row.invitation, invitationIdBytes);
}
