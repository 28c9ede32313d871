import { parseBase64, toBase64 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseCheckpoint, parseCount, verifyCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { LogCrypto } from './crypto.ts';
import { hashBytes, leafHash, pathHashesMax, verifyInclusion } from './merkle.ts';
import { noteBytesMax, type NoteKey } from './note.ts';

/** A tlog-proof read, not yet verified: `note` is its checkpoint as a whole note, `head` what that says. */
export interface LogProof {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  readonly note: string;
  readonly head: Checkpoint;
}

const firstLine = 'c2sp.org/tlog-proof@v1\n';
const indexForm = /^index ([0-9]{1,16})$/;
/** First line, index, 63 hashes of 45 characters and a note. */
const proofLengthMax = noteBytesMax + 4096;

/** The text of a proof (C2SP tlog-proof); `checkpoint` is a whole note. */
export function writeProof(index: number, path: readonly Uint8Array[], checkpoint: string): string {
  return `${firstLine}index ${index}\n${hashLines(path)}\n${checkpoint}`;
}

/** Reads a proof without believing it; fails for an `extra` line and every second spelling (Spec §6). */
export function parseProof(text: string): LogProof {
  if (text.length > proofLengthMax) throw new ProtocolError('too-large', 'a proof');
  const split = text.indexOf('\n\n');
  if (!text.startsWith(firstLine) || split === -1) throw malformed('expected a tlog-proof');
  const [index, ...path] = text.slice(firstLine.length, split).split('\n');
  const digits = indexForm.exec(index ?? '')?.[1];
  if (digits === undefined) throw malformed('expected the index line');
  const note = text.slice(split + 2);
  return { index: parseCount(digits), path: parseHashLines(path), note, head: parseCheckpoint(note) };
}

/** Whether the proof leads from this entry to its checkpoint's root; says nothing of who signed the checkpoint. */
export function isIncluded(proof: LogProof, entry: Uint8Array, crypto: LogCrypto): boolean {
  return verifyInclusion(leafHash(entry, crypto), proof.index, proof.head, proof.path, crypto);
}

/** Reads a proof and believes it: the log signed the checkpoint, and the entry stands at the index in it. */
export function verifyProof(text: string, entry: Uint8Array, logKey: NoteKey, crypto: LogCrypto): LogProof {
  const proof = parseProof(text);
  verifyCheckpoint(proof.note, logKey, crypto);
  if (!isIncluded(proof, entry, crypto))
    throw new ProtocolError('root-mismatch', 'the proof does not lead from the leaf to the root');
  return proof;
}

/** Hashes as lines of standard base64, each with its newline. */
export function hashLines(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => `${toBase64(hash)}\n`).join('');
}

/** Reads at most 63 lines of one hash each. */
export function parseHashLines(lines: readonly string[]): readonly Uint8Array[] {
  if (lines.length > pathHashesMax) throw malformed('more than 63 hashes');
  return lines.map((line) => parseBase64(line, hashBytes));
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-proof', why);
}
