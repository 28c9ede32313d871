import { expect, test } from 'vitest';
import { startJobs } from '../../../node/jobs/runner.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { openVirtualTime } from '../../support/virtual-clock.ts';

test('a job runs at once, at its times, when it is woken, and again after a failure', async () => {
  const time = openVirtualTime();
  const clock = time.clock();
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    if (runs === 2) throw new Error('once');
  };
  await using jobs = startJobs([{ name: 'work', everyMs: 10_000, run }], clock, silentDiagnostics);
  await jobs.idle();
  expect(runs).toBe(1);
  await time.advance(10_000);
  expect(runs).toBe(2);
  expect(jobs.standing()).toMatchObject([{ name: 'work', failuresInARow: 1 }]);
  jobs.wake('work');
  await jobs.idle();
  expect(runs).toBe(3);
  expect(jobs.standing()).toEqual([{ name: 'work', succeededAt: clock.now(), failuresInARow: 0 }]);
});

test('a job that is woken without end rests between two runs', async () => {
  const time = openVirtualTime();
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
  };
  await using jobs = startJobs(
    [{ name: 'work', everyMs: 30_000, restMs: 1_000, run }],
    time.clock(),
    silentDiagnostics,
  );
  await jobs.idle();
  for (let i = 0; i < 20; i += 1) {
    jobs.wake('work');
    await time.advance(100);
  }
  expect(runs).toBeGreaterThanOrEqual(2);
  expect(runs).toBeLessThanOrEqual(4);
});
