import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { parseBlobName, readBlob, type BlobStore } from '../../../node/blobs/blob-store.ts';
import { openDirectoryBlobs } from '../../../node/blobs/directory.ts';
import { openDurableBlobs, type DurableBlobs } from '../../../node/blobs/durable.ts';
import { blobsLookedForMax, lookForBlobs } from '../../../node/blobs/look-for-blobs.ts';
import { openS3Blobs } from '../../../node/blobs/s3.ts';
import { silentDiagnostics as diagnostics } from '../../../node/platform/diagnostics.ts';
import { systemRandom as random } from '../../../node/platform/random.ts';
import { systemFiles as files } from '../../../node/platform/system-files.ts';
import { createBlobTables } from '../../../node/store/schema/blobs.ts';
import { openDatabase, type Database } from '../../../node/store/database.ts';
import { startFakeS3, type FakeS3, type S3Fault } from '../../support/fake-s3.ts';
import { testDirectory, type TestDirectory } from '../../support/test-directory.ts';
import { inPieces, putBlob, randomBlob, type TestBlob } from './contract.ts';

interface Bench extends AsyncDisposable {
  readonly blobs: DurableBlobs;
  readonly store: Database;
  readonly fake: FakeS3;
  readonly directory: TestDirectory;
  passMs(ms: number): void;
  placeOf(blob: TestBlob): string;
}

async function openBench(withBucket = true): Promise<Bench> {
  const directory = testDirectory();
  const fake = await startFakeS3();
  const store = openDatabase({
    path: directory.file('x.db'),
    ballastBytes: 0,
    migrations: [{ version: 1, statements: createBlobTables }],
    onFatal: (error) => {
      throw error;
    },
  });
  let now = 1_800_000_000_000;
  const clock = { now: () => instantOfMs(now), elapsedMs: () => now, sleep: () => Promise.resolve() };
  const local = await openDirectoryBlobs({ files, random, path: directory.file('blobs') });
  const bucket: BlobStore = await openS3Blobs({
    endpoint: fake.endpoint,
    region: 'us-east-1',
    bucket: fake.bucket,
    prefix: '',
    accessKeyId: 'fake-key',
    secretAccessKey: 'fake-secret',
    random,
    requestTimeoutMs: 1000,
  });
  const blobs = openDurableBlobs({ local, ...(withBucket ? { bucket } : {}), store, clock, random, diagnostics });
  return {
    blobs,
    store,
    fake,
    directory,
    passMs: (ms) => (now += ms),
    placeOf: (blob) => join(directory.file('blobs'), blob.name.slice(0, 2), blob.name),
    [Symbol.asyncDispose]: async () => {
      await blobs.close();
      await bucket.close();
      await store[Symbol.asyncDispose]();
      await fake[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

const read = async (blobs: BlobStore, blob: TestBlob): Promise<Uint8Array> =>
  readBlob(blob.name, await blobs.get(blob.name));

test('a blob that its caller notes waits for the bucket from that commit on, and not before', async () => {
  await using bench = await openBench();
  const { name, bytes } = randomBlob();
  await bench.blobs.put(name, bytes.length, () => inPieces(bytes), { isNotedByCaller: true });
  expect(await bench.blobs.countPending()).toBe(0);
  await bench.store.write((writer) => bench.blobs.note(writer, name, bytes.length));
  expect(await bench.blobs.countPending()).toBe(1);
});

test('a damaged blob comes as it is where its reader checks it, and a missing one from the bucket', async () => {
  await using bench = await openBench();
  const blob = randomBlob();
  await putBlob(bench.blobs, blob);
  await bench.blobs.uploadPending();
  const into = new Uint8Array(blob.bytes.length);
  writeFileSync(bench.placeOf(blob), new Uint8Array(blob.bytes.length));
  await bench.blobs.readUnverified(blob.name, into);
  expect(into).toEqual(new Uint8Array(blob.bytes.length));
  rmSync(bench.placeOf(blob));
  await bench.blobs.readUnverified(blob.name, into);
  expect(into).toEqual(blob.bytes);
});

test('a put asks nothing of the bucket; the job carries it there, once', async () => {
  await using bench = await openBench();
  const blob = randomBlob();
  await putBlob(bench.blobs, blob);
  expect(bench.fake.requests).toEqual([]);
  expect(await bench.blobs.countPending()).toBe(1);
  expect(await bench.blobs.uploadPending()).toEqual({ uploaded: 1, nextTryAt: undefined });
  expect(bench.fake.objects.get(`blobs/${blob.name}`)?.equals(blob.bytes)).toBe(true);
  const requests = bench.fake.requests.length;
  expect(await bench.blobs.uploadPending()).toEqual({ uploaded: 0, nextTryAt: undefined });
  expect(bench.fake.requests.length).toBe(requests);
});

test.each<S3Fault>(['unavailable', 'denied', 'silent', 'lost-answer', 'forgets', 'flipped', 'truncated'])(
  'a bucket that is or serves "%s" never counts as a copy; the job tries again later and succeeds when it is well',
  async (fault) => {
    await using bench = await openBench();
    const blob = randomBlob();
    await putBlob(bench.blobs, blob);
    bench.fake.fault = fault;
    const failed = await bench.blobs.uploadPending();
    expect(failed.uploaded).toBe(0);
    expect(failed.nextTryAt).toBeDefined();
    expect(await bench.blobs.countPending()).toBe(1);
    expect(await read(bench.blobs, blob)).toEqual(blob.bytes);
    bench.fake.fault = 'none';
    const requests = bench.fake.requests.length;
    expect((await bench.blobs.uploadPending()).uploaded).toBe(0);
    expect(bench.fake.requests.length).toBe(requests);
    bench.passMs(1_000);
    expect(await bench.blobs.uploadPending()).toEqual({ uploaded: 1, nextTryAt: undefined });
  },
);

test('the waits between tries grow to a quarter of an hour and no further', async () => {
  await using bench = await openBench();
  await putBlob(bench.blobs, randomBlob());
  bench.fake.fault = 'unavailable';
  const waits: number[] = [];
  let at = 1_800_000_000_000;
  for (let attempt = 0; attempt < 14; attempt += 1) {
    const next = Number((await bench.blobs.uploadPending()).nextTryAt);
    waits.push(next - at);
    bench.passMs(next - at);
    at = next;
  }
  expect(waits[0]).toBeGreaterThanOrEqual(500);
  expect(waits[0]).toBeLessThanOrEqual(1_000);
  expect(Math.min(...waits.slice(-3))).toBeGreaterThanOrEqual(450_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(900_000);
});

test('a local copy that is damaged or gone is repaired from the bucket', async () => {
  await using bench = await openBench();
  const blob = randomBlob();
  await putBlob(bench.blobs, blob);
  await bench.blobs.uploadPending();
  writeFileSync(bench.placeOf(blob), 'rotten');
  expect(await read(bench.blobs, blob)).toEqual(blob.bytes);
  expect(new Uint8Array(readFileSync(bench.placeOf(blob)))).toEqual(blob.bytes);
  rmSync(bench.placeOf(blob));
  expect(await read(bench.blobs, blob)).toEqual(blob.bytes);
});

test('without a bucket a damaged copy is told as damaged, and nothing waits', async () => {
  await using bench = await openBench(false);
  const blob = randomBlob();
  await putBlob(bench.blobs, blob);
  expect(await bench.blobs.countPending()).toBe(0);
  writeFileSync(bench.placeOf(blob), 'rotten');
  await expect(read(bench.blobs, blob)).rejects.toMatchObject({ code: 'damaged' });
});

test('removing takes the blob from both places', async () => {
  await using bench = await openBench();
  const blob = randomBlob();
  await putBlob(bench.blobs, blob);
  await bench.blobs.uploadPending();
  await bench.blobs.remove(blob.name);
  expect(bench.fake.objects.size).toBe(0);
  expect(await bench.blobs.has(blob.name)).toBeUndefined();
});

test('what is missing here is looked for in the bucket, and lost only when it is in neither', async () => {
  await using bench = await openBench();
  const blob = randomBlob(100);
  await putBlob(bench.blobs, blob);
  await bench.blobs.uploadPending();
  rmSync(bench.placeOf(blob));
  expect(await bench.blobs.lookForSome(0)).toEqual({ looked: 1, lost: 0 });
  await using alone = await openBench(false);
  await putBlob(alone.blobs, blob);
  rmSync(alone.placeOf(blob));
  expect(await alone.blobs.lookForSome(0)).toEqual({ looked: 1, lost: 1 });
});

test('of many blobs a sample is looked for, and in sixteen turns from every corner', async () => {
  await using bench = await openBench(false);
  const names = new Set<string>();
  await bench.store.write(async (writer) => {
    for (let n = 0; n < 4096; n += 1) {
      const name = n.toString(16).padStart(3, '0').padEnd(64, '0');
      await bench.blobs.note(writer, parseBlobName(name), n);
    }
  });
  const has = async (name: string) => {
    names.add(name);
    return Number.parseInt(name.slice(0, 3), 16);
  };
  for (let turn = 0; turn < 16; turn += 1) {
    const { looked, lost } = await lookForBlobs(bench.store, { has }, turn);
    expect([looked <= blobsLookedForMax, lost]).toEqual([true, 0]);
  }
  expect(names.size).toBeGreaterThan(15 * blobsLookedForMax - 16);
  expect(await lookForBlobs(bench.store, { has: async () => undefined }, 3)).toMatchObject({ lost: 256 });
});
