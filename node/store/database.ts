import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Ballast } from './ballast.ts';
import { storeErrorOf, type Connection } from './connection.ts';
import { findDamage } from './damage.ts';
import { GroupCommit } from './group-commit.ts';
import { migrate, migrations as allMigrations, pendingMigrations, schemaOf, type Migration } from './migrations.ts';
import { createTransientTables } from './schema/exchange-log.ts';
import { openSqlite, type CopyProgress, type OpenSqlite } from './sqlite.ts';
import { StoreError, type Store } from './store.ts';

export interface DatabaseOptions {
  /** Of the file; its directory exists. */
  readonly path: string;
  /** fsync failed: end the process at once, without another write (Node §4). */
  readonly onFatal: (error: StoreError) => void;
  readonly migrations?: readonly Migration[];
  readonly ballastBytes?: number;
  /** For the benchmark alone: what the durability of FULL costs. */
  readonly unsafeForBenchmark?: { readonly synchronous: 'NORMAL' };
}

export interface Database extends Store {
  /** What SQLite finds wrong with the file; nothing when it is sound. Reads all of it. */
  findDamage(): readonly string[];
  /** Copies one commit of it to a new file while all other work goes on; a copy that fails leaves no file. */
  copyTo(path: string, onProgress?: CopyProgress): Promise<void>;
}

export const defaultBallastBytes = 64 * 1024 * 1024;
const synchronousLevels = { NORMAL: 1, FULL: 2 } as const;
const journalBytesMax = 64 * 1024 * 1024;
/** Pages that stay in memory: names are random, so that the inner pages of every index are wanted all the time. */
const cacheKibMax = 16 * 1024;

/**
 * Opens the one database of a node, and is the only way to open it: WAL with synchronous=FULL, asserted each time because
 * better-sqlite3 falls back to NORMAL, which loses acknowledged rows at a power cut (Node §1, F5); locked for this process
 * alone, which also lets it open on a full disk (F10). Throws `StoreError` with a message for the operator.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const ballast = new Ballast(`${options.path}.ballast`, options.ballastBytes ?? defaultBallastBytes);
  try {
    return open(options, ballast);
  } catch (cause) {
    const error = storeErrorOf(cause);
    if (error.code !== 'full' || !ballast.release()) throw error;
    return open(options, ballast);
  }
}

function open(options: DatabaseOptions, ballast: Ballast): Database {
  const isNew = createPrivately(options.path);
  let opened: OpenSqlite | undefined;
  try {
    opened = openSqlite(options.path);
    const { connection, copyTo } = opened;
    const level = options.unsafeForBenchmark?.synchronous ?? 'FULL';
    configure(connection, level);
    const steps = pendingMigrations(schemaOf(connection), options.migrations ?? allMigrations);
    if (!isNew && steps.length > 0) backUp(connection, options.path);
    migrate(connection, steps);
    for (const sql of createTransientTables) connection.runOnce(sql);
    assertDurable(connection, level);
    const store = new GroupCommit({ connection, ballast, onFatal: options.onFatal });
    return Object.assign(store, { findDamage: () => findDamage(connection), copyTo });
  } catch (cause) {
    opened?.connection.close();
    throw storeErrorOf(cause);
  }
}

/** The order counts: the lock mode comes before the first access, or WAL would want shared memory. */
function configure(connection: Connection, level: 'FULL' | 'NORMAL'): void {
  connection.pragma('locking_mode = EXCLUSIVE');
  connection.pragma('journal_mode = WAL');
  connection.pragma(`synchronous = ${level}`);
  connection.pragma('fullfsync = ON');
  connection.pragma('checkpoint_fullfsync = ON');
  connection.pragma('wal_autocheckpoint = 0'); // GroupCommit does it, so that a failed fsync is seen.
  connection.pragma(`journal_size_limit = ${journalBytesMax}`);
  connection.pragma('foreign_keys = ON');
  connection.pragma('secure_delete = ON'); // A destroyed key leaves no copy in free pages.
  connection.pragma('temp_store = MEMORY');
  connection.pragma(`cache_size = -${cacheKibMax}`);
  connection.exec('BEGIN EXCLUSIVE');
  connection.exec('COMMIT');
}

function assertDurable(connection: Connection, level: 'FULL' | 'NORMAL'): void {
  const expected: readonly (readonly [string, unknown])[] = [
    ['synchronous', synchronousLevels[level]],
    ['journal_mode', 'wal'],
    ['locking_mode', 'exclusive'],
    ['foreign_keys', 1],
  ];
  for (const [name, value] of expected) {
    const [row] = connection.pragma(name) as readonly Record<string, unknown>[];
    if (row?.[name] !== value)
      throw new StoreError(
        'io',
        `the database did not take ${name}=${String(value)}: it would lose data, so it stays shut`,
      );
  }
}

/** A copy beside the file before its schema changes, named after the schema that it holds. */
function backUp(connection: Connection, path: string): void {
  const copy = `${path}.before-schema-${schemaOf(connection).version + 1}`;
  if (existsSync(copy)) return; // An earlier try of the same upgrade made it, from the same rows.
  const unfinished = `${copy}.part`;
  rmSync(unfinished, { force: true });
  connection.prepare('VACUUM INTO ?').run([unfinished]);
  chmodSync(unfinished, 0o600);
  syncFile(unfinished);
  renameSync(unfinished, copy);
  syncFile(copy);
}

/**
 * Makes the empty file with mode 0600 before SQLite opens it; says whether it was not there. While the database is open
 * nothing in this process may open its file: closing any handle of it would drop the lock (POSIX).
 */
function createPrivately(path: string): boolean {
  if (existsSync(path)) return statSync(path).size === 0;
  try {
    closeSync(openSync(path, 'wx', 0o600));
    syncFile(path);
    return true;
  } catch (cause) {
    throw new StoreError('denied', `${path} cannot be made: check the directory and its owner`, { cause });
  }
}

function syncFile(path: string): void {
  for (const each of [path, dirname(path)]) {
    const file = openSync(each, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
