import { giveBack, parseBase64Url } from '../bytes.ts';
import { tokenPlaintextBytesMax } from '../http/limits.ts';
import { unixOf, type Instant } from '../instant.ts';
import {
  blockBytes,
  FernetError,
  fernetKeyBytes,
  headerBytes,
  macBytes,
  openToken,
  sealToken,
  tokenBytesOf,
  tokenMacCheck,
  tokenOpener,
  tokenSealer,
  verifyToken,
  type FernetKey,
  type VerifiedToken,
} from './fernet-token.ts';
import { plain } from './hash.ts';

/*
 * Fernet, specification version 0x80, for whole tokens in memory; `fernet-token.ts` has it for streams. Strict where other
 * implementations are lax: one base64 spelling, one length, one error class. Above `turnBytes` use the forms in pieces,
 * which give other work its turn (the loop's delay stays under 10 ms).
 */

/** When a token is made and with which IV: 16 bytes from the random source, or derived for a chunk (Spec §4). */
export interface Stamp {
  readonly time: Instant;
  readonly iv: Uint8Array;
}

/**
 * Where the result is written: a buffer that the caller uses again and again for chunks, at least as long as the token and
 * apart from the input. Fresh memory costs a third of the work above 1 MiB. What is given back is a part of it.
 */
export interface Room {
  readonly into?: Uint8Array;
}

/** `ttlSeconds` needs `now`; stored and queued tokens have no ttl. `bytesMax` limits the plaintext. */
export type DecryptOptions = Room & { readonly bytesMax?: number } & (
    { readonly ttlSeconds: number; readonly now: Instant } | { readonly ttlSeconds?: never; readonly now?: never }
  );

/** Resolves when other work has had its turn; a node passes setImmediate. */
export type YieldTurn = () => Promise<void>;

/** Work between two turns. */
export const turnBytes = 256 * 1024;
/** With a ttl, a token may come from this far in the future (Fernet specification, "Verifying"). */
export const fernetSkewSeconds = 60;
/** What the processor's cache holds well: a piece is read several times while it lies there. */
export const pieceBytes = 64 * 1024;

/** A new key of 32 bytes from the random source that is passed in. */
export function generateKey(randomBytes: (size: number) => Uint8Array): FernetKey {
  return fernetKeyOf(randomBytes(fernetKeyBytes));
}

export function fernetKeyOf(bytes: Uint8Array): FernetKey {
  if (bytes.length !== fernetKeyBytes) throw new FernetError('key', `a Fernet key has ${fernetKeyBytes} bytes`);
  return new Uint8Array(bytes) as Uint8Array as FernetKey;
}

/** Reads a key as the Fernet documentation writes it: canonical base64url with its padding, 44 characters. */
export function parseFernetKey(text: string): FernetKey {
  if (!/^[A-Za-z0-9_-]{43}=$/.test(text)) throw new FernetError('key', 'a Fernet key is 44 characters of base64url');
  try {
    return fernetKeyOf(parseBase64Url(text.slice(0, -1), fernetKeyBytes));
  } catch (cause) {
    throw new FernetError('key', 'a Fernet key is canonical base64url', { cause });
  }
}

export function formatFernetKey(key: FernetKey): string {
  return key.toBase64({ alphabet: 'base64url' });
}

/** The raw token of `plaintext`. Never twice with one IV under one key. */
export function encrypt(key: FernetKey, plaintext: Uint8Array, stamp: Stamp & Room): Uint8Array {
  if (stamp.into !== undefined) return runThrough(sealSteps(key, plaintext, stamp));
  if (plaintext.length > tokenPlaintextBytesMax) throw plaintextTooLarge();
  const token = roomFor(tokenBytesOf(plaintext.length), undefined);
  sealToken(key, stamp, plaintext, token);
  return token;
}

/** As `encrypt`, with a turn for others every `turnBytes`. */
export async function encryptInPieces(
  key: FernetKey,
  plaintext: Uint8Array,
  stamp: Stamp & Room & { readonly yieldTurn: YieldTurn },
): Promise<Uint8Array> {
  if (plaintext.length <= turnBytes) return encrypt(key, plaintext, stamp);
  return await runInTurns(sealSteps(key, plaintext, stamp), stamp.yieldTurn);
}

/** The plaintext of a raw token; fails with `FernetError`, and releases nothing before the MAC is right (Spec §4). */
export function decrypt(key: FernetKey, token: Uint8Array, options: DecryptOptions = {}): Uint8Array {
  if (options.into !== undefined) return runThrough(openSteps(key, token, options));
  const bytesMax = plaintextBytesMaxOf(token, options);
  const verified = verifyToken(key, token);
  if (options.ttlSeconds !== undefined) checkTime(verified, options.ttlSeconds, options.now);
  const opened = openToken(key, verified, token);
  if (opened.length > bytesMax) throw plaintextTooLarge(); // Its token may be as long as an allowed one.
  return opened;
}

/** As `decrypt`, with a turn for others every `turnBytes`. */
export async function decryptInPieces(
  key: FernetKey,
  token: Uint8Array,
  options: DecryptOptions & { readonly yieldTurn: YieldTurn },
): Promise<Uint8Array> {
  if (token.length <= turnBytes) return decrypt(key, token, options);
  return await runInTurns(openSteps(key, token, options), options.yieldTurn);
}

export function encryptText(key: FernetKey, plaintext: Uint8Array, stamp: Stamp): string {
  const token = encrypt(key, plaintext, stamp);
  const text = formatToken(token);
  giveBack(token);
  return text;
}

export function decryptText(key: FernetKey, token: string, options: DecryptOptions = {}): Uint8Array {
  const raw = parseToken(token, options.bytesMax);
  const plaintext = decrypt(key, raw, options);
  giveBack(raw);
  return plaintext;
}

/** A raw token as text: base64url with padding, no line end (Spec §0.3). */
export function formatToken(token: Uint8Array): string {
  return token.toBase64({ alphabet: 'base64url' });
}

/** Reads a text token in its one spelling; the size is judged first, by `bytesMax` of plaintext (Spec §0.3). */
export function parseToken(text: string, bytesMax: number = tokenPlaintextBytesMax): Uint8Array {
  if (text.length > 4 * Math.ceil(tokenBytesOf(bytesMax) / 3)) throw new FernetError('size', 'a token above its limit');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0) throw new FernetError('base64', 'a token is base64url with padding');
  const token = roomFor((text.length / 4) * 3 - padding, undefined);
  // Strict reading takes no bit too many and no padding too few, but it passes over spaces: then fewer bytes are written.
  const found = readStrictly(token, text);
  if (found.read !== text.length || found.written !== token.length)
    throw new FernetError('base64', 'a token is canonical base64url');
  return token;
}

function readStrictly(into: Uint8Array, text: string): { readonly read: number; readonly written: number } {
  try {
    return into.setFromBase64(text, { alphabet: 'base64url', lastChunkHandling: 'strict' });
  } catch (cause) {
    throw new FernetError('base64', 'a token is base64url with padding', { cause });
  }
}

function* sealSteps(
  key: FernetKey,
  plaintext: Uint8Array,
  { time, iv, into }: Stamp & Room,
): Generator<void, Uint8Array> {
  if (plaintext.length > tokenPlaintextBytesMax) throw plaintextTooLarge();
  const sealer = tokenSealer(key, time, iv);
  const token = roomFor(tokenBytesOf(plaintext.length), into);
  token.set(sealer.header);
  let at = headerBytes;
  for (let from = 0; from < plaintext.length; from += pieceBytes) {
    if (from > 0 && from % turnBytes === 0) yield;
    const piece = sealer.update(plaintext.subarray(from, from + pieceBytes));
    token.set(piece, at);
    at += piece.length;
    giveBack(piece);
  }
  const last = sealer.final();
  token.set(last, at);
  if (at + last.length !== token.length) throw new FernetError('size', 'a cipher gave another length than it must');
  return token;
}

function* openSteps(key: FernetKey, token: Uint8Array, options: DecryptOptions): Generator<void, Uint8Array> {
  const bytesMax = plaintextBytesMaxOf(token, options);
  const check = tokenMacCheck(key, token.length);
  for (let from = 0; from < token.length; from += turnBytes) {
    if (from > 0) yield;
    check.update(token.subarray(from, from + turnBytes));
  }
  const verified = check.final();
  if (options.ttlSeconds !== undefined) checkTime(verified, options.ttlSeconds, options.now);

  const opener = tokenOpener(key, verified);
  // A block of padding, one byte at least, is cut off at the end.
  const plaintext = options.into ?? roomFor(token.length - headerBytes - macBytes, undefined);
  if (plaintext.length < token.length - headerBytes - macBytes - blockBytes) throw tooShort();
  let at = 0;
  for (let from = 0; from < token.length; from += pieceBytes) {
    if (from % turnBytes === 0) yield;
    const piece = opener.update(token.subarray(from, from + pieceBytes));
    plaintext.set(piece, at);
    at += piece.length;
    giveBack(piece);
  }
  const last = opener.final();
  if (at + last.length > plaintext.length) throw tooShort();
  plaintext.set(last, at);
  at += last.length;
  if (at > bytesMax) throw plaintextTooLarge();
  return plaintext.subarray(0, at);
}

/** The limit of the plaintext; the token's length is held against it before anything of the token is read. */
function plaintextBytesMaxOf(token: Uint8Array, { bytesMax = tokenPlaintextBytesMax }: DecryptOptions): number {
  const max = Math.min(bytesMax, tokenPlaintextBytesMax);
  if (token.length > tokenBytesOf(max)) throw new FernetError('size', 'a token above its limit');
  return max;
}

/** Not zeroed when it is new: every byte that is given back has been written. */
function roomFor(size: number, into: Uint8Array | undefined): Uint8Array {
  if (into === undefined) return plain(Buffer.allocUnsafeSlow(size));
  if (into.length < size) throw tooShort();
  return into.subarray(0, size);
}

function tooShort(): FernetError {
  return new FernetError('size', 'a buffer too short for the result');
}

function plaintextTooLarge(): FernetError {
  return new FernetError('size', 'a plaintext above its limit');
}

function checkTime(token: VerifiedToken, ttlSeconds: number, now: Instant): void {
  const nowSeconds = BigInt(unixOf(now));
  if (token.seconds + BigInt(ttlSeconds) < nowSeconds) throw new FernetError('expired', 'a token older than its ttl');
  if (nowSeconds + BigInt(fernetSkewSeconds) < token.seconds)
    throw new FernetError('future', 'a token from the future');
}

function runThrough<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Takes the steps one after the other, with a turn for others between them. */
export async function runInTurns<Result>(steps: Generator<void, Result>, yieldTurn: YieldTurn): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await yieldTurn();
  }
}
