import { storeErrorOf, type Connection } from './connection.ts';

const linesMax = 100;

/** What SQLite finds wrong with an open file; nothing when it is sound. Reads all of it, and nothing else goes on. */
export function findDamage(connection: Connection): readonly string[] {
  return toldDamage(() => [...integrityOf(connection, String(linesMax)), ...looseRows(connection)]);
}

/** The same, one table after the other with its indexes: between two tables whoever waits for the end may give up. */
export function* findDamageByTable(connection: Connection): Iterable<readonly string[]> {
  const tables = connection.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all([]);
  for (const { name } of tables)
    yield toldDamage(() => integrityOf(connection, `'${String(name).replaceAll(`'`, `''`)}'`).slice(0, linesMax));
  yield toldDamage(() => looseRows(connection));
}

function integrityOf(connection: Connection, what: string): readonly string[] {
  const rows = connection.pragma(`integrity_check(${what})`) as readonly { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
}

function looseRows(connection: Connection): readonly string[] {
  const rows = connection.pragma('foreign_key_check') as readonly { table: string; parent: string }[];
  return rows.map((row) => `a row of ${row.table} refers to nothing in ${row.parent}`);
}

function toldDamage(search: () => readonly string[]): readonly string[] {
  try {
    return search();
  } catch (cause) {
    const error = storeErrorOf(cause);
    if (error.code !== 'corrupt') throw error;
    return [error.message];
  }
}
