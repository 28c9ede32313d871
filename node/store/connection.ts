import type { SqlValue, Statement } from './statement.ts';
import { StoreError } from './store.ts';

/** What the store needs of the one open database; `database.ts` makes it from better-sqlite3. */
export interface Connection {
  prepare(sql: string): PreparedSql;
  /** Runs one of the few statements that steer transactions. */
  exec(sql: string): void;
  /** Runs a statement that is needed only once, such as one that creates a table. */
  runOnce(sql: string): void;
  /** The rows of `PRAGMA text`. */
  pragma(text: string): unknown;
  inTransaction(): boolean;
  close(): void;
}

export interface PreparedSql {
  readonly readsOnly: boolean;
  readonly returnsRows: boolean;
  all(values: readonly SqlValue[]): Record<string, unknown>[];
  run(values: readonly SqlValue[]): number;
}

/** A statement that the connection has prepared, with its values bound by name. Throws `StoreError` only. */
export interface Prepared<Values, Row> {
  readonly readsOnly: boolean;
  all(values: Values): Row[];
  run(values: Values): number;
}

/** Prepares each `Statement` once, at its first run: building and preparing anew costs more than running. */
export class PreparedStatements {
  readonly #connection: Connection;
  readonly #prepared = new WeakMap<Statement<never, unknown>, Prepared<never, unknown>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  of<Values, Row>(statement: Statement<Values, Row>): Prepared<Values, Row> {
    const key = statement as Statement<never, unknown>;
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = prepare(this.#connection, statement) as Prepared<never, unknown>;
      this.#prepared.set(key, prepared);
    }
    return prepared as unknown as Prepared<Values, Row>;
  }
}

function prepare<Values, Row>(connection: Connection, statement: Statement<Values, Row>): Prepared<Values, Row> {
  const { parameters } = statement;
  let sql: PreparedSql;
  try {
    sql = connection.prepare(statement.sql);
  } catch (cause) {
    throw storeErrorOf(cause);
  }
  const bind = (values: Values): SqlValue[] =>
    parameters.map(({ name }) => {
      const value = (values as Readonly<Record<string, SqlValue | undefined>>)[name];
      if (value === undefined) throw new StoreError('misused', `the value "${name}" is missing`);
      return value;
    });
  return {
    readsOnly: sql.readsOnly,
    all: (values) => {
      const bound = bind(values);
      try {
        const rows = sql.returnsRows ? sql.all(bound) : (sql.run(bound), []);
        return rows.map(plainRow) as Row[];
      } catch (cause) {
        throw storeErrorOf(cause);
      }
    },
    run: (values) => {
      const bound = bind(values);
      try {
        return sql.returnsRows ? sql.all(bound).length : sql.run(bound);
      } catch (cause) {
        throw storeErrorOf(cause);
      }
    },
  };
}

/** better-sqlite3 gives a `Buffer`, whose `slice` shares memory; everyone else expects a plain `Uint8Array`. */
function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  for (const name in row) {
    const value = row[name];
    if (value instanceof Uint8Array) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return row;
}

/** Which `StoreErrorCode` an error of SQLite means. Its message names tables and columns, never a value. */
export function storeErrorOf(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = codeOf(cause);
  if (code === 'SQLITE_FULL')
    return new StoreError('full', 'the disk is full: nothing was changed, reading goes on; free some space', { cause });
  if (code.startsWith('SQLITE_CONSTRAINT'))
    return new StoreError('constraint', `the database refused a row (${code})`, { cause });
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new StoreError('corrupt', 'the database file is damaged: restore it from a backup', { cause });
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new StoreError('in-use', 'another process has this database open: stop it, or use another directory', {
      cause,
    });
  // A file that may only be read takes no lock for writing.
  if (['SQLITE_READONLY', 'SQLITE_PERM', 'SQLITE_IOERR_LOCK'].includes(code) || code.startsWith('SQLITE_CANTOPEN'))
    return new StoreError('denied', 'the database cannot be opened for writing: check the directory and its owner', {
      cause,
    });
  if (code.startsWith('SQLITE_IOERR'))
    return new StoreError('io', `the disk failed (${code}): nothing of this change was kept; check the disk`, {
      cause,
    });
  return new StoreError('misused', `the database did not take a statement (${code || 'no code'})`, { cause });
}

/** After a failed fsync nobody knows what is on the disk: the process ends and reads it again (Node §4). */
export function isFatal(error: unknown): boolean {
  const code = codeOf(error instanceof StoreError ? error.cause : error);
  return code === 'SQLITE_IOERR_FSYNC' || code === 'SQLITE_IOERR_DIR_FSYNC';
}

function codeOf(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : '';
}
