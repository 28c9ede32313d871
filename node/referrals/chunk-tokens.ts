import { sealChunkInto, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { chunkBytes } from '../../protocol/bundle/limits.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { chunkTokenBytesMax } from '../../protocol/http/limits.ts';
import type { AttachmentId } from '../../protocol/ids.ts';
import { nextTurn } from '../platform/turn.ts';
import type { Attachments } from '../records/attachments.ts';

/** Chunks of one peer on their way at once: below the protocol's window of 8, to stay within constant memory. */
export const chunksInFlight = 2;

/** Makes chunk tokens from a patient's attachment, always the same bytes for the same place (Spec §4). */
export interface ChunkTokens {
  /**
   * Runs `use` with the token; its buffer is taken back afterwards. At most `chunksInFlight` buffers exist; who finds
   * none waits.
   */
  withToken<T>(attachment: AttachmentId, place: ChunkPlace, use: (token: Uint8Array) => Promise<T>): Promise<T>;
}

export function openChunkTokens(attachments: Attachments): ChunkTokens {
  const free: Uint8Array[] = [];
  const waiting: ((buffer: Uint8Array) => void)[] = [];
  let made = 0;
  let plaintext: Uint8Array | undefined;
  let plaintextTurn: Promise<unknown> = Promise.resolve();
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
  /** One plaintext buffer serves all: sealing is bound by the processor, so two at once gain nothing. */
  const fill = async (attachment: AttachmentId, place: ChunkPlace, into: Uint8Array): Promise<Uint8Array> => {
    plaintext ??= new Uint8Array(chunkBytes);
    const size = await attachments.readChunk(attachment, place.index, plaintext);
    return await sealChunkInto(bundleCrypto, place, plaintext.subarray(0, size), into, nextTurn);
  };
  return {
    withToken: async (attachment, place, use) => {
      const buffer = await take();
      try {
        const turn = plaintextTurn.then(() => fill(attachment, place, buffer));
        plaintextTurn = turn.catch(() => undefined);
        return await use(await turn);
      } finally {
        give(buffer);
      }
    },
  };
}
