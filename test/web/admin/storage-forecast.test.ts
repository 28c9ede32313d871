import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { doctorOperations } from '../../../node/operations/doctor.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';

const GiB = 1024 ** 3;
const today = 20_000;
let desks: TestDesks;
let alder: TestDesk;

beforeAll(async () => {
  desks = await openDesks();
  alder = desks.at('alder');
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

/** Ten days in which 2 GiB a day went, `free` of them left now. */
function shrinkTo(free: number): void {
  const samples = Array.from({ length: 10 }, (_, i) => ({
    day: today - 10 + i,
    freeBytes: free + 2 * GiB * (10 - i),
    usedBytes: GiB * i,
  }));
  vi.spyOn(alder.node.storageSamples, 'list').mockResolvedValue(samples);
  vi.spyOn(alder.node.storageSamples, 'freeNow').mockResolvedValue({ day: today, freeBytes: free });
}

test('a running node has measured its disk on its first day, and says that this is too early', async () => {
  await vi.waitFor(async () => expect(await alder.node.storageSamples.list()).toHaveLength(1));
  const page = await (await alder.client('administrator')).get('/admin');
  expect(page.text).toContain('Too early to say when the disk is full: measured since today');
});

test.each([
  [14, 'fail', 'in about 7 days', '✕ fails'],
  [60, 'warn', 'in about 30 days', '! look at it'],
  [62, 'ok', 'in about 31 days', '✓ good'],
])('with %d GiB and 2 less each day the page and doctor say "%s"', async (free, state, when, word) => {
  shrinkTo(free * GiB);
  const detail = `he pace of the last 10 days the disk is full ${when}: 2.0 GiB less free each day, 1.0 GiB of it this node's`;
  const { findings } = await doctorOperations['doctor.check'].run(alder.node, {});
  const found = findings.find(({ check }) => check === 'disk forecast');
  expect(found).toMatchObject({ state, detail: `at t${detail}` });
  const { text } = await (await alder.client('administrator')).get('/admin');
  const [, row = ''] = /<th[^>]*>(?:(?!<\/tr>).)*Disk forecast((?:(?!<\/tr>).)*)/s.exec(text) ?? [];
  expect(row).toContain(word);
  expect(row.includes('nothing new can be saved or received')).toBe(state !== 'ok');
  expect(text.replaceAll('&#39;', "'")).toContain(`At t${detail}`);
});

test('the days behind the forecast are a line and a table', async () => {
  shrinkTo(14 * GiB);
  const { text } = await (await alder.client('administrator')).get('/admin');
  expect(text).toContain('aria-label="Free on the disk: 34.0 GiB at first, 16.0 GiB last"');
  expect(text).toContain('<polyline points="0.0,2.0 ');
  expect(text).toContain('Free space in the last 10 days');
  expect(text).toContain('datetime="2024-10-03T00:00:00.000Z"');
});
