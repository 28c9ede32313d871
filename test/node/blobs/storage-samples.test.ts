import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { insertBlob } from '../../../node/blobs/blob-queries.ts';
import { openStorageSamples, samplesMax } from '../../../node/blobs/storage-samples.ts';
import type { Files } from '../../../node/platform/files.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { openDatabase } from '../../../node/store/database.ts';
import { migrations } from '../../../node/store/migrations.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { testDirectory } from '../../support/test-directory.ts';

const dayMs = 24 * 3_600_000;

function openBench() {
  const directory = testDirectory();
  const dataDirectory = directory.file('data');
  mkdirSync(dataDirectory);
  const open = (steps = migrations) =>
    openDatabase({
      path: directory.file('x.db'),
      ballastBytes: 0,
      migrations: steps,
      onFatal: (error) => {
        throw error;
      },
    });
  const clock = manualClock();
  let free = 1_000;
  const files: Files = { ...systemFiles, freeBytes: async () => free };
  return {
    dataDirectory,
    clock,
    open,
    setFree: (bytes: number) => (free = bytes),
    samplesOf: (store: ReturnType<typeof open>) => openStorageSamples({ store, files, clock, dataDirectory }),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

test('a database of schema 2 takes samples after its upgrade', async () => {
  using bench = openBench();
  await bench.open(migrations.filter(({ version }) => version <= 2))[Symbol.asyncDispose]();
  await using store = bench.open();
  const samples = bench.samplesOf(store);
  expect(await samples.list()).toEqual([]);
  await samples.take();
  expect(await samples.list()).toHaveLength(1);
});

test('the first measure of a day stays: bytes that are free, and bytes of files and blobs', async () => {
  using bench = openBench();
  await using store = bench.open();
  const samples = bench.samplesOf(store);
  writeFileSync(`${bench.dataDirectory}/node.db`, new Uint8Array(500));
  await store.write((writer) => writer.run(insertBlob, { name: 'ab', size: 70, stored_at: 0, next_try_at: 0 }));
  const { day } = await samples.freeNow();
  await samples.take();
  bench.setFree(900);
  await samples.take();
  expect(await samples.list()).toEqual([{ day, freeBytes: 1_000, usedBytes: 570 }]);
  expect(await samples.freeNow()).toEqual({ day, freeBytes: 900 });
  bench.clock.advance(dayMs);
  await samples.take();
  expect((await samples.list()).map((sample) => [sample.day - day, sample.freeBytes])).toEqual([
    [0, 1_000],
    [1, 900],
  ]);
});

test(`${samplesMax} days are kept, the oldest goes when one more comes`, async () => {
  using bench = openBench();
  await using store = bench.open();
  const samples = bench.samplesOf(store);
  const { day } = await samples.freeNow();
  const takeOne = async (): Promise<void> => {
    await samples.take();
    bench.clock.advance(dayMs);
  };
  for (let days = 0; days < samplesMax; days += 1) await takeOne();
  expect((await samples.list())[0]?.day).toBe(day);
  await takeOne();
  const kept = await samples.list();
  expect([kept.length, kept[0]?.day, kept.at(-1)?.day]).toEqual([samplesMax, day + 1, day + samplesMax]);
});

test('days that a wrong clock took are gone once it is right', async () => {
  using bench = openBench();
  await using store = bench.open();
  const samples = bench.samplesOf(store);
  bench.clock.setWall(400 * dayMs);
  await samples.take();
  bench.clock.setWall(-400 * dayMs);
  const { day } = await samples.freeNow();
  await samples.take();
  expect((await samples.list()).map((sample) => sample.day)).toEqual([day]);
});

test('on a full disk none is taken and nothing fails', async () => {
  using bench = openBench();
  await using store = bench.open();
  const samples = bench.samplesOf(store);
  vi.spyOn(store, 'isFull').mockReturnValue(true);
  await samples.take();
  expect(await samples.list()).toEqual([]);
});
