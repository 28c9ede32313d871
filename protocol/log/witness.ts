import { equalBytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { addCheckpointBytesMax } from '../http/limits.ts';
import type { Origin } from '../ids.ts';
import { isSignedBy, parseCheckpoint, parseCount, type Checkpoint } from './checkpoint.ts';
import type { LogCrypto } from './crypto.ts';
import { emptyRoot, verifyConsistency } from './merkle.ts';
import { formatNote, type NoteKey } from './note.ts';
import { hashLines, parseHashLines } from './proof.ts';

/** The body of add-checkpoint (C2SP tlog-witness): a consistency proof from an old size, and the new checkpoint. */
export interface AddCheckpoint {
  readonly old: number;
  readonly path: readonly Uint8Array[];
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

/** What the witness knows of a log: its keys, and the newest head it has cosigned. */
export interface WitnessedLog {
  readonly keys: readonly NoteKey[];
  readonly held: { readonly size: number; readonly root: Uint8Array } | undefined;
}

/**
 * The answer to add-checkpoint. `evidence` is true where a validly signed head contradicts the one held: the log has
 * forked, and the body is kept (Spec §6). At 200 the caller stores the head, against the same held one, and cosigns.
 */
export type WitnessVerdict =
  | { readonly status: 400 | 403 | 404 }
  | { readonly status: 409; readonly size: number; readonly evidence: boolean }
  | { readonly status: 422; readonly evidence: true; readonly checkpoint: Checkpoint }
  | { readonly status: 200; readonly checkpoint: Checkpoint; readonly note: string };

const oldForm = /^old ([0-9]{1,16})$/;

export function writeAddCheckpoint(old: number, path: readonly Uint8Array[], note: string): string {
  return `old ${old}\n${hashLines(path)}\n${note}`;
}

/** Reads the body; fails for leading zeros, more than 63 hashes, and whatever is not a checkpoint. */
export function parseAddCheckpoint(text: string): AddCheckpoint {
  if (text.length > addCheckpointBytesMax) throw new ProtocolError('too-large', 'an add-checkpoint body');
  const split = text.indexOf('\n\n');
  const [first, ...path] = text.slice(0, Math.max(split, 0)).split('\n');
  const old = oldForm.exec(first ?? '')?.[1];
  if (split === -1 || old === undefined) throw new ProtocolError('malformed-checkpoint', 'expected the old size line');
  const note = text.slice(split + 2);
  return { old: parseCount(old), path: parseHashLines(path), note, checkpoint: parseCheckpoint(note) };
}

/**
 * Judges an add-checkpoint body by C2SP tlog-witness, in its order. `findLog` gives what is held of an origin. The
 * verdict is only good inside the transaction that read `held`: otherwise two requests could roll a log back.
 */
export function judgeAddCheckpoint(
  body: string,
  findLog: (origin: Origin) => WitnessedLog | undefined,
  crypto: LogCrypto,
): WitnessVerdict {
  const parsed = readBody(body);
  if (parsed === undefined) return { status: 400 };
  const { checkpoint, old } = parsed;
  const log = findLog(checkpoint.origin);
  if (log === undefined) return { status: 404 };
  const signer = log.keys.find((key) => isSignedBy(checkpoint, checkpoint.signatures, key, crypto));
  if (signer === undefined) return { status: 403 };
  const held = log.held ?? { size: 0, root: emptyRoot(crypto) };
  if (old > checkpoint.size) return { status: 400 };
  if (old !== held.size) return { status: 409, size: held.size, evidence: false };
  if (old === checkpoint.size && !equalBytes(held.root, checkpoint.root))
    return { status: 409, size: held.size, evidence: true };
  if (!verifyConsistency(held, checkpoint, parsed.path, crypto)) return { status: 422, evidence: true, checkpoint };
  return { status: 200, checkpoint, note: signerFirst(checkpoint, signer, crypto) };
}

/** The 409 body: the size held, in decimal, and a newline (`text/x.tlog.size`). */
export function formatSizeAnswer(size: number): string {
  return `${size}\n`;
}

export function parseSizeAnswer(text: string): number {
  if (!text.endsWith('\n')) throw new ProtocolError('malformed-checkpoint', 'expected a size and a newline');
  return parseCount(text.slice(0, -1));
}

function readBody(body: string): AddCheckpoint | undefined {
  try {
    return parseAddCheckpoint(body);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** The log's own line alone: what else the sender attached is not ours to keep or pass on. */
function signerFirst(checkpoint: Checkpoint, signer: NoteKey, crypto: LogCrypto): string {
  const own = checkpoint.signatures.find((line) => isSignedBy(checkpoint, [line], signer, crypto));
  return formatNote({ text: checkpoint.text, signatures: own === undefined ? [] : [own] });
}
