import { createHash, createHmac, hash, hkdfSync, timingSafeEqual, type Hash } from 'node:crypto';

export const sha256Bytes = 32;

/** SHA-256 of the parts joined. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return plain(hash('sha256', only, 'buffer'));
  const state = createHash('sha256');
  for (const part of parts) state.update(part);
  return plain(state.digest());
}

/** SHA-256 of bytes that arrive in pieces; after `digest` it takes no more. */
export interface Sha256Stream {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
  /** A second stream that goes on from here, so that a prefix can be hashed as it closes (Spec §5). */
  copy(): Sha256Stream;
}

export function sha256Stream(): Sha256Stream {
  return streamOf(createHash('sha256'));
}

export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHmac('sha256', key);
  for (const part of parts) state.update(part);
  return plain(state.digest());
}

export function hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, info, size));
}

/** Compares secrets and MACs in a time that depends on their length alone. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The same bytes without Node's Buffer methods, some of which differ from Uint8Array's under the same name. */
export function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function streamOf(state: Hash): Sha256Stream {
  return {
    update: (bytes) => {
      state.update(bytes);
    },
    digest: () => plain(state.digest()),
    copy: () => streamOf(state.copy()),
  };
}
