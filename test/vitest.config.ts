import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { leftOutReporter } from './support/left-out-reporter.ts';

const root = join(import.meta.dirname, '..');
const output = join(root, '.test-output');
const notices = join(output, `left-out-${process.pid}.jsonl`);
const report = process.env['FERNPOST_TEST_REPORT'];

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules and real files: a process of its own for each test file, as many as the machine has cores.
    pool: 'forks',
    maxWorkers: '100%', // One core less would be one of two: tests mostly wait, for browsers, disks and other processes.
    env: { FERNPOST_LEFT_OUT_FILE: notices },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    allowOnly: false,
    reporters: [
      'default',
      ...(report === undefined ? [] : [['json', { outputFile: report }] as ['json', { outputFile: string }]]),
      leftOutReporter(notices),
    ],
  },
});
