import { parseBase64Url, toBase64Url, utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { attachmentsMax, chunksMax, commitBytesMax, fastPathBytesMax, tailEntriesMax } from './http/limits.ts';
import { formatInstant, parseInstant, type Instant } from './instant.ts';
import { messageRules, parseJsonObject, type JsonObject, type JsonRules, type JsonValue } from './json.ts';
import { entryBytesMax } from './log/tile.ts';
import { bytesOf, checkMembers, countOf, flagOf, listOf, objectOf, textOf } from './members.ts';

/** Entries of a log from `start` on, as they stand in it (Spec §6, leaf copy). */
export interface Tail {
  readonly start: number;
  readonly entries: readonly Uint8Array[];
}

/** The sender's claim that the bundle is logged (Spec §5). */
export interface Commit {
  /** The exact bytes that x is made from. */
  readonly record: Uint8Array;
  readonly proof: string;
  /** A whole add-checkpoint body. */
  readonly checkpoint?: string | undefined;
  readonly tail?: Tail | undefined;
  /** How much of the receiver's log the sender has copied. */
  readonly have: number;
}

/** The 200 answer to a commit: `receipt` is the same for ever, the rest is fresh (Spec §5). */
export interface ReceiptAnswer {
  readonly receipt: string;
  readonly cosignature?: string | undefined;
  readonly tail?: Tail | undefined;
}

/** From and to, both inclusive. */
export type Range = readonly [number, number];

export const transferStates = ['open', 'verifying', 'received', 'refused', 'withdrawn'] as const;

/** What the receiver holds of a bundle: `received` comes with its receipt, `refused` with its proof (Spec §5). */
export interface TransferState {
  readonly state: (typeof transferStates)[number];
  readonly manifest: Uint8Array;
  readonly document: boolean;
  /** Per attachment the ranges of chunks held: merged, ascending. */
  readonly att: readonly (readonly Range[])[];
  readonly receipt?: string | undefined;
  readonly proof?: string | undefined;
}

/** A whole bundle without attachments in one request (Spec §5). */
export interface FastPath {
  readonly manifest: Uint8Array;
  readonly document: string;
  readonly commit: Commit;
}

const fastPathRules: JsonRules = { ...messageRules, bytesMax: fastPathBytesMax, stringBytesMax: fastPathBytesMax };
const commitRules: JsonRules = { ...messageRules, bytesMax: commitBytesMax };
const rangesMax = 8192;

export function writeCommit(commit: Commit): Uint8Array {
  return json(commitObject(commit));
}

export function parseCommit(bytes: Uint8Array): Commit {
  return readCommit(parseJsonObject(bytes, commitRules));
}

export function writeReceiptAnswer(answer: ReceiptAnswer): Uint8Array {
  return json({
    v: 1,
    receipt: answer.receipt,
    ...some('cosignature', answer.cosignature),
    ...tailMember(answer.tail),
  });
}

export function parseReceiptAnswer(bytes: Uint8Array): ReceiptAnswer {
  const object = parseJsonObject(bytes);
  checkMembers(object, ['v', 'receipt'], ['cosignature', 'tail']);
  return { receipt: textOf(object, 'receipt'), cosignature: maybeText(object, 'cosignature'), tail: readTail(object) };
}

export function writeTransferState(state: TransferState): Uint8Array {
  return json(transferStateObject(state));
}

export function parseTransferState(bytes: Uint8Array): TransferState {
  return readTransferState(parseJsonObject(bytes));
}

/** The state as the member `have` of the problem `REC_PARTS_MISSING` (Spec §5). */
export function transferStateObject(held: TransferState): JsonObject {
  const { state, manifest, document, att } = held;
  const common = { v: 1, state, manifest: toBase64Url(manifest), document, att };
  return { ...common, ...some('receipt', held.receipt), ...some('proof', held.proof) };
}

export function readTransferState(value: JsonValue | undefined): TransferState {
  const object = objectOf(value);
  checkMembers(object, ['v', 'state', 'manifest', 'document', 'att'], ['receipt', 'proof']);
  const state = transferStates.find((known) => known === object['state']);
  if (state === undefined) throw malformed('a known state');
  const receipt = maybeText(object, 'receipt');
  const proof = maybeText(object, 'proof');
  if ((state === 'received') !== (receipt !== undefined) || (state === 'refused') !== (proof !== undefined))
    throw malformed('a receipt when received, a proof when refused, and neither otherwise');
  const att = listOf(object, 'att', attachmentsMax).map((ranges) => readRanges(ranges, 0, chunksMax - 1));
  return {
    state,
    manifest: bytesOf(object, 'manifest', 32),
    document: flagOf(object, 'document'),
    att,
    receipt,
    proof,
  };
}

/** The answer to a PUT: until when the incomplete transfer is kept. */
export function writePutAnswer(expires: Instant): Uint8Array {
  return json({ v: 1, expires: formatInstant(expires) });
}

export function parsePutAnswer(bytes: Uint8Array): Instant {
  const object = parseJsonObject(bytes);
  checkMembers(object, ['v', 'expires']);
  return parseInstant(textOf(object, 'expires'));
}

/** The answer to a DELETE that came before the commit. */
export function writeWithdrawnAnswer(): Uint8Array {
  return json({ v: 1, state: 'withdrawn' });
}

export function parseWithdrawnAnswer(bytes: Uint8Array): void {
  const object = parseJsonObject(bytes);
  checkMembers(object, ['v', 'state']);
  if (object['state'] !== 'withdrawn') throw malformed('the state withdrawn');
}

export function writeFastPath(message: FastPath): Uint8Array {
  const { manifest, document, commit } = message;
  return json({ v: 1, manifest: toBase64Url(manifest), document, commit: commitObject(commit) });
}

export function parseFastPath(bytes: Uint8Array): FastPath {
  const object = parseJsonObject(bytes, fastPathRules);
  checkMembers(object, ['v', 'manifest', 'document', 'commit']);
  const commit = readCommit(objectOf(object['commit']));
  return { manifest: bytesOf(object, 'manifest'), document: textOf(object, 'document'), commit };
}

/** Reads ranges that are merged, ascending and within `[min, max]`. */
export function readRanges(value: JsonValue | undefined, min: number, max: number): readonly Range[] {
  let least = min;
  return listOf({ ranges: value ?? null }, 'ranges', rangesMax).map((range) => {
    const [from, to, ...more] = listOf({ range }, 'range', 2);
    if (typeof from !== 'number' || typeof to !== 'number' || more.length > 0) throw malformed('ranges of two numbers');
    if (from < least || to < from || to > max) throw malformed('merged ranges in rising order');
    least = to + 2;
    return [from, to];
  });
}

function commitObject(commit: Commit): JsonObject {
  const { record, proof, checkpoint, tail, have } = commit;
  return { v: 1, record: toBase64Url(record), proof, ...some('checkpoint', checkpoint), ...tailMember(tail), have };
}

function readCommit(object: JsonObject): Commit {
  checkMembers(object, ['v', 'record', 'proof', 'have'], ['checkpoint', 'tail']);
  return {
    record: bytesOf(object, 'record'),
    proof: textOf(object, 'proof'),
    checkpoint: maybeText(object, 'checkpoint'),
    tail: readTail(object),
    have: countOf(object, 'have'),
  };
}

function readTail(object: JsonObject): Tail | undefined {
  if (object['tail'] === undefined) return undefined;
  const tail = objectOf(object['tail']);
  checkMembers(tail, ['start', 'entries']);
  const entries = listOf(tail, 'entries', tailEntriesMax).map((entry) => {
    if (typeof entry !== 'string') throw malformed('entries in base64url');
    const bytes = parseBase64Url(entry);
    if (bytes.length > entryBytesMax) throw new ProtocolError('too-large', 'a log entry above 65,535 bytes');
    return bytes;
  });
  return { start: countOf(tail, 'start'), entries };
}

function tailMember(tail: Tail | undefined): JsonObject {
  if (tail === undefined) return {};
  return { tail: { start: tail.start, entries: tail.entries.map((entry) => toBase64Url(entry)) } };
}

function some(name: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function maybeText(object: JsonObject, name: string): string | undefined {
  return object[name] === undefined ? undefined : textOf(object, name);
}

function json(object: JsonObject): Uint8Array {
  return utf8(JSON.stringify(object));
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-message', `expected ${what}`);
}
