import {
  chunkPlaintextBytes,
  chunkTokenBytes,
  openChunkInto,
  sealChunkInto,
  type ChunkPlace,
} from '../../../protocol/bundle/attachment.ts';
import { attachmentBytesMax, chunkBytes, pieceBytes } from '../../../protocol/bundle/limits.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import { giveBack } from '../../../protocol/bytes.ts';
import { sha256Stream, type Sha256Stream } from '../../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import type { AttachmentId } from '../../../protocol/ids.ts';
import { BlobError, blobNameOf, type BlobName, type BlobStore } from '../../blobs/blob-store.ts';
import type { ByteStream } from '../../platform/files.ts';
import { RecordsError } from '../errors.ts';
import { headBytesMax } from './content-type.ts';
import type { ChunkSecrets } from './sealed-attachment.ts';

export interface StoredChunk {
  readonly i: number;
  readonly blob: BlobName;
  /** Of the token. */
  readonly size: number;
}

export interface StoredBytes {
  readonly size: number;
  readonly chunks: number;
  readonly sha256: Uint8Array;
  /** The first bytes, at most `headBytesMax`. */
  readonly first: Uint8Array;
}

/**
 * Cuts a stream into chunks, seals each and makes it durable, in constant memory: one chunk of plaintext and its token.
 * A chunk waits until it is known whether another follows, because the last one's key is another (Spec §4).
 */
export async function storeChunks(
  ports: { readonly blobs: BlobStore; readonly yieldTurn: YieldTurn; readonly beforeStoring: BeforeStoring },
  id: AttachmentId,
  secrets: ChunkSecrets,
  bytes: ByteStream,
  handedOver: boolean,
): Promise<StoredBytes> {
  const { yieldTurn } = ports;
  const plaintext = new Uint8Array(chunkBytes);
  const token = new Uint8Array(chunkTokenBytes(bundleCrypto, { ...secrets, id, size: chunkBytes, index: 0 }));
  const hash = sha256Stream();
  let first = new Uint8Array();
  let index = 0;
  let filled = 0;
  const flush = async (last: boolean): Promise<void> => {
    // Only whether it is the last chunk, and its own length, enter the token; the whole size is not known yet.
    const size = index * chunkBytes + filled + (last ? 0 : 1);
    const place = { ...secrets, id, size, index };
    const sealed = await sealInto(token, place, plaintext.subarray(0, filled), yieldTurn);
    const blob = blobNameOf(sealed.sha256);
    await ports.beforeStoring({ i: index, blob, size: sealed.token.length });
    await ports.blobs.put(blob, sealed.token.length, () => oneTime(sealed.token));
  };
  for await (const piece of bytes) {
    await hashInPieces(hash, piece, yieldTurn);
    for (let at = 0; at < piece.length;) {
      if (filled === chunkBytes) {
        await flush(false);
        index += 1;
        filled = 0;
      }
      const take = Math.min(piece.length - at, chunkBytes - filled);
      plaintext.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (index === 0 && first.length < headBytesMax) first = plaintext.slice(0, Math.min(filled, headBytesMax));
      if (index * chunkBytes + filled > attachmentBytesMax)
        throw new RecordsError('invalid-attachment', `larger than ${attachmentBytesMax} bytes`);
    }
    if (handedOver) giveBack(piece);
  }
  await flush(true);
  giveBack(plaintext);
  giveBack(token);
  return { size: index * chunkBytes + filled, chunks: index + 1, sha256: hash.digest(), first };
}

/** Notes a chunk while it is not there yet, so that whatever a crash leaves can be found. */
type BeforeStoring = (chunk: StoredChunk) => Promise<void>;

/**
 * Reads one chunk's token into `scratch`, which has room for any, checks all of it and only then gives plaintext; says how
 * many bytes there are.
 */
export async function readChunkInto(
  ports: { readonly blobs: BlobStore; readonly yieldTurn: YieldTurn },
  place: ChunkPlace,
  blob: BlobName,
  into: Uint8Array,
  scratch: Uint8Array,
): Promise<number> {
  const size = chunkPlaintextBytes(place);
  if (into.length < size) throw new RecordsError('invalid-attachment', `a chunk needs room for ${chunkBytes} bytes`);
  try {
    const token = scratch.subarray(0, chunkTokenBytes(bundleCrypto, place));
    if ((await ports.blobs.read(blob, scratch)) !== token.length) throw damagedChunk(place);
    return (await openChunkInto(bundleCrypto, place, token, into, ports.yieldTurn)).length;
  } catch (cause) {
    const isDamage = cause instanceof BlobError && (cause.code === 'damaged' || cause.code === 'missing');
    if (isDamage || cause instanceof ProtocolError) throw damagedChunk(place, cause);
    throw cause;
  }
}

export function damagedChunk(place: ChunkPlace, cause?: unknown): RecordsError {
  return new RecordsError(
    'attachment-damaged',
    `chunk ${place.index} of attachment ${place.id} is damaged or missing: restore it from the bucket or a backup`,
    { cause },
  );
}

async function sealInto(
  token: Uint8Array,
  place: ChunkPlace,
  plaintext: Uint8Array,
  yieldTurn: YieldTurn,
): Promise<{ readonly token: Uint8Array; readonly sha256: Uint8Array }> {
  const made = await sealChunkInto(bundleCrypto, place, plaintext, token, yieldTurn);
  const hash = sha256Stream();
  await hashInPieces(hash, made, yieldTurn);
  return { token: made, sha256: hash.digest() };
}

/** Hashes with a turn for others between the pieces. */
export async function hashInPieces(hash: Sha256Stream, bytes: Uint8Array, yieldTurn: YieldTurn): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (at > 0) await yieldTurn();
    hash.update(bytes.subarray(at, at + pieceBytes));
  }
}

/** Bytes that are all there, as a stream. */
export async function* oneTime(bytes: Uint8Array): ByteStream & AsyncGenerator<Uint8Array> {
  yield bytes;
}
