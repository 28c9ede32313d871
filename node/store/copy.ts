import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PreparedStatements, storeErrorOf } from './connection.ts';
import { migrate, migrations, pendingMigrations, schemaOf } from './migrations.ts';
import { countSealed, sealedPages, type SealedValue } from './sealed-rows.ts';
import { openSqlite } from './sqlite.ts';
import { StoreError, type Reader, type Store } from './store.ts';

/** A copy of a node's database that lies by itself and is only read. */
export interface DatabaseCopy extends AsyncDisposable, Pick<Store, 'read' | 'write'> {
  /** The schema that it was made with. */
  readonly schema: number;
  /** How many values `sealed` gives at most. */
  countSealed(): number;
  /** Everything that the keyring sealed, a page after the other. */
  sealed(): Iterable<readonly SealedValue[]>;
}

export interface CopyOptions {
  readonly path: string;
  /** Brings its schema up to this program's, as a node does with a database at its first start. */
  readonly upgrade?: boolean;
}

/**
 * Opens a copy that nobody else has open. It becomes one file without a journal beside it, so that its bytes can be
 * counted and moved; opened again it stays as it is. Fails with `newer-schema` where a later program made it, and with
 * `corrupt` where it is no database of ours. `write` is refused with `denied`.
 */
export function openCopy({ path, upgrade = false }: CopyOptions): DatabaseCopy {
  const { connection } = openSqlite(path);
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.pragma('journal_mode = DELETE');
    connection.pragma('temp_store = MEMORY');
    const state = schemaOf(connection);
    const steps = pendingMigrations(state, migrations);
    if (upgrade) migrate(connection, steps);
    const statements = new PreparedStatements(connection);
    const reader: Reader = {
      all: async (query, values) => statements.of(query).all(values),
      first: async (query, values) => statements.of(query).all(values)[0],
    };
    return {
      schema: state.version,
      read: async (query) => await query(reader),
      countSealed: () => countSealed(connection),
      sealed: () => sealedPages(connection),
      write: () => Promise.reject(new StoreError('denied', 'a copy of the database is only read')),
      [Symbol.asyncDispose]: async () => connection.close(),
    };
  } catch (cause) {
    connection.close();
    throw storeErrorOf(cause);
  }
}

/** What SQLite finds wrong with a closed copy; nothing when it is sound. Other work goes on meanwhile. */
export async function findDamageInCopy(path: string): Promise<readonly string[]> {
  const worker = new Worker(new URL(`./damage-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: path,
  });
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  worker.once('message', (lines: readonly string[]) => resolve(lines));
  worker.once('error', (cause) => reject(storeErrorOf(cause)));
  worker.once('exit', () => reject(new StoreError('io', 'the search for damage ended before it was done')));
  return await promise;
}
