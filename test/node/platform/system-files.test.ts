import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { streamOf, type FileError } from '../../../node/platform/files.ts';
import { openFiles, systemFiles as files } from '../../../node/platform/system-files.ts';
import { testDirectory } from '../../support/test-directory.ts';

test('a durable write leaves the whole file, private, and nothing unfinished', async () => {
  using directory = testDirectory();
  const path = directory.file('note');
  await files.writeDurably(path, new Uint8Array([1, 2, 3]));
  await files.writeDurably(path, new Uint8Array([4]));
  expect(await files.readWhole(path, 10)).toEqual(new Uint8Array([4]));
  expect(await files.mode(path)).toBe(0o600);
  expect(readdirSync(directory.path)).toEqual(['note']);
});

test('an unfinished file of a crash does not stand in the way', async () => {
  using directory = testDirectory();
  writeFileSync(directory.file('note.unfinished'), 'half');
  await files.writeDurably(directory.file('note'), new Uint8Array([1]));
  expect(readdirSync(directory.path)).toEqual(['note']);
});

test('directories are made with their parents, private, and twice is no error', async () => {
  using directory = testDirectory();
  await files.makeDirectory(directory.file('a/b/c'));
  await files.makeDirectory(directory.file('a/b/c'));
  for (const name of ['a', 'a/b', 'a/b/c']) expect(statSync(directory.file(name)).mode & 0o777).toBe(0o700);
});

test('a directory is not made where a file or the system stands in the way, and the attempt ends', async () => {
  using directory = testDirectory();
  writeFileSync(directory.file('file'), '');
  await expect(files.makeDirectory(directory.file('file'))).rejects.toMatchObject({ code: 'exists' });
  await expect(files.makeDirectory(directory.file('file/a/b'))).rejects.toMatchObject({ code: 'exists' });
  await expect(files.makeDirectory('/proc/fernpost/node')).rejects.toMatchObject({ name: 'FileError' });
});

test('a file is read in pieces, and from any place', async () => {
  using directory = testDirectory();
  const bytes = Uint8Array.from({ length: 1000 }, (_, n) => n % 251);
  await files.writeDurably(directory.file('x'), bytes);
  const pieces: number[] = [];
  for await (const piece of streamOf(await files.openReader(directory.file('x')), 300)) pieces.push(...piece);
  expect(Uint8Array.from(pieces)).toEqual(bytes);
  await using reader = await files.openReader(directory.file('x'));
  const into = new Uint8Array(50);
  expect(await reader.read(into, 980)).toBe(20);
  expect(into.subarray(0, 20)).toEqual(bytes.subarray(980));
});

describe('what goes wrong has a code', () => {
  test.each<[string, FileError['code'], (at: (name: string) => string) => Promise<unknown>]>([
    ['reading what is not there', 'missing', (at) => files.readWhole(at('none'), 1)],
    ['the mode of what is not there', 'missing', (at) => files.mode(at('none'))],
    ['listing what is not there', 'missing', (at) => files.list(at('none'))],
    ['a new file where one is', 'exists', (at) => files.openWriter(at('there'))],
    ['a file below a file', 'missing', (at) => files.openWriter(at('there/below'))],
    ['more than the limit', 'too-large', (at) => files.readWhole(at('there'), 4)],
    ['writing over a directory', 'not-a-file', (at) => files.openOver(at('directory'))],
    ['reading a directory', 'not-a-file', (at) => files.readWhole(at('directory'), 10_000)],
  ])('%s: %s', async (_, code, act) => {
    using directory = testDirectory();
    writeFileSync(directory.file('there'), '12345');
    mkdirSync(directory.file('directory'));
    await expect(act(directory.file)).rejects.toMatchObject({ name: 'FileError', code });
  });

  test('what is not there has no size, and removing it is no error', async () => {
    using directory = testDirectory();
    expect(await files.size(directory.file('none'))).toBeUndefined();
    await files.remove(directory.file('none'));
  });
});

test('free space is told in bytes', async () => {
  using directory = testDirectory();
  expect(await files.freeBytes(directory.path)).toBeGreaterThan(0);
});

test('a failed fsync is told to the process once, and is an error of its own', async () => {
  const told: FileError[] = [];
  const watched = openFiles((error) => told.push(error));
  using directory = testDirectory();
  const file = await watched.openWriter(directory.file('x'));
  await file.write(new Uint8Array(10));
  await file[Symbol.asyncDispose]();
  await expect(file.sync()).rejects.toMatchObject({ name: 'FileError', code: 'not-synced' });
  expect(told.map((error) => error.code)).toEqual(['not-synced']);
});
