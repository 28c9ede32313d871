import type { Resealing, VerifiedBytes } from '../crypto/fernet-reseal.ts';
import type { Room, Stamp, YieldTurn } from '../crypto/fernet.ts';
import type { FernetKey, TokenMacCheck, TokenOpener, TokenSealer, VerifiedToken } from '../crypto/fernet-token.ts';
import type { Sha256Stream } from '../crypto/hash.ts';
import type { Instant } from '../instant.ts';

/**
 * What the bundle's readers and writers need from cryptography and compression. It is handed in: nothing in
 * `protocol/bundle` reaches for node:crypto or node:zlib. `crypto/bundle-crypto.ts` is the one that nodes use.
 */
export interface BundleCrypto {
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  sha256Stream(): Sha256Stream;
  hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Uint8Array;
  /** The half of a key that signs. */
  signingKeyOf(key: FernetKey): Uint8Array;
  fernetKeyOf(bytes: Uint8Array): FernetKey;
  encryptInPieces(
    key: FernetKey,
    plaintext: Uint8Array,
    stamp: Stamp & Room & { readonly yieldTurn: YieldTurn },
  ): Promise<Uint8Array>;
  decryptInPieces(
    key: FernetKey,
    token: Uint8Array,
    options: Room & { readonly bytesMax: number; readonly yieldTurn: YieldTurn },
  ): Promise<Uint8Array>;
  formatToken(token: Uint8Array): string;
  parseToken(text: string, bytesMax: number): Uint8Array;
  tokenSealer(key: FernetKey, time: Instant, iv: Uint8Array): TokenSealer;
  tokenMacCheck(key: FernetKey, tokenBytes: number): TokenMacCheck;
  tokenOpener(key: FernetKey, token: VerifiedToken): TokenOpener;
  verifyInPieces(key: FernetKey, token: Uint8Array, yieldTurn: YieldTurn): Promise<VerifiedToken>;
  verifyTokenBy(computed: Uint8Array, token: Uint8Array): VerifiedToken;
  /** Decrypts and encrypts anew, in the token's place; all but its MAC. */
  resealInPieces(held: VerifiedBytes, sealing: Resealing, yieldTurn: YieldTurn): Promise<void>;
  tokenBytesOf(plaintextBytes: number): number;
  equalSecrets(a: Uint8Array, b: Uint8Array): boolean;
  /** One gzip member. */
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** The content of exactly one gzip member with nothing after it; stops at `bytesMax` while inflating (Spec §4). */
  gunzip(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>;
}
