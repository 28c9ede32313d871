import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileError } from '../../../node/platform/files.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { openTokenSpool, spoolBytesMax } from '../../../node/referrals/token-spool.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const token = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
const room = (): Uint8Array => new Uint8Array(2000);

test('what was kept comes back byte for byte, until it is dropped', async () => {
  const spool = openTokenSpool(systemFiles, join(directory, 'spool'));
  await spool.keep('a', token);
  expect(await spool.find('a', room())).toEqual(token);
  expect(await spool.find('a', new Uint8Array(999))).toBeUndefined();
  expect(await spool.find('b', room())).toBeUndefined();
  await spool.drop('a');
  expect(await spool.find('a', room())).toBeUndefined();
  expect(await readdir(join(directory, 'spool'))).toEqual([]);
});

test('a start begins with nothing, whatever a crash left', async () => {
  const place = join(directory, 'spool');
  await openTokenSpool(systemFiles, place).keep('a', token);
  const next = openTokenSpool(systemFiles, place);
  expect(await next.find('a', room())).toBeUndefined();
  await next.keep('b', token);
  expect(await readdir(place)).toEqual(['b']);
});

test('the oldest gives way when there is no room', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  const large = new Uint8Array(spoolBytesMax / 4);
  for (const name of ['a', 'b', 'c', 'd']) await spool.keep(name, large);
  await spool.keep('e', token);
  expect((await readdir(directory)).toSorted()).toEqual(['b', 'c', 'd', 'e']);
});

test('a file that is cut or gone is as if it was never kept', async () => {
  const spool = openTokenSpool(systemFiles, directory);
  await spool.keep('a', token);
  await spool.keep('b', token);
  await truncate(join(directory, 'a'), 10);
  await rm(join(directory, 'b'));
  expect(await spool.find('a', room())).toBeUndefined();
  expect(await spool.find('b', room())).toBeUndefined();
});

test('a full disk keeps nothing and fails nothing', async () => {
  await writeFile(join(directory, 'file'), '');
  const full = { ...systemFiles, openWriter: () => Promise.reject(new FileError('full', 'no room')) };
  const spool = openTokenSpool(full, join(directory, 'spool'));
  await spool.keep('a', token);
  expect(await spool.find('a', room())).toBeUndefined();
});
