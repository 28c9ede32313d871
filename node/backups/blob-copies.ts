import { findBlob } from '../blobs/blob-queries.ts';
import { BlobError, readBlob, type BlobName, type BlobStore } from '../blobs/blob-store.ts';
import type { DurableBlobs } from '../blobs/durable.ts';
import { streamOnce } from '../platform/files.ts';
import type { Store } from '../store/store.ts';
import type { BlobPlace } from './blob-list.ts';

export interface BlobSource {
  readonly blobs: Pick<DurableBlobs, 'get'>;
  readonly store: Pick<Store, 'read'>;
  /** The blobs of the backup directory. */
  readonly target: BlobStore;
}

/**
 * Brings a blob of the snapshot into the backup directory, unless it lies there: a blob never changes. One that somebody
 * removed since the snapshot is no loss; one that cannot be read here any more is told as `damaged`, and the backup goes on
 * with the others.
 */
export async function placeOf(
  { blobs, store, target }: BlobSource,
  { name, size }: { readonly name: BlobName; readonly size: number },
): Promise<Exclude<BlobPlace, 'bucket'>> {
  if ((await target.has(name)) === size) return 'here';
  let bytes: Uint8Array;
  try {
    bytes = await readBlob(name, await blobs.get(name), size);
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    const row = await store.read((reader) => reader.first(findBlob, { name }));
    return row === undefined ? 'removed' : 'damaged';
  }
  await target.put(name, size, () => streamOnce(bytes));
  return 'here';
}
