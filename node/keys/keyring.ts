import type { Writer, Reader } from '../store/store.ts';
import type { Named } from '../../protocol/ids.ts';

/** Names the key under which one patient's data, or one received referral's, lies (architecture law 6). */
export type DataKeyId = Named<string, 'DataKeyId'>;

/**
 * Root key → data key → token. A data key is wrapped by the root key, and destroying it erases what it protects
 * everywhere. Tokens are raw Fernet (version byte 0x80) under the data key; `purpose` is bound into the plaintext, so that a
 * token copied to another row or column does not open there.
 */
export interface Keyring {
  newDataKey(writer: Writer): Promise<DataKeyId>;
  /** Seals bytes under a data key. */
  seal(reader: Reader, key: DataKeyId, purpose: string, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Opens a token, or throws `KeyError` code `shredded` when the key is gone and `damaged` when the token is. */
  open(reader: Reader, key: DataKeyId, purpose: string, token: Uint8Array): Promise<Uint8Array>;
  /** Destroys the key for ever (crypto-erasure). */
  shred(writer: Writer, key: DataKeyId): Promise<void>;
  /** Seals the node's own secrets directly under the root key. */
  sealOwn(purpose: string, plaintext: Uint8Array): Uint8Array;
  openOwn(purpose: string, token: Uint8Array): Uint8Array;
  /** Keyed blind index (law 6): HMAC-SHA-256 under a key of its own over `field ‖ value`, 16 bytes. */
  blindTerm(field: string, value: string): Uint8Array;
}

export type KeyErrorCode = 'shredded' | 'damaged' | 'wrong-root-key' | 'missing-root-key' | 'readable-by-others';

export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
