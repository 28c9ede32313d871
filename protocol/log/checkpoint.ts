import { equalBytes, parseBase64, toBase64 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseOrigin, type Origin } from '../ids.ts';
import type { LogCrypto, Sign } from './crypto.ts';
import { emptyRoot, hashBytes } from './merkle.ts';
import { parseNote, signNote, verifySignatureLine, type NoteKey, type NoteSignature } from './note.ts';

/** What a log says of itself at one moment. */
export interface TreeHead {
  readonly origin: Origin;
  readonly size: number;
  readonly root: Uint8Array;
}

/** A checkpoint taken apart: `text` is what is signed, and what cosigners repeat. */
export interface Checkpoint extends TreeHead {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const textForm = /^([^\n]+)\n([^\n]+)\n([^\n]+)\n$/;
const countForm = /^(?:0|[1-9][0-9]{0,15})$/;

/** The three signed lines (C2SP tlog-checkpoint); no extension lines (Spec §6). */
export function writeCheckpoint(head: TreeHead): string {
  return `${head.origin}\n${head.size}\n${toBase64(head.root)}\n`;
}

export function signCheckpoint(head: TreeHead, key: NoteKey, sign: Sign): string {
  return signNote(writeCheckpoint(head), key, sign);
}

/** Reads a checkpoint without believing it; fails for extension lines and every second spelling. */
export function parseCheckpoint(note: string): Checkpoint {
  const { text, signatures } = parseNote(note);
  const [, origin, size, root] = textForm.exec(text) ?? [];
  if (origin === undefined || size === undefined || root === undefined)
    throw new ProtocolError('malformed-checkpoint', 'expected origin, size and root and nothing else');
  return { origin: parseOrigin(origin), size: parseCount(size), root: parseBase64(root, hashBytes), text, signatures };
}

/**
 * Reads a checkpoint and believes it: the log's own signature stands first and holds, and the origin is the key's name.
 * Other lines may be anyone's. Fails with `signature-mismatch` otherwise (Spec §6).
 */
export function verifyCheckpoint(note: string, logKey: NoteKey, crypto: LogCrypto): Checkpoint {
  const checkpoint = parseCheckpoint(note);
  const [first] = checkpoint.signatures;
  if (first === undefined || !isSignedBy(checkpoint, [first], logKey, crypto))
    throw new ProtocolError('signature-mismatch', "the checkpoint does not begin with its log's signature");
  if (checkpoint.size === 0 && !equalBytes(checkpoint.root, emptyRoot(crypto)))
    throw new ProtocolError('root-mismatch', 'the root of an empty log is the hash of nothing');
  return checkpoint;
}

/** Whether one of the lines is the signature of this log key over this checkpoint of its own origin. */
export function isSignedBy(
  checkpoint: Checkpoint,
  lines: readonly NoteSignature[],
  logKey: NoteKey,
  crypto: LogCrypto,
): boolean {
  return (
    checkpoint.origin === logKey.name &&
    lines.some((line) => verifySignatureLine(checkpoint.text, line, logKey, crypto))
  );
}

export function isSameHead(a: TreeHead, b: TreeHead): boolean {
  return a.origin === b.origin && a.size === b.size && equalBytes(a.root, b.root);
}

/** Reads an ASCII decimal without leading zeros that is a safe integer: tree sizes and leaf indices. */
export function parseCount(text: string): number {
  const count = countForm.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw new ProtocolError('malformed-checkpoint', 'expected a decimal number');
  return count;
}
