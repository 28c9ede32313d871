import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import type { VerifiedToken } from '../../protocol/crypto/fernet-token.ts';
import { sha256Stream, type Sha256Stream } from '../../protocol/crypto/hash.ts';
import { chunkArrival, openChunk, openVerifiedChunk, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { chunkTokenBytesMax } from '../../protocol/http/limits.ts';
import { equalBytes, giveBack } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseBlobName, verified, type BlobName, type BlobStore } from '../blobs/blob-store.ts';
import type { Scratch } from '../blobs/scratch.ts';
import type { ByteStream } from '../platform/files.ts';
import { nextTurn } from '../platform/turn.ts';

/** Where the chunks of one arriving attachment stand, and what their plaintext must hash to. */
export type ArrivingAttachment = Omit<ChunkPlace, 'index'> & { readonly chunks: number; readonly sha256: Uint8Array };

/**
 * Hashes the plaintext prefix of each arriving attachment as it closes, so that the commit needs no second pass
 * (Spec §5). What a restart forgot is hashed again from the blobs.
 */
export interface PrefixHashes {
  /** Room for a token that arrives, so that it need not be read again; `undefined` while others have it all. */
  lend(): Uint8Array | undefined;
  /** Takes back what no chunk came into. */
  giveBack(room: Uint8Array | undefined): void;
  /**
   * A chunk is stored: hash on as far as chunks lie without a gap. Runs beside; `settle` waits for it. `held` is the
   * token in the room that was lent for it, and is taken back.
   */
  arrived(
    key: string,
    attachment: ArrivingAttachment,
    blobOf: (index: number) => Promise<BlobName | undefined>,
    held?: HeldToken,
  ): void;
  /** True when the whole plaintext has the SHA-256 that the document names. */
  settle(
    key: string,
    attachment: ArrivingAttachment,
    blobOf: (index: number) => Promise<BlobName | undefined>,
  ): Promise<boolean>;
  forget(key: string): void;
}

/** A whole token in memory whose MAC was right. */
export interface HeldToken {
  readonly index: number;
  readonly room: Uint8Array;
  readonly size: number;
  readonly verified: VerifiedToken;
}

/** As many as a peer of this program sends at once; others are read from the disk again. */
const roomsMax = 2;

interface Prefix {
  next: number;
  readonly hash: Sha256Stream;
  running: Promise<void>;
  digest: Uint8Array | undefined;
}

export function openPrefixHashes(blobs: BlobStore, scratch: Scratch): PrefixHashes {
  const prefixes = new Map<string, Prefix>();
  const free: Uint8Array[] = [];
  let lent = 0;
  const takeBack = (room: Uint8Array): void => {
    lent -= 1;
    free.push(room);
  };
  const hashAll = async (prefix: Prefix, plaintext: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of plaintext) {
      prefix.hash.update(piece);
      giveBack(piece);
    }
  };
  const advance = async (
    prefix: Prefix,
    attachment: ArrivingAttachment,
    blobOf: (index: number) => Promise<BlobName | undefined>,
    held?: HeldToken,
  ): Promise<void> => {
    while (prefix.next < attachment.chunks) {
      const place = { ...attachment, index: prefix.next };
      if (held?.index === prefix.next) {
        const token = held.room.subarray(0, held.size);
        await hashAll(prefix, openVerifiedChunk(bundleCrypto, place, held.verified, [token], nextTurn));
      } else {
        const blob = await blobOf(prefix.next);
        if (blob === undefined) return;
        await scratch.lend((buffer) => hashAll(prefix, openChunkBlob(blobs, place, blob, buffer)));
      }
      prefix.next += 1;
    }
  };
  const start = (key: string): Prefix => {
    const known = prefixes.get(key);
    if (known !== undefined) return known;
    const made: Prefix = { next: 0, hash: sha256Stream(), running: Promise.resolve(), digest: undefined };
    prefixes.set(key, made);
    return made;
  };
  return {
    lend: () => {
      if (lent >= roomsMax) return undefined;
      lent += 1;
      return free.pop() ?? new Uint8Array(chunkTokenBytesMax);
    },
    giveBack: (room) => {
      if (room !== undefined) takeBack(room);
    },
    arrived: (key, attachment, blobOf, held) => {
      const prefix = start(key);
      prefix.running = prefix.running
        .then(() => advance(prefix, attachment, blobOf, held))
        .catch(() => {
          prefixes.delete(key); // A blob that cannot be read now is read again by `settle`, which tells why.
        })
        .finally(() => {
          if (held !== undefined) takeBack(held.room);
        });
    },
    settle: async (key, attachment, blobOf) => {
      await prefixes.get(key)?.running;
      const prefix = start(key);
      try {
        await advance(prefix, attachment, blobOf);
      } catch (error) {
        prefixes.delete(key); // A hash that stopped within a chunk is good for nothing.
        throw error;
      }
      if (prefix.next < attachment.chunks) return false;
      prefix.digest ??= prefix.hash.digest();
      return equalBytes(prefix.digest, attachment.sha256);
    },
    forget: (key) => {
      prefixes.delete(key);
    },
  };
}

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

/**
 * Stores a token while it is checked: length and MAC here, its digest by the blob store, which must be that of `name`.
 * `copy` has room for any, and holds the token afterwards.
 */
export async function storeChunk(
  blobs: BlobStore,
  place: ChunkPlace,
  name: string,
  size: number,
  body: ByteStream,
  copy?: Uint8Array,
): Promise<{ readonly verified: VerifiedToken; readonly leafHash: Uint8Array }> {
  const arrival = chunkArrival(bundleCrypto, place);
  let at = 0;
  let fault: ProtocolError | undefined;
  let taken = false;
  async function* checked(): AsyncGenerator<Uint8Array> {
    taken = true;
    for await (const piece of body) {
      fault ??= tryUpdate(arrival, piece);
      if (fault === undefined) copy?.set(piece, at);
      at += piece.length;
      yield piece;
      giveBack(piece); // It is hashed and written: a body of 8 MiB must not wait for the next collection.
    }
  }
  const blob = parseBlobName(name);
  await blobs.put(blob, size, checked);
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
