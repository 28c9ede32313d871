import { join } from 'node:path';
import { sha256, sha256Stream } from '../../protocol/crypto/hash.ts';
import { FileError, streamOf, streamOnce, type ByteStream, type Files, type WriterOptions } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import {
  BlobError,
  blobBytesMax,
  blobNameOf,
  checkDigest,
  counted,
  parseBlobName,
  readBlob,
  verified,
  type BlobErrorCode,
  type BlobName,
  type BlobStore,
  type PutOptions,
} from './blob-store.ts';

const pieceBytes = 256 * 1024;
const probeBytes = 64;
const temporaryName = 'incoming';

export interface DirectoryBlobsOptions {
  readonly files: Files;
  readonly random: Random;
  /** Absolute; made when it is not there. */
  readonly path: string;
}

/**
 * Blobs as files: `<path>/<first two digits>/<name>`, written under `incoming`, fsynced, moved into place with an fsync of
 * the directory (law 2). What a crash left under `incoming` counts for nothing and is swept when the store is opened.
 */
export async function openDirectoryBlobs(options: DirectoryBlobsOptions): Promise<BlobStore> {
  const { files, random, path } = options;
  const incoming = join(path, temporaryName);
  await asBlobError(files.makeDirectory(incoming));
  for (const name of await asBlobError(files.list(incoming))) await asBlobError(files.remove(join(incoming, name)));
  const known = new Set<string>();
  const placeOf = (name: BlobName): string => placeIn(path, name);

  const has = async (name: BlobName): Promise<number | undefined> => await asBlobError(files.size(placeOf(name)));

  const put = async (
    name: BlobName,
    size: number,
    bytes: () => ByteStream,
    { sha256: elsewhere, isNotReadSoon = false }: PutOptions = {},
  ): Promise<void> => {
    elsewhere?.catch(() => undefined); // It is awaited below, unless something else fails before.
    if ((await has(name)) === size && (await isSound(files, placeOf(name), name))) return;
    const unfinished = join(incoming, random.uuid());
    try {
      const checked = elsewhere === undefined ? verified(name, size, bytes()) : counted(name, size, bytes());
      await write(files, unfinished, checked, { isNotReadSoon });
      if (elsewhere !== undefined) checkDigest(name, await elsewhere);
      const shard = join(path, name.slice(0, 2));
      if (!known.has(shard)) await files.makeDirectory(shard);
      known.add(shard);
      await files.moveDurably(unfinished, placeOf(name));
    } catch (error) {
      await files.remove(unfinished);
      throw blobErrorOf(error);
    }
  };

  const get = async (name: BlobName): Promise<ByteStream> => {
    const reader = await asBlobError(files.openReader(placeOf(name)));
    return verified(name, undefined, streamOf(reader, pieceBytes));
  };

  const readPieces = async (
    name: BlobName,
    into: Uint8Array,
    bytesAtOnce: number,
    each?: (piece: Uint8Array) => void,
  ): Promise<number> => {
    await using file = await asBlobError(files.openReader(placeOf(name)));
    if (file.size > into.length) throw new BlobError('too-large', `blob ${name} is larger than its place`);
    let at = 0;
    while (at < file.size) {
      const piece = into.subarray(at, Math.min(at + bytesAtOnce, file.size));
      const size = await asBlobError(file.read(piece, at));
      if (size === 0) break;
      each?.(piece.subarray(0, size));
      at += size;
    }
    return at;
  };

  const read = async (name: BlobName, into: Uint8Array): Promise<number> => {
    const hash = sha256Stream();
    const size = await readPieces(name, into, pieceBytes, (piece) => hash.update(piece));
    checkDigest(name, hash.digest());
    return size;
  };

  const readUnverified = (name: BlobName, into: Uint8Array): Promise<number> => readPieces(name, into, blobBytesMax);

  const remove = async (name: BlobName): Promise<void> => await asBlobError(files.remove(placeOf(name)));

  const probe: BlobStore['probe'] = async () => {
    const bytes = random.bytes(probeBytes);
    const name = blobNameOf(sha256(bytes));
    await put(name, bytes.length, () => streamOnce(bytes));
    await readBlob(name, await get(name));
    await remove(name);
    return { conditionalCreate: true, detail: 'writing, reading and deleting a file work' };
  };

  return { kind: 'directory', put, get, read, readUnverified, has, remove, probe, close: () => Promise.resolve() };
}

/** Every blob of the directory, in no order; for the scrub and for finding what nobody refers to. */
export async function* listDirectoryBlobs(files: Files, path: string): AsyncIterable<BlobName> {
  for (const shard of await asBlobError(files.list(path))) {
    if (shard === temporaryName) continue;
    for (const name of await asBlobError(files.list(join(path, shard)))) yield parseBlobName(name);
  }
}

/** Removes one blob of a directory that no store has open; nothing happens where there is none. */
export async function removeDirectoryBlob(files: Files, path: string, name: BlobName): Promise<void> {
  await asBlobError(files.remove(placeIn(path, name)));
}

/** Where a directory keeps a blob. */
export function placeIn(path: string, name: BlobName): string {
  return join(path, name.slice(0, 2), name);
}

async function write(files: Files, path: string, bytes: ByteStream, options: WriterOptions): Promise<void> {
  await using file = await files.openWriter(path, options);
  for await (const piece of bytes) await file.write(piece);
  await file.sync();
}

/** What is there is read before it stands for the bytes that come: a damaged copy is written anew. */
async function isSound(files: Files, path: string, name: BlobName): Promise<boolean> {
  try {
    for await (const piece of verified(name, undefined, streamOf(await files.openReader(path), pieceBytes))) void piece;
    return true;
  } catch (error) {
    if (error instanceof BlobError) return false;
    throw error;
  }
}

const codes: Readonly<Record<FileError['code'], BlobErrorCode>> = {
  missing: 'missing',
  exists: 'io',
  full: 'full',
  denied: 'denied',
  'not-a-file': 'io',
  'too-large': 'too-large',
  'not-synced': 'io',
  io: 'io',
};

function blobErrorOf(error: unknown): unknown {
  return error instanceof FileError ? new BlobError(codes[error.code], error.message, { cause: error }) : error;
}

async function asBlobError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw blobErrorOf(error);
  }
}
