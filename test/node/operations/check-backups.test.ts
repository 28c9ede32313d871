import { expect, test } from 'vitest';
import type { BackupStanding } from '../../../node/backups/backups.ts';
import type { BackupRun } from '../../../node/backups/runs.ts';
import { checkBackups, drillDaysMax } from '../../../node/operations/check-backups.ts';
import { meaningOf } from '../../../node/operations/meanings.ts';
import type { NodeServices } from '../../../node/operations/node-services.ts';
import type { Instant } from '../../../protocol/instant.ts';
import { manualClock } from '../../support/manual-clock.ts';

const hourMs = 3_600_000;
const clock = manualClock();
const config = { directory: '/backups', everyHours: 24, keepDays: 35, files: 'copy' } as const;

function run(ageHours: number, more: Partial<BackupRun> = {}): BackupRun {
  const at = (clock.now() - ageHours * hourMs) as Instant;
  return {
    kind: 'backup',
    directory: '/backups',
    backup: '2026-09-14T08-00-00Z',
    by: 'Ada',
    startedAt: at,
    endedAt: at,
    state: 'good',
    code: '',
    message: '',
    facts: {},
    ...more,
  };
}

async function check(given: Partial<BackupStanding>) {
  const nothing = {
    running: undefined,
    backup: undefined,
    goodBackup: undefined,
    drill: undefined,
    goodDrill: undefined,
  };
  const standing: BackupStanding = { config, ...nothing, ...given };
  const services = { clock, backups: { standing: async () => standing } } as unknown as NodeServices;
  const findings = await checkBackups(services);
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
}

const good = (ageHours: number, more: Partial<BackupRun> = {}) => ({
  backup: run(ageHours, more),
  goodBackup: run(ageHours, more),
});
const failed = run(0, { state: 'failed', code: 'not-there', message: 'there is no directory' });

test.each([
  ['none was made yet', {}, 'warn'],
  ['it is fresh', good(0), 'ok'],
  ['two intervals have passed', good(48), 'ok'],
  ['a little more has passed', good(48.1), 'warn'],
  ['seven days have passed', good(7 * 24), 'warn'],
  ['more than seven days have passed', good(7 * 24 + 0.1), 'fail'],
  ['the last try failed', { backup: failed, goodBackup: run(2) }, 'warn'],
  ['tries fail since more than seven days', { backup: failed, goodBackup: run(7 * 24 + 0.1) }, 'fail'],
  ['every try failed', { backup: failed }, 'fail'],
  ['files of patients could not be read for it', good(0, { facts: { damaged: 1 } }), 'fail'],
] as const)('the backup, when %s', async (_, standing, state) => {
  expect((await check(standing))['backup']).toMatchObject({ state });
});

const dayHours = 24;
test.each([
  ['there was none', {}, 'warn'],
  ['it is of today', { drill: run(0), goodDrill: run(0) }, 'ok'],
  ['it is 35 days old', { drill: run(drillDaysMax * dayHours), goodDrill: run(drillDaysMax * dayHours) }, 'ok'],
  ['it is older', { drill: run(drillDaysMax * dayHours + 1), goodDrill: run(drillDaysMax * dayHours + 1) }, 'warn'],
  ['the last one failed', { drill: failed, goodDrill: run(1) }, 'fail'],
] as const)('the restore drill, when %s', async (_, standing, state) => {
  expect((await check(standing))['restore drill']).toMatchObject({ state });
});

test('without a directory there is one warning, with the setting that is missing', async () => {
  const findings = await check({ config: undefined });
  expect(Object.keys(findings)).toEqual(['backup']);
  expect(findings['backup']).toMatchObject({ state: 'warn', fix: expect.stringContaining('"directory"') as string });
});

test('each that is not good says what it means for patients', async () => {
  for (const finding of Object.values(await check({}))) expect(meaningOf(finding)).toMatch(/patient/);
});
