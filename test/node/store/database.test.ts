import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Migration } from '../../../node/store/migrations.ts';
import { leftOut } from '../../support/left-out.ts';
import { testDirectory } from '../../support/test-directory.ts';
import { insert, insertNumber, numbersIn, numbersMigration, openNumbers } from './numbers.ts';

const childPath = join(import.meta.dirname, 'row-writer.child.ts');
const addColumn: Migration = {
  version: 2,
  statements: ['ALTER TABLE number ADD COLUMN colour TEXT', `UPDATE number SET colour = 'red'`],
};

describe('opening', () => {
  test('the file is private, and FULL holds at the second opening too', async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    for (let opening = 0; opening < 2; opening += 1) {
      await using database = openNumbers(path);
      const rows = await database.read((reader) => reader.all({ sql: 'PRAGMA synchronous', parameters: [] }, {}));
      expect(rows).toEqual([{ synchronous: 2 }]);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('a second opening in this process is refused with "in-use", and the first goes on', async () => {
    using directory = testDirectory();
    await using database = openNumbers(directory.file('x.db'));
    expect(() => openNumbers(directory.file('x.db'))).toThrow(expect.objectContaining({ code: 'in-use' }));
    await insert(database, 1);
    expect(await numbersIn(database)).toEqual([1]);
  });

  test('a second process is refused with "in-use"', async () => {
    using directory = testDirectory();
    await using database = openNumbers(directory.file('x.db'));
    await insert(database, 1);
    const output = execFileSync(process.execPath, [childPath, directory.file('x.db'), 'open'], { encoding: 'utf8' });
    expect(output).toContain('refused in-use');
  });

  test.each([
    ['text', () => Buffer.from('this is not a database, and it is long enough to be looked at'.repeat(40)), 'corrupt'],
    ['a truncated header', () => Buffer.from('SQLite format 3\0').subarray(0, 10), 'corrupt'],
  ])('a file that is %s is refused with a message', (_, content, code) => {
    using directory = testDirectory();
    writeFileSync(directory.file('x.db'), content());
    expect(() => openNumbers(directory.file('x.db'))).toThrow(expect.objectContaining({ name: 'StoreError', code }));
  });

  test('a directory that is not there is refused with a message', () => {
    using directory = testDirectory();
    expect(() => openNumbers(directory.file('none/x.db'))).toThrow(
      expect.objectContaining({ name: 'StoreError', code: 'denied' }),
    );
  });

  test('damage in a page is found', async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    {
      await using database = openNumbers(path);
      await Promise.all(Array.from({ length: 500 }, (_, n) => insert(database, n, 'text'.repeat(30))));
      expect(database.findDamage()).toEqual([]);
    }
    const file = openSync(path, 'r+');
    writeSync(file, new Uint8Array(64).fill(0xff), 0, 64, 4096 * 3);
    closeSync(file);
    await using database = openNumbers(path);
    expect(database.findDamage().length).toBeGreaterThan(0);
  });
});

describe('schema', () => {
  test('an older schema is copied beside, then brought up to date', async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    {
      await using database = openNumbers(path);
      await insert(database, 1);
    }
    await using database = openNumbers(path, { migrations: [numbersMigration, addColumn] });
    const rows = await database.read((reader) =>
      reader.all({ sql: 'SELECT n, colour FROM number', parameters: [] }, {}),
    );
    expect(rows).toEqual([{ n: 1, colour: 'red' }]);
    await using copy = openNumbers(`${path}.before-schema-2`);
    expect(await numbersIn(copy)).toEqual([1]);
  });

  test('a newer schema is refused and left as it is', async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    await openNumbers(path, { migrations: [numbersMigration, addColumn] })[Symbol.asyncDispose]();
    const before = readFileSync(path);
    expect(() => openNumbers(path)).toThrow(expect.objectContaining({ code: 'newer-schema' }));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("another program's database is refused", async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    execFileSync(process.execPath, [
      '-e',
      `const D = require('better-sqlite3'); new D(${JSON.stringify(path)}).exec('CREATE TABLE t (a)')`,
    ]);
    expect(() => openNumbers(path)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  test('a migration that fails, or is killed in the middle, leaves the old schema with its rows', async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    {
      await using database = openNumbers(path);
      await insert(database, 7);
    }
    const broken: Migration = { version: 2, statements: [...addColumn.statements, 'ALTER TABLE nothing ADD COLUMN x'] };
    expect(() => openNumbers(path, { migrations: [numbersMigration, broken] })).toThrow(/did not take/);
    const child = spawn(process.execPath, [childPath, path, 'migrate'], { stdio: 'ignore' });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    await using database = openNumbers(path);
    expect(await numbersIn(database)).toEqual([7]);
    expect(database.findDamage()).toEqual([]);
  });
});

describe('crashes', () => {
  test('every row that was acknowledged before kill -9 is there afterwards, six times over', async () => {
    using directory = testDirectory();
    const path = directory.file('x.db');
    const acknowledged = new Set<number>();
    for (let round = 0; round < 6; round += 1) {
      const child = spawn(process.execPath, [childPath, path, 'write', String(round * 1_000_000)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
      await once(child.stdout, 'data');
      await wait(20 + 37 * round);
      child.kill('SIGKILL');
      await once(child, 'close');
      for (const line of output.split('\n').slice(0, -1)) acknowledged.add(Number(line));
    }
    expect(acknowledged.size).toBeGreaterThan(60);
    await using database = openNumbers(path);
    const present = new Set(await numbersIn(database));
    expect([...acknowledged].filter((n) => !present.has(n))).toEqual([]);
    expect(database.findDamage()).toEqual([]);
  });

  test('what a change destroyed with eraseTraces is in no file of the database', async () => {
    using directory = testDirectory();
    await using database = openNumbers(directory.file('x.db'));
    const secret = 'canary-5f1d4c'.repeat(8);
    await insert(database, 1, secret);
    const erase = { sql: `UPDATE number SET text = '' WHERE n = 1`, parameters: [] };
    await database.write(async (writer) => {
      await writer.run(erase, {});
      writer.eraseTraces();
    });
    for (const name of readdirSync(directory.path))
      expect(readFileSync(directory.file(name)).includes('canary-5f1d4c'), name).toBe(false);
  });
});

const tmpfsBytes = 8 * 1024 * 1024;
const ballastBytes = 1024 * 1024;

function mountTmpfs(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${tmpfsBytes}`, 'fernpost-test', path], { stdio: 'ignore' });
    return true;
  } catch {
    leftOut('a database on a full disk', 'mounting a small tmpfs needs root');
    return false;
  }
}

test('a full disk refuses new work, loses nothing, serves reads and essential changes, and opens again', async (context) => {
  using directory = testDirectory();
  if (!mountTmpfs(directory.path)) return context.skip();
  try {
    const path = directory.file('x.db');
    const kept: number[] = [];
    {
      await using database = openNumbers(path, { ballastBytes });
      const bytes = new Uint8Array(100_000);
      let failure: unknown;
      for (let n = 0; failure === undefined && n < 200; n += 1) {
        await database
          .write((writer) => writer.run(insertNumber, { n, text: 'x', bytes }))
          .then(() => kept.push(n))
          .catch((error: unknown) => (failure = error));
      }
      expect(failure).toMatchObject({ name: 'StoreError', code: 'full' });
      expect(database.isFull()).toBe(true);
      expect(existsSync(`${path}.ballast`)).toBe(false);
      expect(await numbersIn(database)).toEqual(kept);
      await expect(insert(database, 1000)).rejects.toMatchObject({ code: 'full' });
      await database.write((writer) => writer.run(insertNumber, { n: 2000, text: 'audit', bytes: null }), {
        essential: true,
      });
      kept.push(2000);
    }
    writeFileSync(directory.file('rest'), '');
    const rest = openSync(directory.file('rest'), 'w');
    expect(() => {
      for (;;) writeSync(rest, new Uint8Array(4096));
    }).toThrow(/ENOSPC/);
    closeSync(rest);
    await using database = openNumbers(path, { ballastBytes });
    expect(await numbersIn(database)).toEqual(kept);
    execFileSync('mount', ['-o', `remount,size=${4 * tmpfsBytes}`, directory.path]);
    expect(database.isFull()).toBe(false);
    await insert(database, 3000);
    expect(database.findDamage()).toEqual([]);
  } finally {
    execFileSync('umount', ['-l', directory.path]);
  }
});

test('a copy of the file and its journal, taken while it runs, opens with every acknowledged row', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  for (let n = 0; n < 20; n += 1) await insert(database, n);
  for (const suffix of ['', '-wal']) copyFileSync(directory.file(`x.db${suffix}`), directory.file(`copy.db${suffix}`));
  await using copy = openNumbers(directory.file('copy.db'));
  expect((await numbersIn(copy)).length).toBe(20);
});
