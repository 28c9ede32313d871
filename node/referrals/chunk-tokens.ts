import { chunkLeafHash, chunkTokenBytes, sealChunkInto, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { chunkBytes } from '../../protocol/bundle/limits.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { chunkTokenBytesMax } from '../../protocol/http/limits.ts';
import { OperationError } from '../platform/operation-error.ts';
import { nextTurn } from '../platform/turn.ts';
import type { Attachments } from '../records/attachments.ts';
import { spoolBytesMax, type TokenSpool } from './token-spool.ts';

/** Chunks of one peer on their way at once: below the protocol's window of 8, to stay within constant memory. */
export const chunksInFlight = 2;

/**
 * Makes chunk tokens from a patient's attachment, always the same bytes for the same place (Spec §4). A token is lent: its
 * buffer is taken back afterwards. At most `chunksInFlight` buffers exist; who finds none waits.
 */
export interface ChunkTokens {
  /** Seals the chunk and runs `use` with its token; a copy is kept for `withSealed` while there is room. */
  withToken<T>(place: ChunkPlace, use: (token: Uint8Array) => T): Promise<T>;
  /**
   * Runs `use` with the token whose leaf hash this is, from the copy or sealed again. Another token is never given out
   * under the same key: fails with `attachment-changed`.
   */
  withSealed<T>(place: ChunkPlace, leaf: Uint8Array, use: (token: Uint8Array) => Promise<T>): Promise<T>;
  /** The token was sent. */
  forget(place: ChunkPlace): Promise<void>;
}

export function openChunkTokens(attachments: Attachments, spool: TokenSpool): ChunkTokens {
  const buffers = openBuffers();
  let plaintext: Uint8Array | undefined;
  let plaintextTurn: Promise<unknown> = Promise.resolve();
  /** One plaintext buffer serves all: sealing is bound by the processor, so two at once gain nothing. */
  const sealInto = (place: ChunkPlace, into: Uint8Array): Promise<Uint8Array> => {
    const turn = plaintextTurn.then(async () => {
      plaintext ??= new Uint8Array(chunkBytes);
      const size = await attachments.readChunk(place.id, place.index, plaintext);
      return await sealChunkInto(bundleCrypto, place, plaintext.subarray(0, size), into, nextTurn);
    });
    plaintextTurn = turn.catch(() => undefined);
    return turn;
  };
  const isThat = (token: Uint8Array, leaf: Uint8Array): boolean => equalBytes(chunkLeafHash({ sha256 }, token), leaf);
  const findKept = async (place: ChunkPlace, leaf: Uint8Array, into: Uint8Array): Promise<Uint8Array | undefined> => {
    const kept = await spool.find(nameOf(place), into);
    return kept?.length === chunkTokenBytes(bundleCrypto, place) && isThat(kept, leaf) ? kept : undefined;
  };
  return {
    withToken: (place, use) =>
      buffers.lend(async (buffer) => {
        const token = await sealInto(place, buffer);
        const result = use(token);
        if (place.size <= spoolBytesMax) await spool.keep(nameOf(place), token);
        return result;
      }),
    withSealed: (place, leaf, use) =>
      buffers.lend(async (buffer) => {
        const kept = await findKept(place, leaf, buffer);
        if (kept !== undefined) return await use(kept);
        const token = await sealInto(place, buffer);
        if (isThat(token, leaf)) return await use(token);
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

function openBuffers(): { lend<T>(use: (buffer: Uint8Array) => Promise<T>): Promise<T> } {
  const free: Uint8Array[] = [];
  const waiting: ((buffer: Uint8Array) => void)[] = [];
  let made = 0;
  const take = (): Promise<Uint8Array> => {
    const buffer = free.pop();
    if (buffer !== undefined) return Promise.resolve(buffer);
    if (made < chunksInFlight) {
      made += 1;
      return Promise.resolve(new Uint8Array(chunkTokenBytesMax));
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const give = (buffer: Uint8Array): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(buffer);
    else next(buffer);
  };
  return {
    lend: async (use) => {
      const buffer = await take();
      try {
        return await use(buffer);
      } finally {
        give(buffer);
      }
    },
  };
}
