import { expect, test } from 'vitest';
import { Ballast } from '../../../node/store/ballast.ts';
import { storeErrorOf, type Connection } from '../../../node/store/connection.ts';
import { GroupCommit } from '../../../node/store/group-commit.ts';
import type { StoreError } from '../../../node/store/store.ts';
import { testDirectory } from '../../support/test-directory.ts';

/** A connection on which one statement fails as SQLite would report it; everything else succeeds. */
function failing(statement: string, code: string): { connection: Connection; run: string[]; heal: () => void } {
  const run: string[] = [];
  let open = false;
  let isBroken = true;
  const connection: Connection = {
    prepare: () => ({ readsOnly: true, returnsRows: true, all: () => [], run: () => 0 }),
    exec: (sql) => {
      run.push(sql);
      if (sql === statement && isBroken)
        throw Object.assign(new Error('disk I/O error'), { name: 'SqliteError', code });
      if (sql.startsWith('BEGIN')) open = true;
      if (sql === 'COMMIT' || sql === 'ROLLBACK') open = false;
    },
    runOnce: () => undefined,
    pragma: (text) => {
      if (text === statement && isBroken)
        throw Object.assign(new Error('disk I/O error'), { name: 'SqliteError', code });
      return [{ log: text.includes('NOOP') ? 5000 : 0, checkpointed: 0 }];
    },
    inTransaction: () => open,
    close: () => undefined,
  };
  return { connection, run, heal: () => (isBroken = false) };
}

test.each([
  ['COMMIT', 'SQLITE_IOERR_FSYNC'],
  ['COMMIT', 'SQLITE_IOERR_DIR_FSYNC'],
])(
  'a failed fsync at %s (%s) is fatal once: nothing is acknowledged, and nothing is written any more',
  async (at, code) => {
    using directory = testDirectory();
    const { connection, run } = failing(at, code);
    const fatal: StoreError[] = [];
    const ballast = new Ballast(directory.file('ballast'), 0);
    const store = new GroupCommit({ connection, ballast, onFatal: (error) => fatal.push(error) });
    const outcomes = await Promise.allSettled([1, 2].map(() => store.write(() => Promise.resolve())));
    expect(outcomes.map((each) => each.status)).toEqual(['rejected', 'rejected']);
    const statements = run.length;
    await expect(store.write(() => Promise.resolve())).rejects.toMatchObject({ code: 'io' });
    await expect(store.read(() => Promise.resolve())).rejects.toMatchObject({ code: 'io' });
    expect(run.length).toBe(statements);
    expect(fatal.map((error) => error.code)).toEqual(['io']);
  },
);

test('a failed fsync while the journal is folded in is fatal, though the commit before it counts', async () => {
  using directory = testDirectory();
  const { connection } = failing('wal_checkpoint(PASSIVE)', 'SQLITE_IOERR_FSYNC');
  const fatal: StoreError[] = [];
  const ballast = new Ballast(directory.file('ballast'), 0);
  const store = new GroupCommit({ connection, ballast, onFatal: (error) => fatal.push(error) });
  await store.write(() => Promise.resolve());
  expect(fatal.length).toBe(1);
});

test('another failure of the disk fails the change and leaves the store usable', async () => {
  using directory = testDirectory();
  const { connection, heal } = failing('COMMIT', 'SQLITE_IOERR_WRITE');
  const fatal: StoreError[] = [];
  const ballast = new Ballast(directory.file('ballast'), 0);
  const store = new GroupCommit({ connection, ballast, onFatal: (error) => fatal.push(error) });
  await expect(store.write(() => Promise.resolve())).rejects.toMatchObject({ code: 'io' });
  heal();
  expect(await store.write(() => Promise.resolve(7))).toBe(7);
  expect(fatal).toEqual([]);
});

test.each(['SQLITE_READONLY', 'SQLITE_PERM', 'SQLITE_CANTOPEN', 'SQLITE_IOERR_LOCK'])(
  '%s is told as a matter of permissions, not of the disk',
  (code) => {
    const told = storeErrorOf(Object.assign(new Error('no'), { code }));
    expect([told.code, told.message]).toEqual(['denied', expect.stringContaining('check the directory and its owner')]);
  },
);
