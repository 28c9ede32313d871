import { expect, test } from 'vitest';
import { openBackupRuns, runsKept, type BackupRun } from '../../../node/backups/runs.ts';
import { openDatabase } from '../../../node/store/database.ts';
import { statement } from '../../../node/store/statement.ts';
import type { Instant } from '../../../protocol/instant.ts';
import { testDirectory } from '../../support/test-directory.ts';

const all = statement()((db) => db.selectFrom('backup_run').select(['kind', 'state', 'started_at']).orderBy('number'));

test('a few hundred runs are remembered, and always the last of each kind that went well', async () => {
  using directory = testDirectory();
  await using store = openDatabase({
    path: directory.file('x.db'),
    ballastBytes: 0,
    onFatal: (error) => {
      throw error;
    },
  });
  const runs = openBackupRuns(store);
  const add = (at: number, kind: BackupRun['kind'], state: BackupRun['state']): Promise<void> =>
    runs.add({
      kind,
      state,
      directory: '/backups',
      backup: '',
      by: 'Ada',
      startedAt: at as Instant,
      endedAt: at as Instant,
      code: '',
      message: '',
      facts: { bytes: at },
    });
  await add(1, 'drill', 'good');
  await add(2, 'backup', 'good');
  for (let at = 3; at <= runsKept; at += 1) await add(at, 'backup', 'failed');
  const count = async (): Promise<number> => (await store.read((reader) => reader.all(all, {}))).length;
  expect(await count()).toBe(runsKept);
  await add(runsKept + 1, 'backup', 'failed');
  await add(runsKept + 2, 'backup', 'failed');
  await add(runsKept + 3, 'backup', 'failed');
  expect(await count()).toBe(runsKept + 2); // The two that went well stand beside the newest.
  expect(await runs.lastGood('drill')).toMatchObject({ startedAt: 1, facts: { bytes: 1 } });
  expect(await runs.lastGood('backup')).toMatchObject({ startedAt: 2 });
  expect(await runs.last('backup')).toMatchObject({ startedAt: runsKept + 3, state: 'failed' });
  expect(await runs.isKnown('/backups')).toBe(true);
  expect(await runs.isKnown('/elsewhere')).toBe(false);
});
