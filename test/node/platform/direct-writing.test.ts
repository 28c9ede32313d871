import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blockBytes, blockMemory, directBytesMin, writeDirectly } from '../../../node/platform/direct-writing.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { testDirectory, type TestDirectory } from '../../support/test-directory.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = testDirectory();
});
afterEach(() => directory[Symbol.dispose]());

function fill(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = (i * 31 + (i >> 12)) % 251;
  return bytes;
}

async function written(pieces: readonly Uint8Array[], path = directory.file('blob')): Promise<Buffer> {
  {
    await using file = await systemFiles.openWriter(path, { isNotReadSoon: true });
    for (const piece of pieces) await file.write(piece);
    await file.sync();
  }
  return readFileSync(path);
}

const sizes = [
  0,
  1,
  directBytesMin - 1,
  directBytesMin,
  directBytesMin + 1,
  directBytesMin + blockBytes - 1,
  directBytesMin + blockBytes,
  8_388_681,
];

test.each(sizes)('%i bytes lie in the file as they were in memory', async (size) => {
  const bytes = fill(blockMemory(size));
  expect(bytes.length).toBe(size);
  expect(Buffer.compare(await written([bytes]), bytes)).toBe(0);
});

test('pieces follow each other, wherever in a file and in memory they begin', async () => {
  const memory = fill(blockMemory(4 * directBytesMin));
  for (const [n, cuts] of [
    [1, directBytesMin + 1, 3 * directBytesMin],
    [directBytesMin, directBytesMin + 7, 2 * directBytesMin + 7],
    [blockBytes, 3 * directBytesMin, 3 * directBytesMin + 100],
  ].entries()) {
    const places = [0, ...cuts, memory.length];
    const pieces = places.slice(1).map((to, i) => memory.subarray(places[i], to));
    expect(Buffer.compare(await written(pieces, directory.file(`pieces ${n}`)), memory)).toBe(0);
  }
});

test('memory that begins elsewhere is written all the same', async () => {
  const bytes = fill(blockMemory(2 * directBytesMin)).subarray(1);
  expect(Buffer.compare(await written([bytes]), bytes)).toBe(0);
});

test('only whole blocks of enough bytes pass by the cache, from the beginning of a block', async () => {
  const path = directory.file('direct');
  const bytes = fill(blockMemory(directBytesMin + blockBytes + 1));
  writeFileSync(path, '');
  expect([0, directBytesMin + blockBytes]).toContain(await writeDirectly(path, bytes, 0));
  expect(await writeDirectly(path, bytes, 1)).toBe(0);
  expect(await writeDirectly(path, bytes.subarray(0, directBytesMin - 1), 0)).toBe(0);
});

test('what the disk answers is told', async () => {
  const bytes = blockMemory(directBytesMin);
  await expect(writeDirectly(directory.file('no such/file'), bytes, 0)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('another file system takes the bytes as well, whether it writes so or not', async () => {
  const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fernpost-test-'));
  try {
    const bytes = fill(blockMemory(2 * directBytesMin + 5));
    expect(Buffer.compare(await written([bytes], join(place, 'blob')), bytes)).toBe(0);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
