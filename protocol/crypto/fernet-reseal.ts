import { createCipheriv, createDecipheriv } from 'node:crypto';
import { giveBack } from '../bytes.ts';
import type { Instant } from '../instant.ts';
import {
  blockBytes,
  FernetError,
  halfKeyBytes,
  headerBytes,
  macBytes,
  tokenBytesOf,
  tokenMacCheck,
  writeHeader,
  type FernetKey,
  type VerifiedToken,
} from './fernet-token.ts';
import { pieceBytes, runInTurns, turnBytes, type YieldTurn } from './fernet.ts';

/** A whole token in memory, and what its MAC check found. */
export interface VerifiedBytes {
  readonly key: FernetKey;
  readonly verified: VerifiedToken;
  readonly token: Uint8Array;
}

/** How it is sealed anew; the plaintext must have this size. */
export interface Resealing {
  readonly key: FernetKey;
  readonly time: Instant;
  readonly iv: Uint8Array;
  readonly plaintextBytes: number;
}

/** The MAC check of a whole token, with a turn for others every `turnBytes`. */
export async function verifyInPieces(key: FernetKey, token: Uint8Array, yieldTurn: YieldTurn): Promise<VerifiedToken> {
  const check = tokenMacCheck(key, token.length);
  for (let from = 0; from < token.length; from += turnBytes) {
    if (from > 0) await yieldTurn();
    check.update(token.subarray(from, from + turnBytes));
  }
  return check.final();
}

/**
 * Decrypts a verified token and encrypts it anew under another key, piece by piece in the same memory: the plaintext lies
 * nowhere as a whole. All but the MAC of the new token stands there afterwards. Fails with `size` or `padding`, and then
 * what stands there is neither token.
 */
export async function resealInPieces(held: VerifiedBytes, sealing: Resealing, yieldTurn: YieldTurn): Promise<void> {
  await runInTurns(resealSteps(held, sealing), yieldTurn);
}

function* resealSteps({ key, verified, token }: VerifiedBytes, sealing: Resealing): Generator<void, void> {
  if (token.length !== verified.tokenBytes) throw new FernetError('size', 'other bytes than those that were checked');
  if (token.length !== tokenBytesOf(sealing.plaintextBytes))
    throw new FernetError('size', 'a token of another plaintext than it must be');
  // The padding is a part of what is copied: both plaintexts have one size.
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(halfKeyBytes), verified.iv).setAutoPadding(false);
  const cipher = createCipheriv('aes-128-cbc', sealing.key.subarray(halfKeyBytes), sealing.iv).setAutoPadding(false);
  const end = token.length - macBytes;
  for (let from = headerBytes, sinceTurn = 0; from < end; from += pieceBytes, sinceTurn += pieceBytes) {
    if (sinceTurn === turnBytes) {
      yield;
      sinceTurn = 0;
    }
    const plaintext = decipher.update(token.subarray(from, Math.min(from + pieceBytes, end)));
    if (from + pieceBytes >= end) checkPadding(plaintext, sealing.plaintextBytes);
    const ciphertext = cipher.update(plaintext);
    token.set(ciphertext, from);
    giveBack(plaintext);
    giveBack(ciphertext);
  }
  token.set(writeHeader(sealing.time, sealing.iv));
}

function checkPadding(last: Uint8Array, plaintextBytes: number): void {
  const count = blockBytes - (plaintextBytes % blockBytes);
  if (!last.subarray(-count).every((byte) => byte === count))
    throw new FernetError('padding', 'a token whose padding does not fit');
}
