import { toHex } from '../../../../protocol/bytes.ts';
import { logCrypto } from '../../../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import { formatVkey, parseVkey, type NoteKey } from '../../../../protocol/log/note.ts';
import type { CheckKeys, EntryEvidence } from '../../../exchange-log/proof-check.ts';
import type { FormError } from '../../components/form.tsx';

/** The evidence for one entry as it stands in a form. */
export interface EvidenceTexts {
  readonly record: string;
  readonly leaf: string;
  readonly proof: string;
  readonly logKey: string;
  readonly witnessKeys: string;
}

export interface ReadEvidence {
  readonly evidence: EntryEvidence | undefined;
  readonly keys: CheckKeys | undefined;
  readonly errors: readonly FormError[];
}

const textLettersMax = 64 * 1024;

export function textsOf(evidence: EntryEvidence, keys: CheckKeys): EvidenceTexts {
  return {
    record: toHex(evidence.record),
    leaf: toHex(evidence.leaf),
    proof: evidence.proof,
    logKey: formatVkey(keys.log),
    witnessKeys: keys.witnesses.map(formatVkey).join('\n'),
  };
}

/** What can be checked of it. A proof of another form is judged, not refused: that is what the steps are for. */
export function readEvidence(texts: EvidenceTexts): ReadEvidence {
  const errors: FormError[] = [];
  const record = hexIn(texts.record);
  const leaf = hexIn(texts.leaf);
  if (record === undefined) errors.push({ field: 'record', message: 'The record is not hex' });
  if (leaf === undefined) errors.push({ field: 'leaf', message: 'The leaf is not hex' });
  const log = keyIn(texts.logKey);
  if (log === undefined) errors.push({ field: 'logKey', message: 'The key of the log has the form name+id+key' });
  const lines = texts.witnessKeys.split('\n').filter((line) => line.trim() !== '');
  const witnesses = lines.map(keyIn).filter((key) => key !== undefined);
  if (witnesses.length < lines.length)
    errors.push({ field: 'witnessKeys', message: 'Each key of a witness has the form name+id+key' });
  const proof = texts.proof.endsWith('\n') ? texts.proof : `${texts.proof}\n`;
  return {
    evidence: record === undefined || leaf === undefined ? undefined : { record, leaf, proof },
    keys: log === undefined ? undefined : { log, witnesses },
    errors,
  };
}

function hexIn(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s+/g, '');
  if (digits.length > textLettersMax || digits.length % 2 === 1 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.fromHex(digits);
}

function keyIn(text: string): NoteKey | undefined {
  try {
    return parseVkey(text.trim(), logCrypto);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
