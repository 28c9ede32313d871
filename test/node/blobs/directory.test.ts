import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readBlob, type BlobStore } from '../../../node/blobs/blob-store.ts';
import { listDirectoryBlobs, openDirectoryBlobs } from '../../../node/blobs/directory.ts';
import { systemRandom as random } from '../../../node/platform/random.ts';
import { systemFiles as files } from '../../../node/platform/system-files.ts';
import { leftOut } from '../../support/left-out.ts';
import { testDirectory } from '../../support/test-directory.ts';
import { blobStoreContract, inPieces, putBlob, randomBlob } from './contract.ts';

const all = testDirectory();
afterAll(() => all[Symbol.dispose]());
const openAt = (path: string): Promise<BlobStore> => openDirectoryBlobs({ files, random, path });

describe('a directory keeps the contract of blobs:', () => {
  blobStoreContract(() => openAt(all.file(random.uuid())));
});

test('files and directories are private, and nothing but the blob is left', async () => {
  using directory = testDirectory();
  const blobs = await openAt(directory.file('blobs'));
  const blob = randomBlob();
  await putBlob(blobs, blob);
  const place = join(directory.file('blobs'), blob.name.slice(0, 2), blob.name);
  expect(statSync(place).mode & 0o777).toBe(0o600);
  expect(statSync(directory.file('blobs')).mode & 0o777).toBe(0o700);
  expect(readdirSync(directory.file('blobs/incoming'))).toEqual([]);
  const listed: string[] = [];
  for await (const name of listDirectoryBlobs(files, directory.file('blobs'))) listed.push(name);
  expect(listed).toEqual([blob.name]);
});

test('what a crash left unfinished is swept at the next start', async () => {
  using directory = testDirectory();
  mkdirSync(directory.file('blobs/incoming'), { recursive: true });
  writeFileSync(directory.file('blobs/incoming/half'), 'half of a blob');
  await openAt(directory.file('blobs'));
  expect(readdirSync(directory.file('blobs/incoming'))).toEqual([]);
});

test('every flipped bit and every lost byte is noticed when the blob is read, and a new put repairs it', async () => {
  using directory = testDirectory();
  const blobs = await openAt(directory.file('blobs'));
  const blob = randomBlob(64);
  await putBlob(blobs, blob);
  const place = join(directory.file('blobs'), blob.name.slice(0, 2), blob.name);
  const sound = readFileSync(place);
  for (let bit = 0; bit < sound.length * 8; bit += 1) {
    const damaged = Buffer.from(sound);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(place, damaged);
    await expect(readBlob(blob.name, await blobs.get(blob.name))).rejects.toMatchObject({ code: 'damaged' });
  }
  for (let length = 0; length < sound.length; length += 1) {
    writeFileSync(place, sound.subarray(0, length));
    await expect(readBlob(blob.name, await blobs.get(blob.name))).rejects.toMatchObject({ code: 'damaged' });
  }
  await putBlob(blobs, blob);
  expect(await readBlob(blob.name, await blobs.get(blob.name))).toEqual(blob.bytes);
});

test('a full disk is told as "full" and leaves nothing of the blob', async (context) => {
  using directory = testDirectory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'fernpost-test', directory.path], { stdio: 'ignore' });
  } catch {
    leftOut('blobs on a full disk', 'mounting a small tmpfs needs root');
    return context.skip();
  }
  try {
    const blobs = await openAt(directory.file('blobs'));
    const large = randomBlob(4_000_000);
    const stored = blobs.put(large.name, large.bytes.length, () => inPieces(large.bytes));
    await expect(stored).rejects.toMatchObject({ name: 'BlobError', code: 'full' });
    expect(readdirSync(directory.file('blobs/incoming'))).toEqual([]);
    const small = randomBlob(1000);
    await putBlob(blobs, small);
    expect(await blobs.has(small.name)).toBe(1000);
  } finally {
    execFileSync('umount', ['-l', directory.path]);
  }
});
