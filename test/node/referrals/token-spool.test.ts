import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileError } from '../../../node/platform/files.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { freeFilesMax, openTokenSpool, spoolBytesMax } from '../../../node/referrals/token-spool.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const token = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
const leaf = new Uint8Array(32).fill(7);
const room = (): Uint8Array => new Uint8Array(2000);

test('what was kept comes back byte for byte, until it is dropped', async () => {
  const spool = openTokenSpool(systemFiles, join(directory, 'spool'));
  await spool.keep('a', leaf, token);
  expect(await spool.find('a', leaf, room())).toEqual(token);
  expect(await spool.find('a', leaf, new Uint8Array(999))).toBeUndefined();
  expect(await spool.find('b', leaf, room())).toBeUndefined();
  await spool.drop('a');
  expect(await spool.find('a', leaf, room())).toBeUndefined();
});

test('a token is written over one that was dropped, and of those files only so many stay', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  const other = token.map((byte) => byte ^ 1).subarray(0, 900);
  await spool.keep('a', leaf, token);
  await spool.drop('a');
  await spool.keep('b', leaf, other);
  expect(await readdir(directory)).toHaveLength(1);
  expect(await spool.find('b', leaf, room())).toEqual(other);
  expect(await spool.find('a', leaf, room())).toBeUndefined();
  const names = Array.from({ length: freeFilesMax + 1 }, (_, i) => `c${i}`);
  for (const name of names) await spool.keep(name, leaf, token);
  for (const name of names) await spool.drop(name);
  expect(await readdir(directory)).toHaveLength(freeFilesMax + 1);
  await spool.drop('b');
  expect(await readdir(directory)).toHaveLength(freeFilesMax);
});

test('a file that was to be written over and is gone is made anew', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  await spool.keep('a', leaf, token);
  await spool.drop('a');
  for (const name of await readdir(directory)) await rm(join(directory, name));
  await spool.keep('b', leaf, token);
  expect(await spool.find('b', leaf, room())).toEqual(token);
});

test('a start begins with nothing, whatever a crash left', async () => {
  const place = join(directory, 'spool');
  await openTokenSpool(systemFiles, place).keep('a', leaf, token);
  const next = openTokenSpool(systemFiles, place);
  expect(await next.find('a', leaf, room())).toBeUndefined();
  await next.keep('b', leaf, token);
  expect(await readdir(place)).toHaveLength(1);
  expect(await next.find('b', leaf, room())).toEqual(token);
});

test('the oldest gives way when there is no room', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  const large = new Uint8Array(spoolBytesMax / 4);
  for (const name of ['a', 'b', 'c', 'd']) await spool.keep(name, leaf, large);
  await spool.keep('e', leaf, token);
  expect(await spool.find('a', leaf, large)).toBeUndefined();
  expect(await spool.find('b', leaf, large)).toHaveLength(large.length);
  expect(await readdir(directory)).toHaveLength(4);
  expect(await spool.find('e', leaf, room())).toEqual(token);
});

test('a file that is cut or gone is as if it was never kept', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  await spool.keep('a', leaf, token);
  await spool.keep('b', leaf, token);
  const [first = '', second = ''] = (await readdir(directory)).toSorted();
  await truncate(join(directory, first), 10);
  await rm(join(directory, second));
  expect(await spool.find('a', leaf, room())).toBeUndefined();
  expect(await spool.find('b', leaf, room())).toBeUndefined();
});

test('a full disk keeps nothing and fails nothing', async () => {
  await writeFile(join(directory, 'file'), '');
  const full = { ...systemFiles, openWriter: () => Promise.reject(new FileError('full', 'no room')) };
  const spool = openTokenSpool(full, join(directory, 'spool'));
  await spool.keep('a', leaf, token);
  expect(await spool.find('a', leaf, room())).toBeUndefined();
});

test('a copy that was changed, or is that of another token, is as if it was never kept', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  await spool.keep('a', leaf, token);
  expect(await spool.find('a', new Uint8Array(32), room())).toBeUndefined();
  const [name = ''] = await readdir(directory);
  for (const at of [0, 500, 999]) {
    await writeFile(join(directory, name), token.with(at, (token[at] ?? 0) ^ 1));
    expect(await spool.find('a', leaf, room())).toBeUndefined();
  }
  await writeFile(join(directory, name), token);
  expect(await spool.find('a', leaf, room())).toEqual(token);
});
