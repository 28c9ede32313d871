import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { failureIn, root, run, type Ended } from './command-line.ts';

const fixtures = join(root, 'test/fixtures/fhir');
const sample = join(fixtures, 'sample-referral.json');

interface Broken {
  readonly file: string;
  readonly layer: string;
  readonly reason: string;
}

const broken = JSON.parse(readFileSync(join(fixtures, 'invalid/index.json'), 'utf8')) as readonly Broken[];
const atOnce = 2;

/** Judged by the real command line, two processes at a time. */
async function judgeAll(files: readonly string[], options: readonly string[]): Promise<ReadonlyMap<string, Ended>> {
  const found = new Map<string, Ended>();
  const left = [...files];
  const work = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift())
      found.set(file, await run(['bundle', 'check', join(fixtures, file), ...options]));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}

describe('bundle check', () => {
  let refused: ReadonlyMap<string, Ended>;
  beforeAll(async () => {
    refused = await judgeAll(
      broken.map(({ file }) => `invalid/${file}`),
      ['--json'],
    );
  });

  test.each(broken)('refuses $file and names the element: $reason', ({ file }) => {
    const ended = refused.get(`invalid/${file}`);
    expect(ended?.code).toBe(1);
    const outcome = JSON.parse(ended?.stdout ?? '') as {
      readonly resourceType: string;
      readonly issue: readonly { readonly severity: string; readonly expression: readonly string[] }[];
    };
    expect(outcome.resourceType).toBe('OperationOutcome');
    expect(outcome.issue.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(0);
    for (const { expression } of outcome.issue) expect(expression[0]).toMatch(/^Bundle[.[]/);
  });

  test('takes every sample, and judges real-world input at the base layer', async () => {
    const samples = ['sample-referral.json', 'sample-event-accepted.json', 'sample-event-completed.json'];
    for (const [file, ended] of await judgeAll(samples, []))
      expect([file, ended.code, ended.stderr]).toEqual([file, 0, '']);
    const real = readdirSync(join(fixtures, 'realworld')).map((file) => `realworld/${file}`);
    const refusedThere = [
      'realworld/lantana-QuestionnaireResponse_01.json',
      'realworld/lantana-medicationStatement.json',
    ];
    for (const [file, ended] of await judgeAll(real, ['--layer', 'base']))
      expect([file, ended.code]).toEqual([file, refusedThere.includes(file) ? 1 : 0]);
  });

  test.each([
    ['its receiver within its time', ['--as', 'birch.example', '--at', '2026-11-21T00:00:00Z'], 0],
    ['a node that it is not for', ['--as', 'cedar.example'], 1],
    ['a moment after its deadline', ['--at', '2026-12-21T00:00:00Z'], 1],
    ['a moment before it was written', ['--at', '2026-11-19T00:00:00Z'], 1],
  ])('judges as %s', async (_, options, code) => {
    expect((await run(['bundle', 'check', sample, ...options])).code).toBe(code);
  });

  test('reads from stdin', async () => {
    expect((await run(['bundle', 'check', '-'], { input: readFileSync(sample) })).code).toBe(0);
    const nothing = await run(['bundle', 'check', '-'], { input: 'no JSON' });
    expect([nothing.code, nothing.stdout]).toEqual([1, expect.stringContaining('Bundle: ')]);
  });

  test.each([
    ['a file that is not there', ['/no/such/file'], 3, 'missing'],
    ['an option that is none', [sample, '--layer', 'other'], 2, 'usage'],
    ['a time without zone', [sample, '--at', '2026-11-21'], 2, 'usage'],
    ['no file', [], 2, 'usage'],
  ])('says what is wrong with %s', async (_, given, code, word) => {
    const ended = await run(['bundle', 'check', ...given, '--json']);
    expect([ended.code, ended.stdout, failureIn(ended).code]).toEqual([code, '', word]);
  });
});
