import { parentPort, workerData } from 'node:worker_threads';
import { findDamageByTable } from './damage.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Searches a copy of the database for damage in a thread of its own: reading a table of a gigabyte takes seconds, and the
 * node's other work goes on meanwhile. It sends one list of lines, which is empty when the copy is sound.
 */
function search(path: string): readonly string[] {
  const { connection } = openSqlite(path);
  try {
    return [...findDamageByTable(connection)].flat();
  } finally {
    connection.close();
  }
}

parentPort?.postMessage(search(String(workerData)));
