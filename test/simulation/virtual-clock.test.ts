import { expect, test } from 'vitest';
import { startJobs } from '../../node/jobs/runner.ts';
import { silentDiagnostics } from '../../node/platform/diagnostics.ts';
import { openVirtualTime } from '../support/virtual-clock.ts';

test('sleepers wake in the order of their moments, those of one moment in the order in which they lay down', async () => {
  const time = openVirtualTime();
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number): Promise<void> => {
    await time.sleep(ms);
    woken.push(`${name}@${time.elapsedMs()}`);
  };
  void sleeper('late', 7 * 24 * 3_600_000);
  void sleeper('first', 10);
  void sleeper('second', 10);
  void sleeper('now', 0);
  await time.advance(8 * 24 * 3_600_000);
  expect(woken).toEqual(['now@0', 'first@10', 'second@10', `late@${7 * 24 * 3_600_000}`]);
});

test('time stands still while anything can go on without it', async () => {
  const time = openVirtualTime();
  const seen: number[] = [];
  void time.sleep(1).then(() => seen.push(-1));
  const work = async (): Promise<void> => {
    for (let turn = 0; turn < 1000; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      seen.push(time.elapsedMs());
    }
  };
  void work();
  await time.advance(5);
  expect(seen).toHaveLength(1001);
  expect(seen.at(-1)).toBe(-1);
  expect(new Set(seen.slice(0, -1))).toEqual(new Set([0]));
});

test('waiting for a condition ends as soon as it holds, or at the limit', async () => {
  const time = openVirtualTime();
  let done = false;
  void time.sleep(500).then(() => (done = true));
  expect(await time.runUntil(() => done, 400)).toBe(false);
  expect(time.elapsedMs()).toBe(400);
  expect(await time.runUntil(() => done, 400)).toBe(true);
  expect(time.elapsedMs()).toBe(500);
});

test('a sleeper is ended by its signal at once, and never by the clock of a machine that is off', async () => {
  const time = openVirtualTime();
  const stop = new AbortController();
  const power = new AbortController();
  const woken: string[] = [];
  const clock = time.clock({ power: power.signal });
  void clock.sleep(1000, stop.signal).then(() => woken.push('stopped'));
  void clock.sleep(10).then(() => woken.push('never'));
  power.abort();
  stop.abort();
  await time.advance(5000);
  expect(woken).toEqual(['stopped']);
});

test('each machine has a wall clock of its own; its elapsed time knows nothing of it', async () => {
  const time = openVirtualTime();
  const right = time.clock();
  const wrong = time.clock({ skewMs: 25_000 });
  await time.advance(1000);
  expect(wrong.now() - right.now()).toBe(25_000);
  wrong.setWall(-365 * 24 * 3_600_000);
  expect(wrong.now()).toBeLessThan(right.now());
  expect(wrong.elapsedMs()).toBe(right.elapsedMs());
});

test('the jobs of a node run under it: a job of every minute runs sixty times in an hour', async () => {
  const time = openVirtualTime();
  let runs = 0;
  const job = { name: 'count', everyMs: 60_000, run: async () => void (runs += 1) };
  {
    await using _runner = startJobs([job], time.clock(), silentDiagnostics);
    await time.advance(3_600_000 - 1);
  }
  expect(runs).toBe(60);
});
