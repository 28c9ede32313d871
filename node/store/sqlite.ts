import Sqlite from 'better-sqlite3';
import { storeErrorOf, type Connection, type PreparedSql } from './connection.ts';

/** How much of a copy is made; it ends early when the handler throws. */
export type CopyProgress = (done: number, total: number) => void;

/** An open file, and the one thing beside statements that is asked of it. */
export interface OpenSqlite {
  readonly connection: Connection;
  /**
   * Copies all of it to a new file while others go on to read and write here: a few pages in each turn of the event loop.
   * The copy holds one commit, the newest when it ended. A copy that fails leaves no file.
   */
  copyTo(path: string, onProgress?: CopyProgress): Promise<void>;
}

/** Pages of 4 KiB that are copied in one turn. */
const pagesATurn = 64;

/** The only place that knows the driver. It waits for no lock. */
export function openSqlite(path: string): OpenSqlite {
  const sqlite = new Sqlite(path, { timeout: 0 });
  return {
    connection: connectionOf(sqlite),
    copyTo: async (to, onProgress) => {
      try {
        await sqlite.backup(to, {
          progress: ({ totalPages, remainingPages }) => {
            onProgress?.(totalPages - remainingPages, totalPages);
            return pagesATurn;
          },
        });
      } catch (cause) {
        throw cause instanceof Sqlite.SqliteError ? storeErrorOf(cause) : cause;
      }
    },
  };
}

function connectionOf(sqlite: Sqlite.Database): Connection {
  const control = new Map<string, Sqlite.Statement<unknown[], unknown>>();
  const prepared = (sql: string): Sqlite.Statement<unknown[], unknown> => {
    let statement = control.get(sql);
    if (statement === undefined) control.set(sql, (statement = sqlite.prepare(sql)));
    return statement;
  };
  return {
    prepare: (sql): PreparedSql => {
      const statement = sqlite.prepare<unknown[], Record<string, unknown>>(sql);
      return {
        readsOnly: statement.readonly,
        returnsRows: statement.reader,
        all: (values) => statement.all(...values),
        run: (values) => statement.run(...values).changes,
      };
    },
    exec: (sql) => void prepared(sql).run(),
    runOnce: (sql) => void sqlite.exec(sql),
    pragma: (text) => {
      const statement = prepared(`PRAGMA ${text}`);
      return statement.reader ? statement.all() : (statement.run(), []);
    },
    inTransaction: () => sqlite.inTransaction,
    close: () => void sqlite.close(),
  };
}
