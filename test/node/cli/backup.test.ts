import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDirectory } from '../../support/test-directory.ts';
import { failureIn, init, run, runJson, serve, start, stop } from './command-line.ts';

const directory = testDirectory();
const node = directory.file('node');
const backups = directory.file('backups');
const data = ['--data', node];

beforeAll(async () => {
  await init(node);
  await runJson(['patient', 'add', '--set', 'csv_id=R-1', '--set', 'family_name=Óðinn', ...data]);
}, 60_000);
afterAll(() => directory[Symbol.dispose]());

function configure(backup: object | undefined): void {
  const path = join(node, 'fernpost.json');
  const { backups: _, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(backup === undefined ? rest : { ...rest, backups: backup }));
}

const folders = (): readonly string[] => readdirSync(backups).filter((name) => name.startsWith('20'));

describe('fernpost backup', () => {
  test('says what to configure', async () => {
    const ended = await run(['backup', 'create', '--json', ...data]);
    expect([ended.code, failureIn(ended).code]).toEqual([2, 'not-configured']);
    expect(failureIn(ended).message).toContain('"directory"');
  });

  test('refuses a configuration that contradicts itself', async () => {
    for (const wrong of [
      { directory: 'relative' },
      { directory: join(node, 'backups') },
      { directory: directory.path },
      { directory: backups, everyHours: 48, keepDays: 1 },
      { directory: backups, keepDays: 36 },
      { directory: backups, files: 'bucket' },
    ]) {
      configure(wrong);
      expect((await run(['backup', 'list', ...data])).code, JSON.stringify(wrong)).toBe(2);
    }
  });

  test('makes, lists, proves and restores, and the restored directory is read but not served', async () => {
    configure({ directory: backups });
    const missing = await run(['backup', 'create', '--json', ...data]);
    expect([missing.code, failureIn(missing).code]).toEqual([5, 'not-there']);
    mkdirSync(backups);
    const none = await run(['backup', 'drill', '--json', ...data]);
    expect([none.code, failureIn(none).code]).toEqual([3, 'no-backup']);
    const { name } = await runJson(['backup', 'create', ...data]);
    expect(folders()).toEqual([name]);
    expect(await runJson(['backup', 'drill', ...data])).toMatchObject({ state: 'proven', backup: name, values: 1 });
    expect(await runJson(['backup', 'list', ...data])).toMatchObject({ backups: [{ name }], proven: name });
    const restored = directory.file('restored');
    const key = ['--root-key', join(node, 'root.key')];
    const restore = ['backup', 'restore', join(backups, String(name)), ...key, '--data', restored];
    expect(await runJson(restore)).toMatchObject({ node: 'alder.example', lost: 0 });
    expect((await run(restore)).code).toBe(4);
    const out = async (from: string) =>
      (await run(['patient', 'export', '--all', '--form', 'interchange', '--data', from])).stdout;
    expect(await out(restored)).toBe(await out(node));
    expect(await out(restored)).toContain('Óðinn');
    expect(await runJson(['log', 'verify', '--data', restored])).toMatchObject({ state: 'sound' });
    for (const refused of [
      ['serve'],
      ['patient', 'add', '--set', 'csv_id=R-2'],
      ['peer', 'invite'],
      ['backup', 'create'],
    ]) {
      const ended = await run([...refused, '--json', '--data', restored]);
      expect([ended.code, failureIn(ended).code], refused.join(' ')).toEqual([1, 'restored-node']);
    }
  }, 120_000);

  test('ends with 1 when the drill fails, and says what to do', async () => {
    const [name = ''] = folders();
    const path = join(backups, name, 'fernpost.json');
    const sound = readFileSync(path);
    writeFileSync(path, 'other');
    const ended = await run(['backup', 'drill', ...data]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/NOT proven: fernpost\.json in it is not what was written there: back up now/);
    writeFileSync(path, sound);
    const doctor = await run(['doctor', ...data]);
    expect(doctor.stdout).toMatch(/FAIL restore drill: the last one failed: fernpost\.json/);
  }, 60_000);

  test('speaks to a node that runs', async () => {
    const server = await serve(node);
    try {
      const { name } = await runJson(['backup', 'create', ...data]);
      expect(await runJson(['backup', 'drill', String(name), ...data])).toMatchObject({
        state: 'proven',
        backup: name,
      });
    } finally {
      await stop(server.child, 'SIGTERM');
    }
  }, 60_000);

  test('killed in the middle loses nothing: the next one goes on and is proven', async () => {
    const file = directory.file('scan.bin');
    writeFileSync(file, Buffer.alloc(40_000_000, 7));
    await runJson(['patient', 'attach', 'R-1', file, ...data]);
    rmSync(backups, { recursive: true });
    mkdirSync(backups);
    const child = start(['backup', 'create', '--new-disk', ...data]);
    const isHalf = (): boolean =>
      folders().some(
        (name) => existsSync(join(backups, name, 'node.db')) && !existsSync(join(backups, name, 'backup.json')),
      );
    for (let tries = 0; tries < 10_000 && !isHalf(); tries += 1) await pause(2);
    expect(isHalf()).toBe(true);
    await stop(child, 'SIGKILL');
    const [half] = folders();
    expect(await runJson(['backup', 'list', ...data])).toMatchObject({ backups: [], unfinished: [half] });
    const { name } = await runJson(['backup', 'create', ...data]);
    expect(folders()).toEqual([name]);
    expect(await runJson(['backup', 'drill', ...data])).toMatchObject({ state: 'proven', files: 5 });
  }, 120_000);
});
