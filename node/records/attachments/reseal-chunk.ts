import type { ChunkPlace } from '../../../protocol/bundle/attachment.ts';
import { resealChunk } from '../../../protocol/bundle/chunk-room.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { BlobError, parseBlobName, type BlobName } from '../../blobs/blob-store.ts';
import { RecordsError } from '../errors.ts';
import { chunkBlob } from './attachment-queries.ts';
import { damagedChunk } from './chunks.ts';
import type { ReadingPorts } from './read-chunk.ts';

/**
 * Reads the token of a stored chunk into `into` and makes it the one of another place, all but its MAC; says how many bytes
 * it has. The MAC of what is stored is checked first, over all of it; where that fails the blob is read once more by its
 * digest, which repairs it where that is possible.
 */
export async function resealStoredChunk(
  ports: Pick<ReadingPorts, 'store' | 'blobs' | 'yieldTurn'>,
  from: ChunkPlace,
  to: ChunkPlace,
  into: Uint8Array,
): Promise<number> {
  const { store, blobs, yieldTurn } = ports;
  const row = await store.read((reader) => reader.first(chunkBlob, { attachment: from.id, i: from.index }));
  if (row === undefined) throw new RecordsError('attachment-damaged', `chunk ${from.index} has no row`);
  const blob = parseBlobName(row.blob);
  const reseal = async (read: (name: BlobName, place: Uint8Array) => Promise<number>): Promise<number> => {
    const token = into.subarray(0, await read(blob, into));
    await resealChunk(bundleCrypto, from, to, token, yieldTurn);
    return token.length;
  };
  try {
    try {
      return await reseal(blobs.readUnverified);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return await reseal(blobs.read);
    }
  } catch (cause) {
    const isDamage = cause instanceof BlobError && (cause.code === 'damaged' || cause.code === 'missing');
    if (isDamage || cause instanceof ProtocolError) throw damagedChunk(from, cause);
    throw cause;
  }
}
