import { ProtocolError } from '../../protocol/errors.ts';
import { parseProblem } from '../../protocol/http/problem.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import type { NoteKey } from '../../protocol/log/note.ts';
import { parseReceiptAnswer } from '../../protocol/messages.ts';
import { findReceiverLog, verifyReceipt, type Outcome as ReceiptOutcome } from '../../protocol/receipt.ts';
import { logKeysOf } from '../peers/cards.ts';
import type { Peer } from '../peers/directory.ts';
import { TransportError, type SignedAnswer } from '../peers/transport.ts';
import type { Departing } from './deliver.ts';
import { outcomeOf, type Outcome } from './delivery-outcome.ts';
import type { OutboxPorts } from './outbox-ports.ts';

/**
 * Judges the answer to a commit. A receipt counts only when the receiver's log signed a checkpoint in which the received
 * leaf of exactly this record stands; everything else is no answer (Spec §5).
 */
export async function settleWith(
  ports: OutboxPorts,
  departing: Departing,
  answer: SignedAnswer,
  checkpointSize: number | undefined,
): Promise<Outcome> {
  if (answer.status === 202) return { kind: 'verifying', waitMs: answer.retryAfterMs };
  if (answer.status === 200) {
    const { receipt, cosignature } = parseReceiptAnswer(answer.body);
    const size = await judgeReceipt(ports, departing, receipt, 'received');
    if (cosignature === undefined || checkpointSize === undefined) return { kind: 'delivered', proof: receipt, size };
    // Not awaited here: it is stored in the commit that ends the delivery.
    const cosigned = takeCosignature(ports, departing.peer, checkpointSize, cosignature);
    cosigned.catch(() => undefined); // Who ends the delivery awaits it, and is told.
    return { kind: 'delivered', proof: receipt, size, cosigned };
  }
  const problem = parseProblem(answer.body);
  if (answer.status === 422 && problem.proof !== undefined) {
    const size = await judgeReceipt(ports, departing, problem.proof, 'refused');
    return { kind: 'refused', proof: problem.proof, size, problem };
  }
  // Commits are judged by what the receiver proves; a signed 4xx without a leaf is mended or tried again.
  if (problem.code === 'REC_LOG_SIZE' || problem.code === 'REC_NOT_WITNESSED' || problem.code === 'REC_PARTS_MISSING')
    return { kind: 'again', problem, retryAfterMs: answer.retryAfterMs };
  return outcomeOf(answer);
}

/** What is no cosignature changes nothing: the receipt counts without it. */
async function takeCosignature(ports: OutboxPorts, peer: Peer, size: number, line: string): Promise<void> {
  try {
    await ports.heads.takeCosignature(peer, size, line);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    ports.diagnostics.warn('cosignature-refused', { peer: peer.name });
  }
}

/** The size of the receiver's log that the proof was made for; a proof that does not hold counts as no answer (Spec §5). */
export async function judgeReceipt(
  ports: OutboxPorts,
  departing: Pick<Departing, 'peer' | 'record'>,
  proof: string,
  outcome: ReceiptOutcome,
): Promise<number> {
  try {
    const key = await receiverLogKey(ports, departing);
    if (key === undefined) throw new ProtocolError('unknown-key', 'no card names the log of the record');
    return verifyReceipt(proof, outcome, departing.record, key, logCrypto).head.size;
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new TransportError('NET_UNSIGNED', 'the receipt does not prove what it claims; it counts as no answer', {
      cause,
    });
  }
}

/** The log key of the receiver as any of its cards names it: receipts outlive cards. */
async function receiverLogKey(
  ports: OutboxPorts,
  { peer, record }: Pick<Departing, 'peer' | 'record'>,
): Promise<NoteKey | undefined> {
  const now = findReceiverLog(record, logKeysOf(peer.card));
  if (now !== undefined) return now;
  const cards = await ports.store.read((reader) => ports.directory.cards(reader, peer.name));
  return findReceiverLog(record, cards.flatMap(logKeysOf));
}
