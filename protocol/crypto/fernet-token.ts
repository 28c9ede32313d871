import { createCipheriv, createDecipheriv, createHmac, type Hmac } from 'node:crypto';
import { giveBack } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { Named } from '../ids.ts';
import { unixOf, type Instant } from '../instant.ts';
import { equalSecrets, plain } from './hash.ts';

/*
 * A raw Fernet token, in streams: 0x80 ‖ u64 seconds ‖ IV 16 ‖ AES-128-CBC with PKCS#7 ‖ HMAC-SHA-256 of all before it.
 * Reading has an order that must stay: length, version, MAC over everything, and only then decryption. That order is kept
 * by the types: the decryptor takes a `VerifiedToken`, and only the MAC check makes one.
 */

/** A Fernet key: 16 bytes that sign and 16 that encrypt (Spec §4). */
export type FernetKey = Named<Uint8Array, 'FernetKey'>;
export type FernetReason = 'size' | 'base64' | 'key' | 'format' | 'mac' | 'expired' | 'future' | 'padding';

/** Why a token was refused. The reason is for diagnostics; to a peer every refused token looks the same. */
export class FernetError extends ProtocolError {
  readonly reason: FernetReason;

  constructor(reason: FernetReason, message: string, options?: ErrorOptions) {
    super('token-refused', message, options);
    this.reason = reason;
  }
}

export const fernetKeyBytes = 32;
export const ivBytes = 16;
export const macBytes = 32;
/** Version, time and IV. */
export const headerBytes = 25;
export const halfKeyBytes = 16;
export const blockBytes = 16;
const version = 0x80;
export const tokenBytesMin = headerBytes + blockBytes + macBytes;

/** The size of the token of so many bytes of plaintext. */
export function tokenBytesOf(plaintextBytes: number): number {
  return headerBytes + (Math.floor(plaintextBytes / blockBytes) + 1) * blockBytes + macBytes;
}

/** Makes one token in pieces: `header ‖ update(…)… ‖ final()`. */
export interface TokenSealer {
  readonly header: Uint8Array;
  /** The next bytes of the token, up to a block less than went in. */
  update(plaintext: Uint8Array): Uint8Array;
  /** The last block and the MAC. */
  final(): Uint8Array;
}

/** Starts a token. Its time is written in whole seconds; the IV must never be used twice under one key. */
export function tokenSealer(key: FernetKey, time: Instant, iv: Uint8Array): TokenSealer {
  const header = writeHeader(time, iv);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(halfKeyBytes), iv);
  const mac = tokenMac(key).update(header);
  return {
    header,
    update: (plaintext) => {
      const ciphertext = cipher.update(plaintext);
      mac.update(ciphertext);
      return plain(ciphertext);
    },
    final: () => {
      const last = cipher.final();
      return plain(Buffer.concat([last, mac.update(last).digest()]));
    },
  };
}

/** A whole token of plaintext in memory, written into `into`, which has its length and lies apart from the plaintext. */
export function sealToken(
  key: FernetKey,
  { time, iv }: { readonly time: Instant; readonly iv: Uint8Array },
  plaintext: Uint8Array,
  into: Uint8Array,
): void {
  const header = writeHeader(time, iv);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(halfKeyBytes), iv);
  const ciphertext = cipher.update(plaintext);
  const last = cipher.final();
  const end = headerBytes + ciphertext.length + last.length;
  if (end + macBytes !== into.length) throw new FernetError('size', 'a cipher gave another length than it must');
  into.set(header);
  into.set(ciphertext, headerBytes);
  into.set(last, headerBytes + ciphertext.length);
  giveBack(ciphertext);
  into.set(tokenMac(key).update(into.subarray(0, end)).digest(), end);
}

/** What a MAC check has found true of a token: proof that its bytes may be decrypted. */
export type VerifiedToken = Named<
  { readonly seconds: bigint; readonly iv: Uint8Array; readonly tokenBytes: number },
  'VerifiedToken'
>;

/** Checks one token that arrives in pieces: its length is known before, its MAC at the end. */
export interface TokenMacCheck {
  update(piece: Uint8Array): void;
  /** Fails with `size`, `format` or `mac`. */
  final(): VerifiedToken;
}

/** Starts the check of a token of `tokenBytes` bytes; fails at once for a length no token has. */
export function tokenMacCheck(key: FernetKey, tokenBytes: number): TokenMacCheck {
  checkTokenLength(tokenBytes);
  const mac = tokenMac(key);
  const signedBytes = tokenBytes - macBytes;
  const header = new Uint8Array(headerBytes);
  const claimed = new Uint8Array(macBytes);
  let at = 0;
  return {
    update: (piece) => {
      if (at + piece.length > tokenBytes) throw new FernetError('size', 'a token longer than it was said to be');
      if (at < headerBytes) header.set(piece.subarray(0, headerBytes - at), at);
      const signed = piece.subarray(0, Math.max(0, signedBytes - at));
      if (signed.length > 0) mac.update(signed);
      claimed.set(piece.subarray(signed.length), Math.max(0, at - signedBytes));
      at += piece.length;
      if (header[0] !== version && at > 0) throw new FernetError('format', 'a token of another version');
    },
    final: () => {
      if (at !== tokenBytes) throw new FernetError('size', 'a token shorter than it was said to be');
      if (!equalSecrets(mac.digest(), claimed)) throw new FernetError('mac', 'a token whose MAC does not fit');
      return verified(header, tokenBytes);
    },
  };
}

/** As `tokenMacCheck` over a whole source. */
export async function verifyTokenMac(
  key: FernetKey,
  pieces: AsyncIterable<Uint8Array>,
  tokenBytes: number,
): Promise<VerifiedToken> {
  const check = tokenMacCheck(key, tokenBytes);
  for await (const piece of pieces) check.update(piece);
  return check.final();
}

/** Decrypts the bytes that a MAC check has passed, given again in pieces from the token's first byte on. */
export interface TokenOpener {
  update(piece: Uint8Array): Uint8Array;
  /** Fails with `padding`, or `size` when these cannot be the bytes that were checked. */
  final(): Uint8Array;
}

export function tokenOpener(key: FernetKey, token: VerifiedToken): TokenOpener {
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(halfKeyBytes), token.iv);
  const end = token.tokenBytes - macBytes;
  let at = 0;
  return {
    update: (piece) => {
      const ciphertext = piece.subarray(Math.max(0, headerBytes - at), Math.max(0, end - at));
      at += piece.length;
      return ciphertext.length === 0 ? new Uint8Array() : plain(decipher.update(ciphertext));
    },
    final: () => {
      if (at !== token.tokenBytes) throw new FernetError('size', 'other bytes than those that were checked');
      try {
        return plain(decipher.final());
      } catch (cause) {
        throw new FernetError('padding', 'a token whose padding does not fit', { cause });
      }
    },
  };
}

/**
 * Decrypts the whole token that a MAC check has passed, in memory of its own; fails with `padding`, or `size` when this
 * cannot be the token that was checked. The padding is read here: OpenSSL would hold the last block back, and everything
 * had to be copied to join it.
 */
export function openToken(key: FernetKey, { iv, tokenBytes }: VerifiedToken, token: Uint8Array): Uint8Array {
  if (token.length !== tokenBytes) throw new FernetError('size', 'other bytes than those that were checked');
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(halfKeyBytes), iv).setAutoPadding(false);
  const padded = plain(decipher.update(token.subarray(headerBytes, tokenBytes - macBytes)));
  const count = padded.at(-1) ?? 0;
  const isSound = count >= 1 && count <= blockBytes && padded.subarray(-count).every((byte) => byte === count);
  if (!isSound) throw new FernetError('padding', 'a token whose padding does not fit');
  return padded.subarray(0, padded.length - count);
}

/** The `size` and `format` checks of a whole raw token, and its MAC: nothing of it is used before (Spec §4). */
export function verifyToken(key: FernetKey, token: Uint8Array): VerifiedToken {
  checkTokenLength(token.length);
  if (token[0] !== version) throw new FernetError('format', 'a token of another version');
  const end = token.length - macBytes;
  const mac = tokenMac(key).update(token.subarray(0, end)).digest();
  if (!equalSecrets(mac, token.subarray(end))) throw new FernetError('mac', 'a token whose MAC does not fit');
  return verified(token, token.length);
}

/** As `verifyToken`, with the MAC that was computed elsewhere over all that stands before its own. */
export function verifyTokenBy(computed: Uint8Array, token: Uint8Array): VerifiedToken {
  checkTokenLength(token.length);
  if (token[0] !== version) throw new FernetError('format', 'a token of another version');
  if (!equalSecrets(computed, token.subarray(token.length - macBytes)))
    throw new FernetError('mac', 'a token whose MAC does not fit');
  return verified(token, token.length);
}

function checkTokenLength(tokenBytes: number): void {
  if (tokenBytes < tokenBytesMin || (tokenBytes - headerBytes - macBytes) % blockBytes !== 0)
    throw new FernetError('size', 'no token has this length');
}

function verified(header: Uint8Array, tokenBytes: number): VerifiedToken {
  const view = new DataView(header.buffer, header.byteOffset, headerBytes);
  const iv = new Uint8Array(header.subarray(9, headerBytes));
  return { seconds: view.getBigUint64(1), iv, tokenBytes } as VerifiedToken;
}

export function writeHeader(time: Instant, iv: Uint8Array): Uint8Array {
  if (iv.length !== ivBytes) throw new FernetError('format', `an IV has ${ivBytes} bytes`);
  const seconds = unixOf(time);
  if (seconds < 0) throw new FernetError('format', 'a token cannot be older than 1970');
  const header = new Uint8Array(headerBytes);
  header[0] = version;
  new DataView(header.buffer).setBigUint64(1, BigInt(seconds));
  header.set(iv, 9);
  return header;
}

/** The half of a key that signs. */
export function signingKeyOf(key: FernetKey): Uint8Array {
  return key.subarray(0, halfKeyBytes);
}

function tokenMac(key: FernetKey): Hmac {
  return createHmac('sha256', signingKeyOf(key));
}
