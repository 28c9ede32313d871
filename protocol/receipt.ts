import { ProtocolError } from './errors.ts';
import { isIncluded, verifyProof, type LogProof } from './log/proof.ts';
import type { LogCrypto } from './log/crypto.ts';
import { leafOfRecord, type LeafType } from './log/entry.ts';
import type { NoteKey } from './log/note.ts';
import { parseSentRecord } from './log/record.ts';

/** How a transfer ended at the receiver: each is a leaf of the receiver's log (Spec §6). */
export type Outcome = 'received' | 'refused';

/**
 * Reads a receipt, or the proof of a refusal, and believes it: the log that the record is addressed to signed a
 * checkpoint in which the leaf of exactly this record stands with exactly this outcome. Fails for everything else:
 * another bundle's leaf, another outcome, another log, the sender's own proof (Spec §5).
 */
export function verifyReceipt(
  text: string,
  outcome: Outcome,
  record: Uint8Array,
  receiverLog: NoteKey,
  crypto: LogCrypto,
): LogProof {
  if (parseSentRecord(record).to !== receiverLog.name)
    throw new ProtocolError('signature-mismatch', 'the receipt is not of the log that the record is addressed to');
  return verifyProof(text, leafOfRecord(outcome, record, crypto), receiverLog, crypto);
}

/** The log key that a receipt must be held against: the one of the record's receiver among a card's logs. */
export function findReceiverLog(record: Uint8Array, keys: readonly NoteKey[]): NoteKey | undefined {
  const { to } = parseSentRecord(record);
  return keys.find((key) => key.name === to);
}

/**
 * Whether the sender's proof leads from the `sent` leaf of this record to its checkpoint. Who signed the checkpoint is
 * not asked here: the receiver holds the head against those it has cosigned (Spec §5, commit).
 */
export function isLogged(proof: LogProof, type: LeafType, record: Uint8Array, crypto: LogCrypto): boolean {
  return isIncluded(proof, leafOfRecord(type, record, crypto), crypto);
}
