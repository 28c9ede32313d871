import { concat, u64be, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { instantOfUnix, unixOf, type Instant } from '../instant.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { LogCrypto, Sign } from './crypto.ts';
import {
  formatNote,
  formatSignatureLine,
  isSignatureOf,
  noteKeyTypes,
  noteSignaturesMax,
  parseSignatureLine,
  type NoteKey,
  type NoteSignature,
} from './note.ts';

/** A witness whose cosignature holds, and the moment it states. */
export interface WitnessedBy {
  readonly key: NoteKey;
  readonly at: Instant;
}

/** u64 seconds ‖ Ed25519 signature (C2SP tlog-cosignature). */
const cosignatureBytes = 8 + 64;
/** 9999-12-31T23:59:59Z, as `Instant` has it: no cosignature states a later moment. */
const unixSecondsMax = 253_402_300_799;

/** What a witness signs: two header lines and the checkpoint's text (C2SP tlog-cosignature). */
export function cosignatureText(checkpointText: string, at: Instant): Uint8Array {
  return utf8(`cosignature/v1\ntime ${unixOf(at)}\n${checkpointText}`);
}

/** Makes a witness's signature line, newline included. */
export function cosign(checkpoint: Checkpoint, key: NoteKey, at: Instant, sign: Sign): string {
  if (key.type !== noteKeyTypes.cosignature) throw new ProtocolError('malformed-key', 'not a cosignature key');
  const bytes = concat(u64be(unixOf(at)), sign(cosignatureText(checkpoint.text, at)));
  return formatSignatureLine({ name: key.name, id: key.id, bytes });
}

/** The moment that the key's cosignature states, or `undefined` when the line is another's or does not hold. */
export function verifyCosignature(
  checkpoint: Checkpoint,
  line: NoteSignature,
  key: NoteKey,
  crypto: LogCrypto,
): Instant | undefined {
  if (key.type !== noteKeyTypes.cosignature || !isSignatureOf(line, key) || line.bytes.length !== cosignatureBytes)
    return undefined;
  const seconds = new DataView(line.bytes.buffer, line.bytes.byteOffset, 8).getBigUint64(0);
  if (seconds > BigInt(unixSecondsMax)) return undefined;
  const at = instantOfUnix(Number(seconds));
  return crypto.verify(key.publicKey, cosignatureText(checkpoint.text, at), line.bytes.subarray(8)) ? at : undefined;
}

/**
 * Which of these witnesses cosigned, each counted once: a key that occurs under two names, or signed twice, is one
 * witness, at its latest moment (Spec §6).
 */
export function findWitnesses(
  checkpoint: Checkpoint,
  keys: readonly NoteKey[],
  crypto: LogCrypto,
): readonly WitnessedBy[] {
  const found = new Map<string, WitnessedBy>();
  for (const line of checkpoint.signatures) {
    for (const key of keys) {
      const at = verifyCosignature(checkpoint, line, key, crypto);
      const name = key.publicKey.toHex();
      const known = found.get(name);
      if (at !== undefined && (known === undefined || known.at < at)) found.set(name, { key, at });
    }
  }
  return [...found.values()];
}

/** Reads the answer of add-checkpoint: one or more signature lines, each with its newline (C2SP tlog-witness). */
export function parseCosignatures(text: string): readonly NoteSignature[] {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length === 0 || lines.length > noteSignaturesMax)
    throw new ProtocolError('malformed-note', 'expected 1 to 16 signature lines');
  return lines.map(parseSignatureLine);
}

/** The checkpoint with more signature lines behind its own; fails above 16 (Spec §6). */
export function withCosignatures(checkpoint: Checkpoint, lines: readonly NoteSignature[]): string {
  const signatures = [...checkpoint.signatures, ...lines];
  if (signatures.length > noteSignaturesMax) throw new ProtocolError('too-large', 'a note has at most 16 signatures');
  return formatNote({ text: checkpoint.text, signatures });
}
