import type { Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import { streamOnce, type ByteStream } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import type { Store, Writer } from '../store/store.ts';
import { BlobError, readBlob, readInto, type BlobName, type BlobStore } from './blob-store.ts';
import { lookForBlobs, type BlobsLookedFor } from './look-for-blobs.ts';
import { countPending, duePending, insertBlob, markFailed, markVerified, removeBlob } from './blob-queries.ts';

/**
 * The blobs of a node: durable in the local directory first, and that alone is waited for (Node §4, "S3 down"). With a
 * bucket, `uploadPending` carries them there afterwards, reads each back and compares it before it counts as stored twice.
 *
 * `put` returns when the bytes are durable on this machine and their row is committed. `get` verifies the whole blob before
 * it gives any of it out, and repairs a damaged local copy from the bucket. `remove` removes it everywhere.
 */
export interface DurableBlobs extends BlobStore {
  /** The row of a blob that was put with `isNotedByCaller`: without it no bucket ever gets the blob. */
  note(writer: Writer, name: BlobName, size: number): Promise<void>;
  /** Tries what is due to go to the bucket, and says when to call again; `undefined` when nothing waits. */
  uploadPending(signal?: AbortSignal): Promise<{ readonly uploaded: number; readonly nextTryAt: Instant | undefined }>;
  /** As `get`, from the bucket alone; `missing` without a bucket. */
  getFromBucket(name: BlobName): Promise<ByteStream>;
  /** How many blobs are not yet in cloud storage; 0 without a bucket. */
  countPending(): Promise<number>;
  /** Whether blobs are where the database says; `turn` chooses the sample. */
  lookForSome(turn: number): Promise<BlobsLookedFor>;
}

export interface DurableBlobsOptions {
  readonly local: BlobStore;
  readonly bucket?: BlobStore;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
}

const batchMax = 64;
const backOffMsMin = 1_000;
/** Node §4: back-off 1 s to 15 min with jitter. */
const backOffMsMax = 15 * 60_000;
const doublingsMax = 10;

export function openDurableBlobs(options: DurableBlobsOptions): DurableBlobs {
  const { local, bucket, store, clock, diagnostics } = options;

  const uploadOne = async (name: BlobName, attempts: number): Promise<boolean> => {
    if (bucket === undefined) return false;
    try {
      const bytes = await readBlob(name, await local.get(name));
      await bucket.put(name, bytes.length, () => streamOnce(bytes));
      await readBlob(name, await bucket.get(name), bytes.length);
      await store.write((writer) => writer.run(markVerified, { name, verified_at: clock.now() }));
      return true;
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      const failure = { name, failure: error.code, next_try_at: clock.now() + backOffMs(attempts, options.random) };
      await store.write((writer) => writer.run(markFailed, failure));
      diagnostics.warn('blob-upload-failed', { code: error.code, attempts: attempts + 1 });
      return false;
    }
  };

  const repaired = async (name: BlobName, cause: BlobError): Promise<Uint8Array> => {
    diagnostics.error('blob-damaged-here', cause, { code: cause.code });
    if (bucket === undefined) throw cause;
    const bytes = await readBlob(name, await bucket.get(name));
    await local.put(name, bytes.length, () => streamOnce(bytes));
    diagnostics.info('blob-repaired', { size: bytes.length });
    return bytes;
  };

  const readOrRepair = async (name: BlobName, into: Uint8Array, reading: Promise<number>): Promise<number> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof BlobError) || (error.code !== 'damaged' && error.code !== 'missing')) throw error;
      const bytes = await repaired(name, error);
      return readInto(name, streamOnce(bytes), into);
    }
  };

  const note = async (writer: Writer, name: BlobName, size: number): Promise<void> => {
    const now = clock.now();
    await writer.run(insertBlob, { name, size, stored_at: now, next_try_at: now });
  };

  const has: BlobStore['has'] = async (name) => (await local.has(name)) ?? (await bucket?.has(name));

  return {
    kind: local.kind,
    has,
    lookForSome: (turn) => lookForBlobs(store, { has }, turn),
    put: async (name, size, bytes, options) => {
      await local.put(name, size, bytes, options);
      if (options?.isNotedByCaller !== true) await store.write((writer) => note(writer, name, size));
    },
    note,
    get: async (name) => {
      try {
        return streamOnce(await readBlob(name, await local.get(name)));
      } catch (error) {
        if (error instanceof BlobError && (error.code === 'damaged' || error.code === 'missing'))
          return streamOnce(await repaired(name, error));
        throw error;
      }
    },
    read: (name, into) => readOrRepair(name, into, local.read(name, into)),
    readUnverified: (name, into) => readOrRepair(name, into, local.readUnverified(name, into)),
    remove: async (name) => {
      await bucket?.remove(name);
      await local.remove(name);
      await store.write((writer) => writer.run(removeBlob, { name }));
    },
    probe: async () => {
      const here = await local.probe();
      if (bucket === undefined) return here;
      const there = await bucket.probe();
      return { ...there, detail: `on this machine: ${here.detail}; in the bucket: ${there.detail}` };
    },
    close: async () => {
      await local.close();
      await bucket?.close();
    },
    uploadPending: async (signal) => {
      if (bucket === undefined) return { uploaded: 0, nextTryAt: undefined };
      const due = await store.read((reader) => reader.all(duePending, { limit: batchMax }));
      let uploaded = 0;
      for (const row of due) {
        if (signal?.aborted === true || row.next_try_at > clock.now()) break;
        if (await uploadOne(row.name as BlobName, row.attempts)) uploaded += 1;
      }
      const next = await store.read((reader) => reader.first(duePending, { limit: 1 }));
      return { uploaded, nextTryAt: next === undefined ? undefined : (next.next_try_at as Instant) };
    },
    getFromBucket: async (name) => {
      if (bucket === undefined) throw new BlobError('missing', 'there is no bucket');
      return await bucket.get(name);
    },
    countPending: async () =>
      bucket === undefined ? 0 : ((await store.read((reader) => reader.first(countPending, {})))?.pending ?? 0),
  };
}

/** Doubles from a second to a quarter of an hour; half of it is left to chance, so that blobs do not come in step. */
function backOffMs(attempts: number, random: Random): number {
  const whole = Math.min(backOffMsMax, backOffMsMin * 2 ** Math.min(attempts, doublingsMax));
  const [chance = 0] = random.bytes(1);
  return Math.round(whole / 2 + ((whole / 2) * chance) / 255);
}
