import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import type { VerifiedToken } from '../../protocol/crypto/fernet-token.ts';
import { sha256Stream, type Sha256Stream } from '../../protocol/crypto/hash.ts';
import { openVerifiedChunk, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import type { ChunkRoom } from '../../protocol/bundle/chunk-room.ts';
import { equalBytes, giveBack } from '../../protocol/bytes.ts';
import type { BlobName, BlobStore } from '../blobs/blob-store.ts';
import type { Scratch } from '../blobs/scratch.ts';
import { nextTurn } from '../platform/turn.ts';
import { openChunkBlob } from './chunk-intake.ts';
import type { IntakeRooms } from './intake-rooms.ts';

/** Where the chunks of one arriving attachment stand, and what their plaintext must hash to. */
export type ArrivingAttachment = Omit<ChunkPlace, 'index'> & { readonly chunks: number; readonly sha256: Uint8Array };

type BlobOf = (index: number) => Promise<BlobName | undefined>;

/**
 * Hashes the plaintext prefix of each arriving attachment as it closes, so that the commit needs no second pass
 * (Spec §5). What a restart forgot is hashed again from the blobs.
 */
export interface PrefixHashes {
  /**
   * A chunk is stored: hash on as far as chunks lie without a gap. Runs beside; `settle` waits for it. `held` is the
   * token in a room that was lent for it, and is given back; what came too early waits in its room while nobody needs that.
   */
  arrived(key: string, attachment: ArrivingAttachment, blobOf: BlobOf, held?: HeldToken): void;
  /** True when the whole plaintext has the SHA-256 that the document names. */
  settle(key: string, attachment: ArrivingAttachment, blobOf: BlobOf): Promise<boolean>;
  forget(key: string): void;
}

/** A whole token in memory whose MAC was right. */
export interface HeldToken {
  readonly index: number;
  readonly room: ChunkRoom;
  readonly size: number;
  readonly verified: VerifiedToken;
}

interface Prefix {
  next: number;
  /** Whether the token of `next` is being hashed from its room. */
  isHashing: boolean;
  readonly hash: Sha256Stream;
  running: Promise<void>;
  digest: Uint8Array | undefined;
  readonly held: Map<number, HeldToken>;
}

export interface PrefixPorts {
  readonly blobs: BlobStore;
  readonly rooms: IntakeRooms;
  readonly scratch: Scratch;
}

export function openPrefixHashes({ blobs, rooms, scratch }: PrefixPorts): PrefixHashes {
  const prefixes = new Map<string, Prefix>();
  const hashAll = async (prefix: Prefix, plaintext: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of plaintext) {
      prefix.hash.update(piece);
      giveBack(piece);
    }
  };
  const hashHeld = async (prefix: Prefix, place: ChunkPlace, held: HeldToken): Promise<void> => {
    prefix.held.delete(held.index);
    prefix.isHashing = true;
    rooms.closing(held.room);
    try {
      const token = held.room.token(held.size);
      await hashAll(prefix, openVerifiedChunk(bundleCrypto, place, held.verified, [token], nextTurn));
    } finally {
      prefix.isHashing = false;
      rooms.giveBack(held.room);
    }
  };
  const advance = async (prefix: Prefix, attachment: ArrivingAttachment, blobOf: BlobOf): Promise<void> => {
    while (prefix.next < attachment.chunks) {
      const place = { ...attachment, index: prefix.next };
      const held = prefix.held.get(prefix.next);
      if (held !== undefined) await hashHeld(prefix, place, held);
      else {
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
    const running = Promise.resolve();
    const made: Prefix = {
      next: 0,
      isHashing: false,
      hash: sha256Stream(),
      running,
      digest: undefined,
      held: new Map(),
    };
    prefixes.set(key, made);
    return made;
  };
  const forget = (key: string): void => {
    for (const { room } of prefixes.get(key)?.held.values() ?? []) rooms.giveBack(room);
    prefixes.delete(key);
  };
  const hold = (prefix: Prefix, held: HeldToken): void => {
    if (held.index < prefix.next || prefix.held.has(held.index)) return rooms.giveBack(held.room);
    prefix.held.set(held.index, held);
    rooms.park(held.room, () => prefix.held.delete(held.index));
    // What lies there without a gap is hashed in a moment.
    for (let i = prefix.next + (prefix.isHashing ? 1 : 0); ; i += 1) {
      const next = prefix.held.get(i);
      if (next === undefined) return;
      rooms.closing(next.room);
    }
  };
  return {
    arrived: (key, attachment, blobOf, held) => {
      const prefix = start(key);
      if (held !== undefined) hold(prefix, held);
      prefix.running = prefix.running.then(() => advance(prefix, attachment, blobOf)).catch(() => forget(key)); // A blob that cannot be read now is read again by `settle`, which tells why.
    },
    settle: async (key, attachment, blobOf) => {
      await prefixes.get(key)?.running;
      const prefix = start(key);
      try {
        await advance(prefix, attachment, blobOf);
      } catch (error) {
        forget(key); // A hash that stopped within a chunk is good for nothing.
        throw error;
      }
      if (prefix.next < attachment.chunks) return false;
      prefix.digest ??= prefix.hash.digest();
      return equalBytes(prefix.digest, attachment.sha256);
    },
    forget,
  };
}
