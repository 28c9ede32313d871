import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeZoneNames } from '../../../node/alerts/time-zone-names.ts';
import { findTimeZone, timeZoneOf, timeZoneRule, utc } from '../../../node/alerts/time-zone.ts';

const zones = ['UTC', 'Asia/Kolkata', 'America/New_York', 'America/St_Johns', 'Africa/Monrovia', 'Australia/Lord_Howe'];
const ms = (iso: string): number => Date.parse(iso);

test.each([
  ['UTC', '2026-11-22T15:23:07Z', '2026-11-22T15:23:07.000', 'UTC'],
  ['Asia/Kolkata', '2026-11-22T15:23:07Z', '2026-11-22T20:53:07.000', 'UTC+05:30'],
  ['Asia/Kathmandu', '2026-11-22T18:20:00.250Z', '2026-11-23T00:05:00.250', 'UTC+05:45'],
  ['America/New_York', '2026-11-22T03:00:00Z', '2026-11-21T22:00:00.000', 'UTC-05:00'],
  ['America/New_York', '2026-07-01T03:00:00Z', '2026-06-30T23:00:00.000', 'UTC-04:00'],
  ['America/St_Johns', '2026-01-01T00:00:00Z', '2025-12-31T20:30:00.000', 'UTC-03:30'],
  ['Europe/London', '2026-11-22T15:23:07Z', '2026-11-22T15:23:07.000', 'UTC'],
  ['Europe/London', '2026-07-01T12:00:00Z', '2026-07-01T13:00:00.000', 'UTC+01:00'],
  ['Pacific/Kiritimati', '2026-11-22T15:00:00Z', '2026-11-23T05:00:00.000', 'UTC+14:00'],
  ['Africa/Monrovia', '1970-06-01T12:00:00Z', '1970-06-01T11:15:30.000', 'UTC-00:44:30'],
  ['Asia/Kolkata', '1850-01-01T00:00:00Z', '1850-01-01T05:53:28.000', 'UTC+05:53:28'],
])('the clock in %s at %s shows %s, at %s', (name, at, wall, offset) => {
  const zone = timeZoneOf(name);
  expect(zone.wallOf(ms(at))).toBe(wall);
  expect(zone.offsetOf(ms(at))).toBe(offset);
});

test.each([
  ['as a rule once', 'Asia/Kolkata', '2026-11-22T20:53:00', ['2026-11-22T15:23:00Z']],
  ['before the hour that is left out', 'America/New_York', '2026-03-08T01:59:59.999', ['2026-03-08T06:59:59.999Z']],
  ['not in the hour that is left out', 'America/New_York', '2026-03-08T02:00:00', []],
  ['not at its end', 'America/New_York', '2026-03-08T02:59:59.999', []],
  ['after it', 'America/New_York', '2026-03-08T03:00:00', ['2026-03-08T07:00:00Z']],
  ['once before what comes twice', 'America/New_York', '2026-11-01T00:59:59', ['2026-11-01T04:59:59Z']],
  ['twice', 'America/New_York', '2026-11-01T01:00:00', ['2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z']],
  ['twice to its end', 'America/New_York', '2026-11-01T01:59:59', ['2026-11-01T05:59:59Z', '2026-11-01T06:59:59Z']],
  ['once after it', 'America/New_York', '2026-11-01T02:00:00', ['2026-11-01T07:00:00Z']],
  [
    'twice in half an hour',
    'Australia/Lord_Howe',
    '2026-04-05T01:45:00',
    ['2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z'],
  ],
  ['not on a day that is left out', 'Pacific/Apia', '2011-12-30T12:00:00', []],
])('a clock shows a time %s', (_, name, wall, moments) => {
  expect(timeZoneOf(name).instantsOf(wall)).toEqual(moments.map(ms));
});

test('a time that is left out is shown as much later', () => {
  expect(timeZoneOf('America/New_York').insteadOf('2026-03-08T02:30:00')).toBe('2026-03-08T03:30:00.000');
});

test('whatever the moment and the place, what the clock shows names that moment again', () => {
  const moments = fc.integer({ min: ms('1850-01-01T00:00:00Z'), max: ms('2100-01-01T00:00:00Z') });
  fc.assert(
    fc.property(fc.constantFrom(...zones), moments, (name, at) => {
      const zone = timeZoneOf(name);
      const found = zone.instantsOf(zone.wallOf(at));
      expect(found).toContain(at);
      expect(new Set(found.map((one) => zone.offsetOf(one))).size).toBe(found.length);
    }),
    { numRuns: 300 },
  );
});

test('only places where clocks are set tell that they will be', () => {
  const now = ms('2026-11-22T00:00:00Z');
  const changing = zones.filter((name) => timeZoneOf(name).changesAfter(now));
  expect(changing).toEqual(['America/New_York', 'America/St_Johns', 'Australia/Lord_Howe']);
});

describe('the name of a zone', () => {
  test.each([
    ['as it is spelt', 'Asia/Kolkata', 'Asia/Kolkata'],
    ['as it was spelt once', 'Asia/Calcutta', 'Asia/Calcutta'],
    ['in other case, with blanks', ' america/new york ', 'America/New_York'],
    ['in three parts', 'America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['of no offset', 'utc', 'UTC'],
  ])('%s is understood', (_, given, value) => {
    expect(timeZoneRule(given)).toEqual({ value });
  });

  test.each([
    ['of no place', 'Asia/Mumbai'],
    ['of a bare offset, which knows no summer time', '+05:30'],
    ['of letters that people use for several zones', 'IST'],
    ['with a path', '../UTC'],
    ['with a line break', 'Asia/Kol\nkata'],
    ['that is empty', ''],
  ])('%s is refused', (_, given) => {
    const judged = timeZoneRule(given);
    expect('fault' in judged ? judged.fault : 'it was understood').toContain('such as Asia/Kolkata');
  });

  test('that this Node knows no more is UTC, which every time then says', () => {
    expect(timeZoneOf('Atlantis/Capital')).toBe(utc);
  });
});

test('the list proposes names that are in use today, each of which is understood', () => {
  const names = timeZoneNames();
  expect(names).toEqual(expect.arrayContaining(['UTC', 'Asia/Kolkata', 'Europe/Kyiv', 'America/New_York']));
  for (const old of ['Asia/Calcutta', 'Europe/Kiev']) expect(names).not.toContain(old);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => findTimeZone(name)?.name !== name)).toEqual([]);
});
