import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { leftOut, leftOutLine, takeNotices } from '../support/left-out.ts';

let directory = '';
let file = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fernpost-left-out-'));
  file = join(directory, 'deeper', 'notices.jsonl');
  vi.stubEnv('FERNPOST_LEFT_OUT_FILE', file);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

test('what was left out is named once, with its reason, on one line', () => {
  vi.stubEnv('FERNPOST_REQUIRE_ALL', '');
  leftOut('Ceph RGW', 'radosgw is not installed');
  leftOut('Python oracle', 'no module nacl');
  leftOut('Ceph RGW', 'radosgw is not installed');
  expect(leftOutLine(takeNotices(file))).toBe(
    'left out: Ceph RGW (radosgw is not installed); Python oracle (no module nacl)',
  );
  expect(takeNotices(file)).toEqual([]);
});

test('a run that left nothing out says so', () => {
  expect(leftOutLine(takeNotices(file))).toBe('left out: nothing');
});

test('where everything must run, leaving something out fails', () => {
  vi.stubEnv('FERNPOST_REQUIRE_ALL', '1');
  expect(() => leftOut('Ceph RGW', 'radosgw is not installed')).toThrow('Ceph RGW cannot run here');
});
