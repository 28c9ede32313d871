import type { Named } from '../../protocol/ids.ts';
import type { ByteStream } from '../platform/files.ts';

/** Lower-case hex SHA-256 of the stored bytes: a blob's name is its content (trust.md §2, bucket operator). */
export type BlobName = Named<string, 'BlobName'>;

/**
 * Where sealed bytes lie: a directory or an S3 bucket, under one contract and one test suite. Only ciphertext enters.
 * `put` returns when the bytes are durable there; putting the same bytes again succeeds. `get` verifies the digest as it
 * reads and fails with `BlobError` code `damaged` at the end when it differs.
 */
export interface BlobStore {
  readonly kind: 'directory' | 's3';
  put(name: BlobName, size: number, bytes: () => ByteStream): Promise<void>;
  get(name: BlobName): Promise<ByteStream>;
  /** Size in bytes, `undefined` where there is none. */
  has(name: BlobName): Promise<number | undefined>;
  remove(name: BlobName): Promise<void>;
  /** What this backend can and cannot do, tried with a real object (write, read back, delete). Throws `BlobError`. */
  probe(): Promise<BlobAbilities>;
  close(): Promise<void>;
}

export interface BlobAbilities {
  readonly conditionalCreate: boolean;
  readonly detail: string;
}

export type BlobErrorCode = 'missing' | 'damaged' | 'full' | 'unreachable' | 'denied' | 'io';

export class BlobError extends Error {
  override readonly name = 'BlobError';
  readonly code: BlobErrorCode;

  constructor(code: BlobErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function blobNameOf(sha256: Uint8Array): BlobName {
  return sha256.toHex() as BlobName;
}
