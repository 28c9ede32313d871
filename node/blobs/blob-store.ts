import { sha256Stream } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Named } from '../../protocol/ids.ts';
import type { ByteStream } from '../platform/files.ts';

/** Lower-case hex SHA-256 of the stored bytes: a blob's name is its content (Node §2, bucket operator). */
export type BlobName = Named<string, 'BlobName'>;

/** A raw chunk token is at most 8 MiB of plaintext and 73 bytes (Node §6); nothing larger is a blob. */
export const blobBytesMax = 8 * 1024 * 1024 + 100;

/**
 * Where sealed bytes lie: a directory or an S3 bucket, under one contract and one test suite. Only ciphertext enters.
 * `put` returns when the bytes are durable there; putting the same bytes again succeeds, other bytes than the name says
 * fail with `damaged` and leave nothing. `get` fails with `missing` at once, and verifies size and digest as it reads: it
 * fails with `damaged` at the end when they differ, so nothing may be believed before the end.
 */
export interface BlobStore {
  readonly kind: 'directory' | 's3';
  put(name: BlobName, size: number, bytes: () => ByteStream, options?: PutOptions): Promise<void>;
  get(name: BlobName): Promise<ByteStream>;
  /** As `get`, into a buffer that is used again: the whole blob, verified before it returns. Says how many bytes it has. */
  read(name: BlobName, into: Uint8Array): Promise<number>;
  /**
   * As `read`, without the digest, for who checks a MAC over all of it before anything of it is used. Where that fails,
   * `read` says what is wrong with the blob, and repairs it where that is possible.
   */
  readUnverified(name: BlobName, into: Uint8Array): Promise<number>;
  /** Size in bytes, `undefined` where there is none. */
  has(name: BlobName): Promise<number | undefined>;
  /** Nothing happens where there is none. */
  remove(name: BlobName): Promise<void>;
  /** What this backend can and cannot do, tried with a real object (write, read back, delete). Throws `BlobError`. */
  probe(): Promise<BlobAbilities>;
  close(): Promise<void>;
}

export interface PutOptions {
  /**
   * SHA-256 of these bytes, computed elsewhere meanwhile: it is compared with the name in the place of one computed here.
   * What it fails with is passed on, and nothing is stored.
   */
  readonly sha256?: Promise<Uint8Array>;
  /** The caller commits the blob's row by itself (`DurableBlobs.note`), together with what refers to the blob. */
  readonly isNotedByCaller?: boolean;
  /** Nobody reads it for a while: it need not lie in the cache of the operating system. */
  readonly isNotReadSoon?: boolean;
}

export interface BlobAbilities {
  /** Whether a second object under one name is refused by the backend itself. */
  readonly conditionalCreate: boolean;
  /** One sentence for the administrator. */
  readonly detail: string;
}

export type BlobErrorCode = 'missing' | 'damaged' | 'full' | 'unreachable' | 'denied' | 'too-large' | 'io';

export class BlobError extends Error {
  override readonly name = 'BlobError';
  readonly code: BlobErrorCode;

  constructor(code: BlobErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const nameForm = /^[0-9a-f]{64}$/;

export function blobNameOf(sha256: Uint8Array): BlobName {
  return sha256.toHex() as BlobName;
}

export function parseBlobName(text: string): BlobName {
  if (!nameForm.test(text)) throw new ProtocolError('malformed-id', 'not the name of a blob');
  return text as BlobName;
}

/** Passes the bytes of a blob on and, at their end, compares them with its name and, where it is given, its size. */
export async function* verified(name: BlobName, size: number | undefined, bytes: ByteStream): ByteStream {
  const hash = sha256Stream();
  let count = 0;
  for await (const piece of bytes) {
    count += piece.length;
    if (count > blobBytesMax) throw new BlobError('too-large', `blob ${name} is larger than ${blobBytesMax} bytes`);
    hash.update(piece);
    yield piece;
  }
  if (size !== undefined && size !== count) throw damaged(name);
  checkDigest(name, hash.digest());
}

function damaged(name: BlobName): BlobError {
  return new BlobError('damaged', `the bytes of blob ${name} are not what its name says`);
}

/** Passes the bytes of a blob on and compares their count alone: their digest is computed elsewhere. */
export async function* counted(name: BlobName, size: number, bytes: ByteStream): ByteStream {
  let count = 0;
  for await (const piece of bytes) {
    count += piece.length;
    if (count > blobBytesMax) throw new BlobError('too-large', `blob ${name} is larger than ${blobBytesMax} bytes`);
    yield piece;
  }
  if (count !== size) throw damaged(name);
}

/** Fails with `damaged` where the digest is not the one of the name. */
export function checkDigest(name: BlobName, sha256: Uint8Array): void {
  if (blobNameOf(sha256) !== name) throw damaged(name);
}

/** The whole of a blob, verified; at most `blobBytesMax` bytes. */
export async function readBlob(name: BlobName, bytes: ByteStream, size?: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of verified(name, size, bytes)) pieces.push(piece);
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Puts a verified stream into a buffer; fails with `too-large` when the buffer is too small. */
export async function readInto(name: BlobName, bytes: ByteStream, into: Uint8Array): Promise<number> {
  let at = 0;
  for await (const piece of bytes) {
    if (at + piece.length > into.length) throw new BlobError('too-large', `blob ${name} is larger than its place`);
    into.set(piece, at);
    at += piece.length;
  }
  return at;
}
