import { writeSync } from 'node:fs';
import { StoreError } from '../../../node/store/store.ts';
import { insert, numbersMigration, openNumbers } from './numbers.ts';

/* A process of its own for tests that kill: `open` says whether it may, `write` acknowledges rows until it is killed. */
const [path = '', task, first = '0'] = process.argv.slice(2);

function* halfOfAMigration(): Iterable<string> {
  yield 'ALTER TABLE number ADD COLUMN colour TEXT';
  yield `UPDATE number SET colour = 'red', text = text || 'changed'`;
  process.kill(process.pid, 'SIGKILL');
}

try {
  const migrations =
    task === 'migrate' ? [numbersMigration, { version: 2, statements: halfOfAMigration() }] : [numbersMigration];
  const database = openNumbers(path, { migrations });
  if (task === 'open') await database[Symbol.asyncDispose]();
  for (let n = Number(first); task === 'write'; n += 4) {
    const batch = [n, n + 1, n + 2, n + 3];
    await Promise.all(batch.map((each) => insert(database, each)));
    writeSync(1, batch.map((each) => `${each}\n`).join(''));
  }
} catch (error) {
  writeSync(1, `refused ${error instanceof StoreError ? error.code : String(error)}\n`);
}
