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
import { noteAct } from './acts.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import { changeRow, choosePositions, emptyRow, finish, noFault, runsMax, type PairingPorts } from './pairing-run.ts';

/** Makes an invitation that lives a day (Spec §2). */
export async function invite(
  ports: PairingPorts,
  by: string,
): Promise<{ link: string; expires: Instant; invitation: string }> {
  const id = ports.random.bytes(invitationIdBytes);
  const now = ports.clock.now();
  const expires = instantOfMs(Math.floor((now + invitationLifetimeMs) / 1000) * 1000);
  const row = emptyRow(ports, id, expires);
  await ports.store.write(async (writer) => {
    await writer.run(pairingQueries.put, row);
    await noteAct(writer, ports, 'peer-invited', { peer: null, by });
  });
  const { url, name, identityKey } = ports.own;
  const link = writeInvitation({ url, name, identity: identityKey, id, expires });
  return { link, expires, invitation: row.invitation };
}

/**
 * The host's answer to a step; `undefined` where the stranger's 401 is due. `verify` holds the request against the guest's
 * card. Each step is judged and written in one transaction: the administrator may be typing at the same moment.
 */
export async function answerStep(
  ports: PairingPorts,
  id: Uint8Array,
  request: PairRequest,
  verify: (card: Card) => void,
): Promise<PairAnswer | undefined> {
  const now = ports.clock.now();
  let answer: PairAnswer | undefined;
  const row = await changeRow(ports, toBase64Url(id), (held) => {
    if (held.role !== 'host' || held.expires_at <= now || held.step === 'ended') return undefined;
    const judged = judgeStep(ports, held, request, verify);
    answer = judged?.answer;
    return judged?.row;
  });
  const isBothConfirmed = row?.step === 'revealed' && row.own_confirmed === 1 && row.peer_confirmed === 1;
  if (answer?.step === 3 && row !== undefined && isBothConfirmed && !(await finish(ports, row))) return undefined;
  return answer;
}

interface Judged {
  /** Without it nothing changes. */
  readonly row?: PairingRow;
  readonly answer?: PairAnswer;
}

function judgeStep(
  ports: PairingPorts,
  row: PairingRow,
  request: PairRequest,
  verify: (card: Card) => void,
): Judged | undefined {
  if (request.step === 1) return judgeFirst(ports, row, request, verify);
  if (row.guest_card === null || row.identity_vkey === null || row.host_card === null) return undefined;
  verify(parseCard(row.guest_card, row.identity_vkey, logCrypto));
  if (request.step === 2) return judgeSecond(ports, row, request.random);
  const expected = row.step === 'done' ? sha256(request.confirm) : request.confirm;
  if (row.transcript === null || !equalBytes(row.transcript, expected)) return undefined;
  const answer = { step: 3, confirmed: row.own_confirmed === 1 } as const;
  return row.step === 'revealed' && row.peer_confirmed === 0
    ? { row: { ...row, peer_confirmed: 1 }, answer }
    : { answer };
}

function judgeFirst(
  ports: PairingPorts,
  row: PairingRow,
  request: PairRequest & { step: 1 },
  verify: (card: Card) => void,
): Judged | undefined {
  if (request.identity === undefined || row.step === 'done') return undefined;
  const card = parseCard(request.card, request.identity, logCrypto);
  verify(card);
  if (card.name === ports.own.name) return undefined;
  const again =
    row.guest_card === request.card && row.peer_commit !== null && equalBytes(row.peer_commit, request.commit);
  if (again && row.host_card !== null) return { answer: { step: 1, card: row.host_card, random: row.own_random } };
  const runs = row.step === 'invited' ? row.runs : row.runs + 1;
  if (runs >= runsMax)
    return { row: { ...row, step: 'ended', runs, detail: 'Three runs were begun and not finished.' } };
  const next: PairingRow = {
    ...row,
    ...noFault,
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
  return { row: next, answer: { step: 1, card: ports.own.card().note, random: next.own_random } };
}

function judgeSecond(ports: PairingPorts, row: PairingRow, random: Uint8Array): Judged | undefined {
  if (row.peer_commit === null || row.host_card === null || row.guest_card === null) return undefined;
  const id = parseBase64Url(row.invitation, invitationIdBytes);
  checkCommitment(row.peer_commit, id, random, logCrypto);
  const answer = { step: 2 } as const;
  if (row.step !== 'committed') return { answer };
  const run = {
    id,
    hostCard: row.host_card,
    guestCard: row.guest_card,
    hostRandom: row.own_random,
    guestRandom: random,
  };
  const next: PairingRow = {
    ...row,
    step: 'revealed',
    peer_random: random,
    transcript: transcript(run, logCrypto),
    positions: choosePositions(ports.random),
    detail: 'Read your words to the other side and type the ones it reads to you.',
  };
  return { row: next, answer };
}
