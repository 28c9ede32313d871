import type { Store } from '../store/store.ts';
import { blobsAfter } from './blob-queries.ts';
import { parseBlobName, type BlobStore } from './blob-store.ts';

/** So many blobs are looked for: all, or as many in each of the places over which the names are spread. */
export const blobsLookedForMax = 256;
const places = 16;

export interface BlobsLookedFor {
  readonly looked: number;
  /** Neither here nor in the bucket, or with another size. */
  readonly lost: number;
}

/**
 * Whether the blobs that the database names are there. Of many a sample; each `turn` of 16 takes another. None is opened:
 * every reading, and the restore drill, compare the bytes.
 */
export async function lookForBlobs(
  store: Pick<Store, 'read'>,
  { has }: Pick<BlobStore, 'has'>,
  turn: number,
): Promise<BlobsLookedFor> {
  const sizes = await sampleOf(store, turn % places);
  let lost = 0;
  for (const [name, size] of sizes) if ((await has(parseBlobName(name))) !== size) lost += 1;
  return { looked: sizes.size, lost };
}

async function sampleOf(store: Pick<Store, 'read'>, turn: number): Promise<ReadonlyMap<string, number>> {
  const after = async (name: string, limit: number) =>
    await store.read((reader) => reader.all(blobsAfter, { after: name, limit }));
  const found = await after('', blobsLookedForMax);
  if (found.length === blobsLookedForMax) {
    found.length = 0;
    for (let place = 0; place < places; place += 1)
      found.push(...(await after(place.toString(16) + turn.toString(16), blobsLookedForMax / places)));
  }
  return new Map(found.map(({ name, size }) => [name, size]));
}
