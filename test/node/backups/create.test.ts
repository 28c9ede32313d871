import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  openBackups,
  firstAfterMs,
  retryAfterMs,
  type Backups,
  type BackupsPorts,
} from '../../../node/backups/backups.ts';
import { roomReserveBytes } from '../../../node/backups/create.ts';
import { expireBackups } from '../../../node/backups/expire.ts';
import type { BlobName } from '../../../node/blobs/blob-store.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { FileError, type Files } from '../../../node/platform/files.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import type { FernpostNode } from '../../../node/node.ts';
import { parseInstant, type Instant } from '../../../protocol/instant.ts';
import { backupDirectories, type BackupDirectories } from '../../support/backed-up-desks.ts';
import { manualClock, type ManualClock } from '../../support/manual-clock.ts';
import { openPopulatedDesks, type PopulatedDesks } from '../../support/populated-desks.ts';

let directories: BackupDirectories;
let desks: PopulatedDesks;
let node: FernpostNode;
let directory: string;
let clock: ManualClock;
let wakes: number;

beforeAll(async () => {
  directories = backupDirectories();
  desks = await openPopulatedDesks({ change: directories.change });
  ({ node } = desks.at('alder'));
});
beforeEach(() => {
  directory = join(directories.root, String(process.hrtime.bigint()));
  mkdirSync(directory);
  clock = manualClock();
  wakes = 0;
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
  rmSync(directories.root, { recursive: true, force: true });
});

/** The backups of the populated node in a directory of the test's own, by the test's own clock. */
function open(change: Partial<BackupsPorts> = {}): Backups {
  return openBackups({
    files: systemFiles,
    store: node.store,
    blobs: node.blobs,
    keyring: node.keyring,
    clock,
    random: node.random,
    diagnostics: silentDiagnostics,
    rootKey: node.random.bytes(32) as BackupsPorts['rootKey'],
    dataDirectory: desks.at('alder').dataDirectory,
    node: node.own.name,
    program: '1.0.0',
    config: { directory, everyHours: 24, keepDays: 35, files: 'copy' },
    wake: () => (wakes += 1),
    ...change,
  });
}

const names = (): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith('20'))
    .toSorted();
const blobs = (): readonly string[] =>
  readdirSync(join(directory, 'blobs'), { recursive: true })
    .map(String)
    .filter((name) => name.length > 60);
const dayMs = 24 * 3_600_000;

describe('a backup', () => {
  test('holds a moment, also while others write, and files of patients once for all backups', async () => {
    const writing = Array.from({ length: 20 }, (_, n) =>
      node.settings.change({ id: 'x', name: 'X' }, { unsentMinutes: String(n + 1) }),
    );
    const first = await open().create('Ada');
    await Promise.all(writing);
    const before = blobs().map((name) => statSync(join(directory, 'blobs', name)).mtimeMs);
    clock.advance(1000);
    const second = await open().create('Ada');
    expect(blobs().map((name) => statSync(join(directory, 'blobs', name)).mtimeMs)).toEqual(before);
    expect(second.manifest.blobs).toEqual(first.manifest.blobs);
    expect(before).toHaveLength(first.manifest.blobs.here);
    expect((await open().list()).backups.map(({ name }) => name)).toEqual([second.name, first.name]);
    expect(statSync(join(directory, first.name, 'node.db')).mode & 0o077).toBe(0);
  });

  test('names a file that somebody removed meanwhile as removed, and one that is damaged here as damaged', async () => {
    const [gone = '', damaged = ''] = [
      ...readdirSync(join(desks.at('alder').dataDirectory, 'blobs'), { recursive: true }),
    ]
      .map(String)
      .filter((name) => name.length > 60)
      .map((path) => path.split('/').at(-1));
    const get = async (name: BlobName) => {
      if (name !== gone && name !== damaged) return await node.blobs.get(name);
      const place = join(desks.at('alder').dataDirectory, 'blobs', name.slice(0, 2), name);
      const bytes = readFileSync(place);
      writeFileSync(place, 'other');
      try {
        return await node.blobs.get(name);
      } finally {
        writeFileSync(place, bytes);
      }
    };
    const store = Object.assign(Object.create(node.store) as typeof node.store, {
      copyTo: node.store.copyTo,
      write: node.store.write.bind(node.store),
      read: async (query: Parameters<typeof node.store.read>[0]) =>
        await node.store.read((reader) =>
          query({
            ...reader,
            first: async (statement, values) =>
              (values as { name?: string }).name === gone ? undefined : await reader.first(statement, values),
          }),
        ),
    });
    const { manifest, name } = await open({ blobs: { ...node.blobs, get }, store }).create('Ada');
    expect(manifest.blobs).toMatchObject({ removed: 1, damaged: 1 });
    const list = readFileSync(join(directory, name, 'blobs.txt'), 'utf8');
    expect(list).toMatch(new RegExp(`^${gone} [0-9]+ removed$`, 'm'));
    expect(list).toMatch(new RegExp(`^${damaged} [0-9]+ damaged$`, 'm'));
    expect((await open().create('Ada')).manifest.blobs).toMatchObject({ removed: 0, damaged: 0 });
  });
});

describe('a disk that does not play along', () => {
  test('is told when the directory is missing, and is never made', async () => {
    rmSync(directory, { recursive: true });
    await expect(open().create('Ada')).rejects.toMatchObject({ name: 'BackupError', code: 'not-there' });
    expect(existsSync(directory)).toBe(false);
    expect((await open().standing()).backup).toMatchObject({ state: 'failed', code: 'not-there' });
  });

  test('is told when it is not mounted, unless a new disk is meant', async () => {
    await open().create('Ada');
    renameSync(directory, `${directory}.away`);
    mkdirSync(directory);
    await expect(open().create('Ada')).rejects.toMatchObject({ code: 'not-there' });
    expect(readdirSync(directory)).toEqual([]);
    await open().create('Ada', { newDisk: true });
    expect(names()).toHaveLength(1);
  });

  test("is not shared with another node's backups", async () => {
    await open().create('Ada');
    await expect(open({ node: 'other.example' as BackupsPorts['node'] }).create('Ada')).rejects.toMatchObject({
      code: 'foreign',
    });
  });

  test.each([
    ['with the last byte that is wanted', 0, true],
    ['with one byte less', -1, false],
  ])('with room %s', async (_, more, fits) => {
    const size = statSync(join(desks.at('alder').dataDirectory, 'node.db')).size;
    const files: Files = { ...systemFiles, freeBytes: async () => size + roomReserveBytes + more };
    const made = open({ files }).create('Ada');
    if (fits) await expect(made).resolves.toBeDefined();
    else await expect(made).rejects.toMatchObject({ code: 'full' });
    expect(names()).toHaveLength(fits ? 1 : 0);
  });

  test('that fills in the middle fails with one message, leaves nothing half, and the next run goes on', async () => {
    const first = await open().create('Ada');
    clock.advance(1000);
    const full = new FileError('full', 'the disk is full');
    const files: Files = {
      ...systemFiles,
      openWriter: async (path) =>
        path.endsWith('blobs.txt') ? await Promise.reject(full) : await systemFiles.openWriter(path),
    };
    await expect(open({ files }).create('Ada')).rejects.toMatchObject({ name: 'BackupError', code: 'full' });
    expect(names()).toEqual([first.name]);
    clock.advance(1000);
    expect((await open().create('Ada')).manifest.log.size).toBeGreaterThan(0);
  });

  test('sweeps what a kill left: a folder without a manifest is no backup', async () => {
    mkdirSync(join(directory, '2026-01-01T00-00-00Z'));
    writeFileSync(join(directory, '2026-01-01T00-00-00Z', 'node.db'), 'half');
    expect(await open().list()).toMatchObject({ backups: [], unfinished: ['2026-01-01T00-00-00Z'] });
    const { name } = await open().create('Ada');
    expect(names()).toEqual([name]);
  });
});

describe('old backups', () => {
  test('go after 35 days and not a moment before, with the files that only they named', async () => {
    const first = await open().create('Ada');
    clock.advance(1000);
    const second = await open().create('Ada');
    clock.advance(1000);
    const last = await open().create('Ada');
    const stray = join(directory, 'blobs', 'ab', 'ab'.padEnd(64, '0'));
    mkdirSync(join(directory, 'blobs', 'ab'), { recursive: true });
    writeFileSync(stray, 'nobody names it');
    const expiry = { keepDays: 35, proven: second.name };
    const at = (ms: number): Instant => (parseInstant(first.manifest.takenAt) + 35 * dayMs + ms) as Instant;
    expect(await expireBackups(systemFiles, directory, { ...expiry, now: at(0) })).toBe(0);
    expect(await expireBackups(systemFiles, directory, { ...expiry, now: at(1) })).toBe(1);
    expect(names()).toEqual([second.name, last.name]);
    expect(await expireBackups(systemFiles, directory, { ...expiry, now: at(100 * dayMs) })).toBe(0);
    clock.advance(1000);
    await open().create('Ada');
    expect(existsSync(stray)).toBe(false);
    const broken = join(directory, last.name, 'backup.json');
    writeFileSync(broken, 'other');
    expect(await expireBackups(systemFiles, directory, { ...expiry, now: at(2000) })).toBe(0);
    expect(await expireBackups(systemFiles, directory, { ...expiry, now: at(2001) })).toBe(1);
    expect(names()).not.toContain(last.name);
  });
});

describe('by itself', () => {
  const signal = new AbortController().signal;

  test('a node makes one ten minutes after its first start, and then daily', async () => {
    const backups = open();
    clock.advance(10 * dayMs); // Further than any run of another test.
    clock.setWall(400 * dayMs);
    const fresh = open();
    clock.advance(firstAfterMs - 1);
    await fresh.work(signal);
    expect(names()).toHaveLength(0);
    clock.advance(1);
    await fresh.work(signal);
    expect(names()).toHaveLength(1);
    expect((await backups.standing()).backup).toMatchObject({ by: 'the node itself', state: 'good' });
    clock.advance(dayMs - 1);
    await fresh.work(signal);
    expect(names()).toHaveLength(1);
    clock.advance(1);
    await fresh.work(signal);
    expect(names()).toHaveLength(2);
  });

  test('a failure is tried again after an hour, and is no failure of the job', async () => {
    clock.setWall(800 * dayMs);
    const backups = open();
    clock.advance(firstAfterMs);
    rmSync(directory, { recursive: true });
    await backups.work(signal);
    expect((await backups.standing()).backup).toMatchObject({ state: 'failed', code: 'not-there' });
    mkdirSync(directory);
    clock.advance(retryAfterMs - 1);
    await backups.work(signal);
    expect(names()).toHaveLength(0);
    clock.advance(1);
    await backups.work(signal);
    expect(names()).toHaveLength(1);
  });

  test('what is asked for wakes the job; a second request is told that something is under way', async () => {
    const backups = open();
    backups.request('backup', 'Ada');
    expect(wakes).toBe(1);
    expect((await backups.standing()).running).toMatchObject({ kind: 'backup', by: 'Ada' });
    expect(() => backups.request('drill', 'Bo')).toThrow(expect.objectContaining({ code: 'busy' }) as Error);
    await backups.work(signal);
    expect((await backups.standing()).running).toBeUndefined();
    expect(names()).toHaveLength(1);
  });

  test('two at once are one: the second is told to wait', async () => {
    const backups = open();
    const [one, other] = await Promise.allSettled([backups.create('Ada'), backups.create('Bo')]);
    expect(one.status).toBe('fulfilled');
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'busy' } });
  });

  test('a node that stops leaves nothing half and remembers no failure', async () => {
    const backups = open();
    const stop = new AbortController();
    stop.abort();
    await expect(backups.create('Ada', { signal: stop.signal })).rejects.toMatchObject({ code: 'stopped' });
    expect(names()).toHaveLength(0);
    expect((await backups.standing()).backup?.code).not.toBe('stopped');
  });

  test('without a directory nothing is made, and whoever asks is told what to configure', async () => {
    const backups = open({ config: undefined });
    clock.advance(10 * dayMs);
    await backups.work(signal);
    await expect(backups.create('Ada')).rejects.toMatchObject({ code: 'not-configured' });
    expect(() => backups.request('backup', 'Ada')).toThrow(
      expect.objectContaining({ code: 'not-configured' }) as Error,
    );
  });
});
