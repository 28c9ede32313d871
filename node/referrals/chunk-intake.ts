import { checkChunk, type ChunkHasher, type ChunkRoom } from '../../protocol/bundle/chunk-room.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import type { VerifiedToken } from '../../protocol/crypto/fernet-token.ts';
import { chunkArrival, openChunk, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { giveBack } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import {
  BlobError,
  blobNameOf,
  checkDigest,
  parseBlobName,
  verified,
  type BlobName,
  type BlobStore,
} from '../blobs/blob-store.ts';
import type { ByteStream } from '../platform/files.ts';
import { nextTurn } from '../platform/turn.ts';

/**
 * The plaintext of a stored chunk token, read into `buffer`, which has room for any: its MAC is checked over the whole blob
 * before the first byte comes out.
 */
export async function* openChunkBlob(
  blobs: BlobStore,
  place: ChunkPlace,
  blob: BlobName,
  buffer: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const size = await blobs.read(blob, buffer);
  yield* openChunk(bundleCrypto, place, buffer.subarray(0, size), nextTurn);
}

/** What receiving chunks needs of the node. */
export interface IntakePorts {
  readonly blobs: BlobStore;
  readonly hasher: ChunkHasher;
}

/** What was found of a token that is durable now. */
export interface StoredToken {
  readonly verified: VerifiedToken;
  readonly leafHash: Uint8Array;
}

/** How a token arrives: by the name under which it is stored, of a length that is known. */
export interface ArrivingToken {
  readonly name: string;
  readonly size: number;
  readonly body: ByteStream;
}

/**
 * Stores a token that is taken into `room` first: it is hashed and its MAC is checked on other threads while it is written.
 * It comes into its place only after that. The caller commits its row.
 */
export async function storeHeldChunk(
  { blobs, hasher }: IntakePorts,
  place: ChunkPlace,
  { name, size, body }: ArrivingToken,
  room: ChunkRoom,
): Promise<StoredToken> {
  const blob = parseBlobName(name);
  const token = room.token(size);
  await fill(token, blob, body);
  const checking = checkChunk(bundleCrypto, hasher, place, room);
  const sha256 = checking.then(({ digest, verify }) => {
    if (blobNameOf(digest) === name) verify(); // Only of the token that was signed is it told whether it opens.
    return digest;
  });
  try {
    await blobs.put(blob, size, () => whole(token), { sha256, isNotedByCaller: true, isNotReadSoon: true });
    // Where the same bytes lay there already nothing was compared.
    checkDigest(blob, await sha256);
    const { leaf, verify } = await checking;
    return { verified: verify(), leafHash: leaf };
  } finally {
    await Promise.allSettled([sha256]); // The room is read until then.
  }
}

async function fill(token: Uint8Array, blob: BlobName, body: ByteStream): Promise<void> {
  let at = 0;
  for await (const piece of body) {
    if (at + piece.length > token.length) throw otherLength(blob);
    token.set(piece, at);
    at += piece.length;
    giveBack(piece); // A body of 8 MiB must not wait for the next collection.
  }
  if (at !== token.length) throw otherLength(blob);
}

async function* whole(token: Uint8Array): ByteStream {
  yield token;
}

function otherLength(blob: BlobName): BlobError {
  return new BlobError('damaged', `blob ${blob} came with another length than was signed`);
}

/**
 * Stores a token while it arrives, where no room is free: length and MAC are checked here, its digest by the blob store,
 * which must be that of `name`. The caller commits its row.
 */
export async function storeChunk(
  blobs: BlobStore,
  place: ChunkPlace,
  { name, size, body }: ArrivingToken,
): Promise<StoredToken> {
  const arrival = chunkArrival(bundleCrypto, place);
  let fault: ProtocolError | undefined;
  let taken = false;
  async function* checked(): AsyncGenerator<Uint8Array> {
    taken = true;
    for await (const piece of body) {
      fault ??= tryUpdate(arrival, piece);
      yield piece;
      giveBack(piece); // It is hashed and written: a body of 8 MiB must not wait for the next collection.
    }
  }
  const blob = parseBlobName(name);
  await blobs.put(blob, size, checked, { isNotedByCaller: true });
  // The same bytes lay there already, of a transfer that broke off between blob and row: the body is checked all the same.
  if (!taken) for await (const piece of verified(blob, size, checked())) if (piece.length > size) break;
  if (fault !== undefined) throw fault;
  return arrival.final();
}

/** A token that is refused half-way is still read to its end: only then is it known whether it is the one that was signed. */
function tryUpdate(arrival: { update(piece: Uint8Array): void }, piece: Uint8Array): ProtocolError | undefined {
  try {
    arrival.update(piece);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}
