/**
 * What the log's readers need from cryptography. It is handed in, so that an auditor's browser runs the same code
 * over its own SHA-256 and Ed25519 (Spec §6).
 */
export interface LogCrypto {
  /** SHA-256 of one byte string. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** Ed25519 over `message`; false, never an exception, for whatever is not a valid signature, S >= L included (Spec §1). */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Whether 32 bytes are an Ed25519 key that may be trusted: y < p and not of small order (Spec §1). */
  isGoodKey(bytes: Uint8Array): boolean;
}

/** Signs with the one key that the caller holds; 64 bytes of Ed25519. */
export type Sign = (message: Uint8Array) => Uint8Array;
