import type { BlobName, BlobStore } from '../../blobs/blob-store.ts';
import type { Store } from '../../store/store.ts';
import { chunksFrom, chunksOfUpload, deleteChunk, deleteChunks } from './attachment-queries.ts';

/** Blobs first: a row that is left names what is still to be removed. Their keys are random, so nobody else uses them. */
export async function removeChunks(
  { store, blobs }: { readonly store: Store; readonly blobs: BlobStore },
  attachment: string,
): Promise<void> {
  const rows = await store.read((reader) => reader.all(chunksOfUpload, { attachment }));
  for (const { blob } of rows) await blobs.remove(blob as BlobName);
  await store.write((w) => w.run(deleteChunks, { attachment }));
}

/** Takes away the chunks from the i-th on: what a broken append noted and perhaps stored, and never counted. */
export async function removeChunksFrom(
  { store, blobs }: { readonly store: Store; readonly blobs: BlobStore },
  attachment: string,
  from: number,
): Promise<void> {
  for (const { i, blob } of await store.read((reader) => reader.all(chunksFrom, { attachment, i: from }))) {
    await blobs.remove(blob as BlobName);
    await store.write((w) => w.run(deleteChunk, { attachment, i }));
  }
}
