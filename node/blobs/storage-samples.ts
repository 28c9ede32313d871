import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import type { Files } from '../platform/files.ts';
import { row, statement } from '../store/statement.ts';
import { StoreError, type Store } from '../store/store.ts';

export interface FreeSpace {
  /** Days since 1970, UTC. */
  readonly day: number;
  /** Bytes that can still be written where the data directory lies. */
  readonly freeBytes: number;
}

/** How full the disk was on one day. */
export interface StorageSample extends FreeSpace {
  /** Bytes of the node's own files: its database, its blobs, what lies beside them. */
  readonly usedBytes: number;
}

export interface StorageSamples {
  /** What holds now; it is not kept. */
  freeNow(): Promise<FreeSpace>;
  /** Keeps the first measure of each day, and forgets the days beyond `samplesMax`. Takes nothing on a full disk. */
  take(): Promise<void>;
  /** The oldest first. */
  list(): Promise<readonly StorageSample[]>;
}

/** Days that are kept, today among them. */
export const samplesMax = 90;
const dayMs = 24 * 3_600_000;

const queries = {
  put: statement<{ day: number; taken_at: number; free_bytes: number; used_bytes: number }>()((db, values) =>
    db
      .insertInto('storage_sample')
      .values(row(values, ['day', 'taken_at', 'free_bytes', 'used_bytes']))
      .onConflict((conflict) => conflict.column('day').doNothing()),
  ),
  find: statement<{ day: number }>()((db, values) =>
    db.selectFrom('storage_sample').select('day').where('day', '=', values.day),
  ),
  list: statement<Record<string, never>>()((db) => db.selectFrom('storage_sample').selectAll().orderBy('day')),
  /** A clock that was set right again leaves days of the future: they go too. */
  forget: statement<{ after: number; to: number }>()((db, values) =>
    db.deleteFrom('storage_sample').where((eb) => eb.or([eb('day', '<=', values.after), eb('day', '>', values.to)])),
  ),
  blobBytes: statement<Record<string, never>>()((db) =>
    db.selectFrom('blob').select((select) => select.fn.sum<number | null>('size').as('bytes')),
  ),
};

export function openStorageSamples(ports: {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
  readonly dataDirectory: string;
}): StorageSamples {
  const { store, files, clock, dataDirectory } = ports;
  const today = (): number => Math.floor(clock.now() / dayMs);

  const freeNow = async (): Promise<FreeSpace> => ({
    day: today(),
    freeBytes: await files.freeBytes(dataDirectory),
  });

  /** Reads a row of every blob: once a day, not for each look at a page. */
  const measure = async (): Promise<StorageSample> => {
    const names = await files.list(dataDirectory);
    const [free, blobs, ...sizes] = await Promise.all([
      freeNow(),
      store.read((reader) => reader.first(queries.blobBytes, {})),
      ...names.map((name) => files.size(join(dataDirectory, name))),
    ]);
    const besideBlobs = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    return { ...free, usedBytes: besideBlobs + (blobs?.bytes ?? 0) };
  };

  const keep = async ({ day, freeBytes, usedBytes }: StorageSample): Promise<void> => {
    const kept = { day, taken_at: clock.now(), free_bytes: freeBytes, used_bytes: usedBytes };
    await store.write(async (writer) => {
      await writer.run(queries.put, kept);
      await writer.run(queries.forget, { after: day - samplesMax, to: day });
    });
  };

  return {
    freeNow,
    take: async () => {
      const day = today();
      const known = await store.read((reader) => reader.first(queries.find, { day }));
      if (known !== undefined || store.isFull()) return;
      try {
        await keep(await measure());
      } catch (error) {
        // Full is said by a check of its own; a day without a sample harms no forecast.
        if (!(error instanceof StoreError) || error.code !== 'full') throw error;
      }
    },
    list: async () =>
      (await store.read((reader) => reader.all(queries.list, {}))).map((kept) => ({
        day: kept.day,
        freeBytes: kept.free_bytes,
        usedBytes: kept.used_bytes,
      })),
  };
}
