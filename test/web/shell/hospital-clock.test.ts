import * as fc from 'fast-check';
import { jsx, type Child } from 'hono/jsx';
import { describe, expect, test } from 'vitest';
import { timeZoneOf } from '../../../node/alerts/time-zone.ts';
import { htmlOf } from '../../../node/web/answer.ts';
import { MomentsIn } from '../../../node/web/components/moments-in.tsx';
import { BirthDate, momentWords, timeWords, When } from '../../../node/web/components/text.tsx';
import { InUtc, InZone } from '../../../node/web/components/zone.tsx';
import { ShortWhen } from '../../../node/web/pages/inbox/short-when.tsx';
import { nextTurn } from '../../../node/platform/turn.ts';

interface BrowserClock {
  clockTime(ms: number, show: 'minutes' | 'seconds', zone: string): string;
}

const browser = (await import(
  new URL('../../../node/web/assets/hospital-time.js', import.meta.url).href
)) as unknown as BrowserClock;

const ms = (iso: string): number => Date.parse(iso);
const at = ms('2026-11-22T20:30:07Z');

function shown(zone: string, child: Child): Promise<string> {
  return htmlOf(jsx(InZone, { zone: timeZoneOf(zone) }, child));
}

describe('a moment', () => {
  test.each([
    ['UTC', 'minutes', '22-Nov-2026 20:30 UTC'],
    ['Asia/Kolkata', 'minutes', '23-Nov-2026 02:00 UTC+05:30'],
    ['Asia/Kolkata', 'seconds', '23-Nov-2026 02:00:07 UTC+05:30'],
    ['Asia/Kolkata', 'date', '23-Nov-2026'],
    ['America/New_York', 'minutes', '22-Nov-2026 15:30 UTC-05:00'],
  ] as const)('in %s, to the %s, is %s, and UTC for programs', async (zone, show, words) => {
    expect(momentWords(at, timeZoneOf(zone), show)).toBe(words);
    const html = await shown(zone, jsx(When, { at, show }));
    expect(html).toContain('<time datetime="2026-11-22T20:30:07.000Z">');
    expect(html.replaceAll(/<[^>]*>/g, '')).toBe(words);
  });

  test('of the past is told with the offset of then', () => {
    expect(momentWords(ms('2026-07-01T12:00:00Z'), timeZoneOf('America/New_York'))).toBe('01-Jul-2026 08:00 UTC-04:00');
    expect(momentWords(ms('1970-06-01T12:00:00Z'), timeZoneOf('Africa/Monrovia'))).toBe(
      '01-Jun-1970 11:15 UTC-00:44:30',
    );
  });

  test('of today is a time', () => {
    expect(timeWords(at, timeZoneOf('Asia/Kolkata'))).toBe('02:00:07 UTC+05:30');
  });

  test('in a list has no year of this year there, and repeats no offset that the head of its column says', async () => {
    const newYear = { at: ms('2026-12-31T20:00:00Z'), now: ms('2027-01-01T12:00:00Z') };
    expect(await shown('Asia/Kolkata', jsx(ShortWhen, newYear))).toContain('>01-Jan 01:30<');
    expect(await shown('UTC', jsx(ShortWhen, newYear))).toContain('>31-Dec-2026 20:00<');
    const overAutumn = { at: ms('2026-10-31T12:00:00Z'), now: at };
    expect(await shown('Asia/Kolkata', jsx(ShortWhen, overAutumn))).toContain('>31-Oct 17:30<');
    expect(await shown('America/New_York', jsx(ShortWhen, overAutumn))).toContain('>31-Oct 08:00 UTC-04:00<');
  });

  test('on a page for auditors is in UTC, and the page says so', async () => {
    const html = await shown('Asia/Kolkata', jsx(InUtc, {}, jsx(When, { at })));
    expect(html.replaceAll(/<[^>]*>/g, '')).toContain('22-Nov-2026 20:30 UTCTimes on this page are in UTC');
  });

  test.each([
    ['the last one is of 2026-11-22T20:30:07Z; then it failed', 'of 23-Nov-2026 02:00 UTC+05:30; then'],
    ['at 2026-11-22T20:30:07.123+01:00', 'at 23-Nov-2026 01:00 UTC+05:30'],
    ['the backup 2026-11-22T20-30-07Z', 'the backup 2026-11-22T20-30-07Z'],
    ['2026-99-99T20:30:07Z', '2026-99-99T20:30:07Z'],
    ['since 2026-11-22', 'since 2026-11-22'],
  ])('in a text of the node is told so: %s', async (text, words) => {
    expect(await shown('Asia/Kolkata', jsx(MomentsIn, { text }))).toContain(words);
  });
});

test.each([
  ['UTC', 46],
  ['Asia/Kolkata', 47],
])('somebody is a year older when it is the birthday at the hospital: in %s %d', async (zone, age) => {
  expect(await shown(zone, jsx(BirthDate, { date: '1979-11-23', now: at }))).toContain(`(${age} y)`);
});

test('pages of two hospitals that are rendered at one time keep each its own clock', async () => {
  const Slow = async ({ turns }: { readonly turns: number }) => {
    for (let i = 0; i < turns; i += 1) await nextTurn();
    return jsx(When, { at });
  };
  const page = (zone: string, turns: number) =>
    shown(zone, [jsx(Slow, { turns }), jsx(When, { at }), jsx(Slow, { turns: 1 })]);
  const [kolkata, newYork, plain] = await Promise.all([
    page('Asia/Kolkata', 5),
    page('America/New_York', 2),
    htmlOf(jsx(Slow, { turns: 3 })),
  ]);
  expect(kolkata.match(/UTC[^<]*/g)).toEqual(['UTC+05:30', 'UTC+05:30', 'UTC+05:30']);
  expect(newYork.match(/UTC[^<]*/g)).toEqual(['UTC-05:00', 'UTC-05:00', 'UTC-05:00']);
  expect(String(plain)).toContain('>UTC<');
});

test('scripts tell the same time in the same words, and UTC where the browser does not know the zone', () => {
  const zones = ['UTC', 'Asia/Kolkata', 'America/New_York', 'America/St_Johns', 'Australia/Lord_Howe', 'Europe/London'];
  const moments = fc.integer({ min: ms('1990-01-01T00:00:00Z'), max: ms('2037-01-01T00:00:00Z') });
  fc.assert(
    fc.property(fc.constantFrom(...zones), moments, (zone, moment) => {
      const words = timeWords(moment, timeZoneOf(zone));
      expect(browser.clockTime(moment, 'seconds', zone)).toBe(words);
      expect(browser.clockTime(moment, 'minutes', zone)).toBe(words.replace(/:\d\d UTC/, ' UTC'));
    }),
    { numRuns: 200 },
  );
  expect(browser.clockTime(at, 'seconds', 'Atlantis/Capital')).toBe('20:30:07 UTC');
});
