import { createPrivateKey, createPublicKey, sign as rawSign, verify as rawVerify, type KeyObject } from 'node:crypto';
import { concat } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { Named } from '../ids.ts';
import { plain } from './hash.ts';

/** An Ed25519 public key whose encoding has been looked at: reduced, and not of small order (Spec §1). */
export type PublicKey = Named<Uint8Array, 'PublicKey'>;

export interface SigningKey {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Uint8Array;
}

export type VerifySignature = (publicKey: PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

export const publicKeyBytes = 32;
export const signatureBytes = 64;
export const signingSeedBytes = 32;

/** p = 2^255 - 19, the field of Ed25519. */
const fieldOrder = 2n ** 255n - 19n;
/** L, the order of the base point (RFC 8032 §5.1). */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The y of a point of order 8; the three others have the same y or p - y. */
const orderEightY = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** The y of every point whose order divides 8: of order 4, 1, 2 and 8. */
const smallOrderYs: ReadonlySet<bigint> = new Set([0n, 1n, fieldOrder - 1n, orderEightY, fieldOrder - orderEightY]);
const pkcs8Prefix = Uint8Array.fromHex('302e020100300506032b657004220420');
const spkiPrefix = Uint8Array.fromHex('302a300506032b6570032100');

/** Key objects cost a tenth of a verification to make; they live as long as the key they were made from. */
const keyObjects = new WeakMap<PublicKey, KeyObject>();

/** The good keys seen last, by their hex: the same few peers sign again and again. */
const knownKeys = new Map<string, PublicKey>();
const keptKeys = 1024;

/**
 * Reads 32 bytes as an Ed25519 key and refuses y >= p and the points of small order, under which one signature can hold
 * for every message (Spec §1). Not libsodium's point check: it was wrong once (CVE-2025-69277).
 */
export function parsePublicKey(bytes: Uint8Array): PublicKey {
  if (bytes.length !== publicKeyBytes) throw malformed(`an Ed25519 key has ${publicKeyBytes} bytes`);
  const hex = bytes.toHex();
  const known = knownKeys.get(hex);
  if (known !== undefined) return known;
  const y = littleEndian(bytes) & (2n ** 255n - 1n);
  if (y >= fieldOrder) throw malformed('an Ed25519 key with y not reduced');
  if (smallOrderYs.has(y)) throw malformed('an Ed25519 key of small order');
  const key = new Uint8Array(bytes) as Uint8Array as PublicKey;
  if (knownKeys.size >= keptKeys) knownKeys.clear();
  knownKeys.set(hex, key);
  return key;
}

/** The key pair of a 32-byte seed (RFC 8032 §5.1.5). */
export function signingKey(seed: Uint8Array): SigningKey {
  if (seed.length !== signingSeedBytes) throw malformed(`a signing seed has ${signingSeedBytes} bytes`);
  const der = Buffer.from(concat(pkcs8Prefix, seed));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: parsePublicKey(spki.subarray(spkiPrefix.length)),
    sign: (message) => plain(rawSign(null, message, key)),
  };
}

/** Whether `signature` is Ed25519 over `message`; false for S >= L, another length, or a key that is no point (Spec §1). */
export function verifySignature(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== signatureBytes || littleEndian(signature.subarray(32)) >= groupOrder) return false;
  return rawVerify(null, message, keyObjectOf(publicKey), signature);
}

function keyObjectOf(publicKey: PublicKey): KeyObject {
  const known = keyObjects.get(publicKey);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.from(concat(spkiPrefix, publicKey)), format: 'der', type: 'spki' });
  keyObjects.set(publicKey, key);
  return key;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${new Uint8Array(bytes).reverse().toHex()}`);
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-key', why);
}
