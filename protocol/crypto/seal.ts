import sodium from 'libsodium-wrappers';
import { concat, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { BundleId, NodeName } from '../ids.ts';
import { fernetKeyOf } from './fernet.ts';
import { fernetKeyBytes, type FernetKey } from './fernet-token.ts';
import { equalSecrets, sha256, sha256Bytes } from './hash.ts';

/*
 * Sealing a bundle's Fernet key for the receiver alone (Spec §4). Suite 1 is crypto_box_seal; suite 2, the default, is
 * X-Wing, which also withstands a recorder with a later quantum computer. Both carry the same 97-byte payload, and the
 * payload repeats the context, since box_seal binds nothing but the key: a box cannot be passed on as another bundle's.
 * libsodium draws no randomness here: all of it comes through `random`.
 */

export type Suite = 1 | 2;

/** Whose box it is: the hashed context is `fernpost/seal/v1\n<from>\n<to>\n<bundle>\n`. */
export interface SealContext {
  readonly from: NodeName;
  readonly to: NodeName;
  readonly bundle: BundleId;
}

/** What the receiver needs to open and to check a document. */
export interface SealedSecrets {
  readonly fernetKey: FernetKey;
  readonly documentSalt: Uint8Array;
}

export interface SealingKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export const boxBytes: Readonly<Record<Suite, number>> = { 1: 145, 2: 1257 };
export const sealingKeyBytes: Readonly<Record<Suite, number>> = { 1: 32, 2: 1216 };
export const sealingSeedBytes = 32;
export const documentSaltBytes = 32;

const payloadVersion = 1;
const payloadBytes = 1 + fernetKeyBytes + documentSaltBytes + sha256Bytes;
const keyCommitmentPrefix = utf8('fernpost/key/v1\n');
const xwingPrefix = utf8('fernpost/xwing/v1\n');
const ephemeralSeedBytes = 32;
const encapsulationSeedBytes = 64;
const encapsulationBytes = 1120;
const boxNonceBytes = 24;
const aeadNonceBytes = 24;
const aeadKeyBytes = 32;

/** Resolves once libsodium can be used; awaited once when a process starts. */
export async function sealingReady(): Promise<void> {
  await sodium.ready;
}

export function isSuite(value: unknown): value is Suite {
  return value === 1 || value === 2;
}

/** The X25519 pair of a 32-byte seed, for suite 1 (crypto_box_seed_keypair). */
export function boxKeyPair(seed: Uint8Array): SealingKeyPair {
  const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(checkedSeed(seed));
  return { publicKey, privateKey };
}

/** The X-Wing pair of a 32-byte seed, for suite 2; the seed is the private key. */
export function xwingKeyPair(seed: Uint8Array): SealingKeyPair {
  const { publicKey, privateKey } = sodium.crypto_kem_xwing_seed_keypair(checkedSeed(seed));
  return { publicKey, privateKey };
}

/** `sealedTo` of a manifest: which key opens the box (Spec §4). */
export function sealedToOf(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey);
}

/** `keyCommitment` of a manifest: Fernet does not commit to its key, so the manifest does (Spec §4). */
export function keyCommitment(fernetKey: FernetKey): Uint8Array {
  return sha256(keyCommitmentPrefix, fernetKey);
}

/** Seals for `publicKey`; fails with `malformed-key` for a key that is none of the suite. Asks `random` for its seed first. */
export function seal(
  input: {
    readonly suite: Suite;
    readonly publicKey: Uint8Array;
    readonly random: (size: number) => Uint8Array;
  } & SealContext &
    SealedSecrets,
): Uint8Array {
  const { suite, publicKey, random, fernetKey, documentSalt } = input;
  if (publicKey.length !== sealingKeyBytes[suite]) throw badKey(suite);
  if (documentSalt.length !== documentSaltBytes) throw refused('a document salt has 32 bytes');
  const context = contextOf(input);
  const payload = concat(Uint8Array.of(payloadVersion), fernetKey, documentSalt, sha256(context));
  try {
    return suite === 1 ? sealBox(publicKey, payload, random) : sealXwing(publicKey, payload, context, random);
  } catch (cause) {
    throw badKey(suite, cause);
  } finally {
    payload.fill(0);
  }
}

/** Opens a box and checks that it was made for this context; every failure is `seal-refused`. */
export function openSeal(
  input: { readonly suite: Suite; readonly box: Uint8Array } & SealingKeyPair & SealContext,
): SealedSecrets {
  const { suite, box } = input;
  if (box.length !== boxBytes[suite]) throw refused(`a box of suite ${suite} has ${boxBytes[suite]} bytes`);
  if (input.publicKey.length !== sealingKeyBytes[suite]) throw badKey(suite);
  const context = contextOf(input);
  const payload = suite === 1 ? openBox(box, input) : openXwing(box, input, context);
  try {
    return readPayload(payload, context);
  } finally {
    payload.fill(0);
  }
}

function readPayload(payload: Uint8Array, context: Uint8Array): SealedSecrets {
  if (payload.length !== payloadBytes) throw refused(`the payload of a seal has ${payloadBytes} bytes`);
  if (payload[0] !== payloadVersion) throw refused('the payload of a seal has version 1');
  const saltAt = 1 + fernetKeyBytes;
  const digestAt = saltAt + documentSaltBytes;
  if (!equalSecrets(payload.subarray(digestAt), sha256(context))) throw refused('the seal was made for another bundle');
  return {
    fernetKey: fernetKeyOf(payload.subarray(1, saltAt)),
    documentSalt: new Uint8Array(payload.subarray(saltAt, digestAt)),
  };
}

/** crypto_box_seal with the ephemeral key from `random`: epk ‖ box under the nonce BLAKE2b-192(epk ‖ pk). */
function sealBox(publicKey: Uint8Array, payload: Uint8Array, random: (size: number) => Uint8Array): Uint8Array {
  const ephemeral = sodium.crypto_box_seed_keypair(random(ephemeralSeedBytes));
  const nonce = sodium.crypto_generichash(boxNonceBytes, concat(ephemeral.publicKey, publicKey), null);
  const box = sodium.crypto_box_easy(payload, nonce, publicKey, ephemeral.privateKey);
  sodium.memzero(ephemeral.privateKey);
  return concat(ephemeral.publicKey, box);
}

function openBox(box: Uint8Array, { publicKey, privateKey }: SealingKeyPair): Uint8Array {
  try {
    return sodium.crypto_box_seal_open(box, publicKey, privateKey);
  } catch (cause) {
    throw refused('the box does not open', cause);
  }
}

/** ct ‖ nonce ‖ XChaCha20-Poly1305 with the context as associated data (Spec §4). */
function sealXwing(
  publicKey: Uint8Array,
  payload: Uint8Array,
  context: Uint8Array,
  random: (size: number) => Uint8Array,
): Uint8Array {
  const seed = random(encapsulationSeedBytes);
  const { ciphertext, sharedSecret } = sodium.crypto_kem_xwing_enc_deterministic(publicKey, seed);
  const key = xwingKeyOf(sharedSecret, ciphertext, context);
  const nonce = random(aeadNonceBytes);
  const body = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(payload, context, null, nonce, key);
  sodium.memzero(key);
  return concat(ciphertext, nonce, body);
}

function openXwing(box: Uint8Array, { privateKey }: SealingKeyPair, context: Uint8Array): Uint8Array {
  const ciphertext = box.subarray(0, encapsulationBytes);
  const nonce = box.subarray(encapsulationBytes, encapsulationBytes + aeadNonceBytes);
  const body = box.subarray(encapsulationBytes + aeadNonceBytes);
  try {
    const key = xwingKeyOf(sodium.crypto_kem_xwing_dec(ciphertext, privateKey), ciphertext, context);
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, body, context, nonce, key);
  } catch (cause) {
    throw refused('the box does not open', cause);
  }
}

/** Takes the shared secret: it is wiped. */
function xwingKeyOf(sharedSecret: Uint8Array, ciphertext: Uint8Array, context: Uint8Array): Uint8Array {
  const key = sodium.crypto_generichash(aeadKeyBytes, concat(xwingPrefix, ciphertext, context), sharedSecret);
  sodium.memzero(sharedSecret);
  return key;
}

function contextOf({ from, to, bundle }: SealContext): Uint8Array {
  return utf8(`fernpost/seal/v1\n${from}\n${to}\n${bundle}\n`);
}

function checkedSeed(seed: Uint8Array): Uint8Array {
  if (seed.length !== sealingSeedBytes) throw new ProtocolError('malformed-key', 'a seed has 32 bytes');
  return seed;
}

function badKey(suite: Suite, cause?: unknown): ProtocolError {
  return new ProtocolError('malformed-key', `not a public key of suite ${suite}`, { cause });
}

function refused(why: string, cause?: unknown): ProtocolError {
  return new ProtocolError('seal-refused', why, { cause });
}
