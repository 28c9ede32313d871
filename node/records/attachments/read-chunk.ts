import type { ChunkPlace } from '../../../protocol/bundle/attachment.ts';
import { chunkBytes } from '../../../protocol/bundle/limits.ts';
import { chunksOf } from '../../../protocol/bundle/manifest.ts';
import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import type { BlobName, BlobStore } from '../../blobs/blob-store.ts';
import type { Scratch } from '../../blobs/scratch.ts';
import type { Store } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import { chunkBlob } from './attachment-queries.ts';
import { readChunkInto } from './chunks.ts';

export interface ReadingPorts {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly yieldTurn: YieldTurn;
  readonly scratch: Scratch;
}

/** Reads and checks the chunk of this place into `into`; says how many bytes there are. */
export async function readStoredChunk(ports: ReadingPorts, place: ChunkPlace, into: Uint8Array): Promise<number> {
  const { store, scratch } = ports;
  const row = await store.read((reader) => reader.first(chunkBlob, { attachment: place.id, i: place.index }));
  if (row === undefined) throw new RecordsError('attachment-damaged', `chunk ${place.index} has no row`);
  return await scratch.lend((buffer) => readChunkInto(ports, place, row.blob as BlobName, into, buffer));
}

/** The whole plaintext of stored chunks; each piece is new, so that the reader may keep it. */
export async function* readAllChunks(
  ports: ReadingPorts,
  file: Omit<ChunkPlace, 'index'>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < chunksOf(file.size); index += 1) {
    const chunk = new Uint8Array(Math.min(chunkBytes, file.size - index * chunkBytes));
    await readStoredChunk(ports, { ...file, index }, chunk);
    yield chunk;
  }
}
