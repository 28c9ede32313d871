import type { VerifiedToken } from '../crypto/fernet-token.ts';
import type { YieldTurn } from '../crypto/fernet.ts';
import type { HashTask, TokenHashes } from '../crypto/token-hashes.ts';
import { chunkTokenBytesMax } from '../http/limits.ts';
import {
  checkStamp,
  checkTokenLength,
  chunkKey,
  chunkPlaintextBytes,
  chunkTime,
  type ChunkPlace,
} from './attachment.ts';
import type { BundleCrypto } from './crypto.ts';

/*
 * Whole chunk tokens in memory that is used again and again. MAC, leaf hash and digest are three passes over a token: they
 * are made at once, and by whom the caller says, which may be another thread.
 */

/** Who hashes tokens. The bytes of a task must stay as they are until it resolves. */
export interface ChunkHasher {
  /** Memory that the hasher reaches without a copy. */
  memory(bytes: number): Uint8Array;
  hash(task: HashTask): Promise<TokenHashes>;
}

/** Memory for any one token, behind the byte that makes it a leaf of RFC 6962. */
export interface ChunkRoom {
  token(size: number): Uint8Array;
  /** `0x00 ‖ token` */
  leaf(size: number): Uint8Array;
}

/** A page: a token that begins with one can be written past the cache of the operating system. */
const alignBytes = 4096;

export function chunkRoom(hasher: ChunkHasher): ChunkRoom {
  const bytes = hasher.memory(alignBytes + chunkTokenBytesMax);
  return {
    token: (size) => bytes.subarray(alignBytes, alignBytes + size),
    leaf: (size) => bytes.subarray(alignBytes - 1, alignBytes + size),
  };
}

/** The leaf hash of a token (Spec §4), and the SHA-256 by which it is sent and stored. */
export interface ChunkHashes {
  readonly leaf: Uint8Array;
  readonly digest: Uint8Array;
}

/**
 * Hashes a whole token, and says with `verify` what its MAC tells: that fails with `token-refused` for a wrong MAC, time or
 * IV.
 */
export async function checkChunk(
  crypto: BundleCrypto,
  hasher: ChunkHasher,
  place: ChunkPlace,
  room: ChunkRoom,
): Promise<ChunkHashes & { verify(): VerifiedToken }> {
  const { key, iv } = chunkKey(crypto, place);
  const size = crypto.tokenBytesOf(chunkPlaintextBytes(place));
  const task = { kind: 'check', signingKey: crypto.signingKeyOf(key), leaf: room.leaf(size) } as const;
  const { mac, leaf, digest } = await hasher.hash(task);
  const verify = (): VerifiedToken => {
    const verified = crypto.verifyTokenBy(mac, room.token(size));
    checkStamp(verified, iv);
    return verified;
  };
  return { leaf, digest, verify };
}

/**
 * Makes of one place's token that of another place with a plaintext of the same size, in its memory; the plaintext lies
 * nowhere as a whole. What stood there is verified first. The new token has no MAC before `signChunk`.
 */
export async function resealChunk(
  crypto: BundleCrypto,
  from: ChunkPlace,
  to: ChunkPlace,
  token: Uint8Array,
  yieldTurn: YieldTurn,
): Promise<void> {
  const [held, wanted] = [chunkKey(crypto, from), chunkKey(crypto, to)];
  checkTokenLength(crypto, from, token.length);
  checkTokenLength(crypto, to, token.length);
  const verified = await crypto.verifyInPieces(held.key, token, yieldTurn);
  checkStamp(verified, held.iv);
  const plaintextBytes = chunkPlaintextBytes(to);
  const sealing = { key: wanted.key, time: chunkTime, iv: wanted.iv, plaintextBytes };
  await crypto.resealInPieces({ key: held.key, verified, token }, sealing, yieldTurn);
}

/** Writes the MAC of a token that `resealChunk` made, and says what the token is called. */
export async function signChunk(
  crypto: BundleCrypto,
  hasher: ChunkHasher,
  place: ChunkPlace,
  room: ChunkRoom,
): Promise<ChunkHashes & { readonly token: Uint8Array }> {
  const size = crypto.tokenBytesOf(chunkPlaintextBytes(place));
  const signingKey = crypto.signingKeyOf(chunkKey(crypto, place).key);
  const { leaf, digest } = await hasher.hash({ kind: 'sign', signingKey, leaf: room.leaf(size) });
  return { leaf, digest, token: room.token(size) };
}
