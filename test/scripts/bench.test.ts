import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { interleaved, median } from '../../scripts/bench/measure.ts';
import { reportJson, reportLines } from '../../scripts/bench/report.ts';
import { isMet, type Verdict } from '../../scripts/bench/row.ts';
import { rows } from '../../scripts/bench/rows.ts';

const bench = join(import.meta.dirname, '..', '..', 'scripts', 'bench.ts');
const run = promisify(execFile);
const pages = ['--import', join(import.meta.dirname, '..', '..', 'scripts', 'register-tsx.mjs')];

interface Printed {
  readonly row: number;
  readonly figures: readonly { readonly name: string; readonly value: number }[];
  readonly verdicts: readonly { readonly name: string; readonly met: boolean }[];
}

test('the benchmark has the rows of the table of goals that it is to print', () => {
  expect(rows.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 10, 'desk']);
});

test('a small run sends real referrals and prints what it found as JSON', { timeout: 120_000 }, async () => {
  const { stdout } = await run(process.execPath, [...pages, bench, '--tiny', '--json', '3', '4']);
  const printed = JSON.parse(stdout) as readonly Printed[];
  expect(printed.map(({ row }) => row)).toEqual([3, 4]);
  for (const { figures, verdicts } of printed) {
    expect(figures.every(({ value }) => value >= 0)).toBe(true);
    expect(verdicts).toHaveLength(1);
  }
  const names = printed[0]?.figures.map(({ name }) => name.trim().split(',')[0]);
  expect(names).toEqual(expect.arrayContaining(['X-Wing seal', 'sign', 'verify', 'sha256', 'aes', 'commit']));
});

test('the row of the desk asks for charts and for every kind of page of the log', { timeout: 120_000 }, async () => {
  const { stdout } = await run(process.execPath, [...pages, bench, '--tiny', '--json', 'desk']);
  const printed = JSON.parse(stdout) as readonly Printed[];
  const names = printed.flatMap(({ figures, verdicts }) => [...figures, ...verdicts].map(({ name }) => name));
  for (const name of ['chart, p99', 'chart, 5 consultations, median', 'chart, 5 referrals, median'])
    expect(names).toContain(name);
  for (const filter of ['newest', 'oldest', 'by index', 'kind', 'peer', 'day', 'hash'])
    for (const what of ['median', 'p99']) expect(names).toContain(`log, ${filter}, ${what}`);
});

test('a row that does not exist is answered with those that do', async () => {
  await expect(run(process.execPath, [...pages, bench, '11'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('rows are 1, 2, 3, 4, 5, 6, 7, 10, desk, not 11') as unknown,
  });
});

describe('measuring', () => {
  test.each([
    [[3], 3],
    [[1, 9, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('the median of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test('contestants take turns, and the first round only warms up', async () => {
    const calls: string[] = [];
    const next = (name: string, values: number[]) => () => {
      calls.push(name);
      return values.shift() ?? 0;
    };
    const found = await interleaved({ a: next('a', [99, 1, 3, 2]), b: next('b', [99, 5, 5, 8]) }, 3);
    expect(calls.join('')).toBe('abababab');
    expect(found).toEqual({ a: 2, b: 5 });
  });

  test.each([
    [{ atMost: 2 }, 2, true],
    [{ atMost: 2 }, 2.01, false],
    [{ atLeast: 3 }, 3, true],
    [{ atLeast: 3 }, 2.99, false],
    [{ atLeast: 3 }, Number.NaN, false],
  ])('with the goal %j a value of %d is judged', (goal, value, met) => {
    expect(isMet({ name: 'x', unit: 'x', value, goal })).toBe(met);
  });

  test('a report names each figure, each goal and whether it is met', () => {
    const row = { row: 1, title: 'sealing', run: () => Promise.reject(new Error('not run')) };
    const verdicts: Verdict[] = [{ name: 'sealing / limit', value: 0.5, unit: 'x', goal: { atLeast: 0.8 } }];
    const notices = ['openssl is not installed here.'];
    const figures = [{ name: 'sealing', value: 500, unit: 'MB/s' }] as const;
    const report = { row, figures, verdicts, notices, seconds: 1 };
    const text = reportLines(report).join('\n');
    expect(text).toMatch(/500 MB\/s/);
    expect(text).toMatch(/sealing \/ limit .*0\.500 x +goal >= 0\.8 +MISSED/);
    expect(text).toContain('! openssl is not installed here.');
    expect(reportJson(report).verdicts).toEqual([{ ...verdicts[0], met: false }]);
  });
});
