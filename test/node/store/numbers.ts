import { openDatabase, type Database, type DatabaseOptions } from '../../../node/store/database.ts';
import type { Migration } from '../../../node/store/migrations.ts';
import { NamedParameter, type Statement } from '../../../node/store/statement.ts';

/** A small table for tests of the store alone. */
export const numbersMigration: Migration = {
  version: 1,
  statements: ['CREATE TABLE number (n INTEGER PRIMARY KEY, text TEXT NOT NULL, bytes BLOB) STRICT'],
};

export const insertNumber: Statement<{ n: number; text: string; bytes: Uint8Array | null }, never> = {
  sql: 'INSERT INTO number (n, text, bytes) VALUES (?, ?, ?)',
  parameters: [new NamedParameter('n'), new NamedParameter('text'), new NamedParameter('bytes')],
};

export const allNumbers: Statement<Record<string, never>, { n: number; text: string; bytes: Uint8Array | null }> = {
  sql: 'SELECT n, text, bytes FROM number ORDER BY n',
  parameters: [],
};

export function openNumbers(path: string, options: Partial<DatabaseOptions> = {}): Database {
  return openDatabase({
    path,
    ballastBytes: 0,
    migrations: [numbersMigration],
    onFatal: (error) => {
      throw error;
    },
    ...options,
  });
}

export function insert(database: Database, n: number, text = 'x'): Promise<{ readonly changes: number }> {
  return database.write((writer) => writer.run(insertNumber, { n, text, bytes: null }));
}

export async function numbersIn(database: Database): Promise<number[]> {
  return (await database.read((reader) => reader.all(allNumbers, {}))).map((row) => row.n);
}
