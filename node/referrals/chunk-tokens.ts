import { chunkTokenBytes, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import {
  chunkRoom,
  signChunk,
  type ChunkHasher,
  type ChunkHashes,
  type ChunkRoom,
} from '../../protocol/bundle/chunk-room.ts';
import { chunkTokenBytesMax } from '../../protocol/http/limits.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Attachments } from '../records/attachments.ts';
import { spoolBytesMax, type TokenSpool } from './token-spool.ts';

/** Chunks of one peer on their way at once: below the protocol's window of 8, to stay within constant memory. */
export const chunksInFlight = 3;

/** What a chunk's token must be, for ever. */
export interface SealedChunk extends ChunkHashes {
  readonly size: number;
}

/**
 * Makes chunk tokens from a patient's attachment, always the same bytes for the same place (Spec §4). At most
 * `chunksInFlight` tokens are in memory; who finds no room waits.
 */
export interface ChunkTokens {
  /** Seals the chunk and says what its token is; a copy is kept for `withSealed` while there is room on the disk. */
  seal(place: ChunkPlace): Promise<SealedChunk>;
  /**
   * Runs `use` with the token whose leaf hash this is, from the copy or sealed again; its memory is taken back afterwards.
   * Another plaintext is never sealed under the same key and given out: fails with `attachment-changed`.
   */
  withSealed<T>(place: ChunkPlace, leaf: Uint8Array, use: (token: Uint8Array) => Promise<T>): Promise<T>;
  /** The token was sent, or not taken: no copy of it is used again. */
  forget(place: ChunkPlace): Promise<void>;
}

export function openChunkTokens(
  attachments: Pick<Attachments, 'resealChunk'>,
  spool: TokenSpool,
  hasher: ChunkHasher,
): ChunkTokens {
  const rooms = openRooms(hasher);
  let last: Promise<unknown> = Promise.resolve();
  /** In the order in which they are asked for, one after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  /** While one is hashed on the other thread the next is decrypted and encrypted on this one. */
  const sealInto = async (place: ChunkPlace, room: ChunkRoom) => {
    await inTurn(() => attachments.resealChunk(place, room.token(chunkTokenBytesMax)));
    return await signChunk(bundleCrypto, hasher, place, room);
  };
  const findKept = async (place: ChunkPlace, leaf: Uint8Array, room: ChunkRoom): Promise<Uint8Array | undefined> => {
    const kept = await spool.find(nameOf(place), leaf, room.token(chunkTokenBytesMax));
    return kept?.length === chunkTokenBytes(bundleCrypto, place) ? kept : undefined;
  };
  return {
    seal: (place) =>
      rooms.lend(async (room) => {
        const { token, leaf, digest } = await sealInto(place, room);
        if (place.size <= spoolBytesMax) await spool.keep(nameOf(place), leaf, token);
        return { leaf, digest, size: token.length };
      }),
    withSealed: (place, leaf, use) =>
      rooms.lend(async (room) => {
        // They leave in order, so that the receiver need not wait with what it hashes.
        const kept = await inTurn(() => findKept(place, leaf, room));
        if (kept !== undefined) return await use(kept);
        const sealed = await sealInto(place, room);
        if (equalBytes(sealed.leaf, leaf)) return await use(sealed.token);
        throw new OperationError(
          'conflict',
          'attachment-changed',
          'An attachment of this referral is no longer what was sealed. Nothing of it was sent; refer again.',
        );
      }),
    forget: (place) => spool.drop(nameOf(place)),
  };
}

function nameOf({ bundle, id, index }: ChunkPlace): string {
  return `${bundle}-${id}-${index}`;
}

function openRooms(hasher: ChunkHasher): { lend<T>(use: (room: ChunkRoom) => Promise<T>): Promise<T> } {
  const free: ChunkRoom[] = [];
  const waiting: ((room: ChunkRoom) => void)[] = [];
  let made = 0;
  const take = (): Promise<ChunkRoom> => {
    const room = free.pop();
    if (room !== undefined) return Promise.resolve(room);
    if (made < chunksInFlight) {
      made += 1;
      return Promise.resolve(chunkRoom(hasher));
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const give = (room: ChunkRoom): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(room);
    else next(room);
  };
  return {
    lend: async (use) => {
      const room = await take();
      try {
        return await use(room);
      } finally {
        give(room);
      }
    },
  };
}
