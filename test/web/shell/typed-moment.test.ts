import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeZoneOf } from '../../../node/alerts/time-zone.ts';
import {
  momentField,
  momentFieldMax,
  momentHint,
  readMoment,
  twiceWords,
} from '../../../node/web/components/typed-moment.ts';
import { instantOfMs, type Instant } from '../../../protocol/instant.ts';

const zones = ['UTC', 'Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Monrovia', 'Europe/Amsterdam'];
const at = (iso: string): Instant => instantOfMs(Date.parse(iso));
const newYork = timeZoneOf('America/New_York');

test('whatever the moment and the place, what a field holds is read as the same moment', () => {
  const moments = fc.integer({ min: Date.UTC(1900, 0, 2), max: Date.UTC(2100, 0, 1) });
  const whole = moments.map((ms) => ms - (ms % 60_000));
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.oneof(moments, whole), (name, ms) => {
      const zone = timeZoneOf(name);
      const field = momentField(instantOfMs(ms), zone);
      expect(field.length).toBeLessThanOrEqual(momentFieldMax);
      expect(readMoment(field, zone)).toEqual({ at: ms });
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['to the minute', 'Asia/Kolkata', '2026-11-22T15:23:00Z', '2026-11-22 20:53'],
  ['with its seconds, where it has some', 'Asia/Kolkata', '2026-11-22T15:23:07Z', '2026-11-22 20:53:07'],
  ['with its milliseconds', 'UTC', '2026-11-22T15:23:07.040Z', '2026-11-22 15:23:07.040'],
  ['with the offset, the first time', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01 01:30 UTC-04:00'],
  ['with the offset, the second time', 'America/New_York', '2026-11-01T06:30:00Z', '2026-11-01 01:30 UTC-05:00'],
  ['at an offset with seconds', 'Africa/Monrovia', '1970-06-01T12:00:00Z', '1970-06-01 11:15:30'],
])('a field holds a moment %s', (_, name, iso, field) => {
  expect(momentField(at(iso), timeZoneOf(name))).toBe(field);
});

test.each([
  ['by the clock of the place', 'Asia/Kolkata', '2026-11-22 20:53', '2026-11-22T15:23:00Z'],
  ['with a T', 'Asia/Kolkata', '2026-11-22T20:53', '2026-11-22T15:23:00Z'],
  ['in winter', 'America/New_York', '2026-01-15 08:00', '2026-01-15T13:00:00Z'],
  ['in summer', 'America/New_York', '2026-07-15 08:00', '2026-07-15T12:00:00Z'],
  ['with the right offset', 'America/New_York', '2026-07-15 08:00 UTC-04:00', '2026-07-15T12:00:00Z'],
  ['with a minus as printers set it', 'America/New_York', '2026-07-15 08:00 \u221204:00', '2026-07-15T12:00:00Z'],
  ['with an offset that stands close', 'Asia/Kolkata', '2026-11-22 20:53+05:30', '2026-11-22T15:23:00Z'],
  ['with UTC where that is the clock', 'UTC', '2026-11-22 15:23 utc', '2026-11-22T15:23:00Z'],
  ['with an offset of nothing', 'Europe/London', '2026-11-22 15:23 +00:00', '2026-11-22T15:23:00Z'],
  ['twice: the first is taken', 'America/New_York', '2026-11-01 01:30', '2026-11-01T05:30:00Z'],
  ['twice: the second is written', 'America/New_York', '2026-11-01 01:30 -05:00', '2026-11-01T06:30:00Z'],
  ['at the first moment that is taken', 'UTC', '1900-01-01 00:00', '1900-01-01T00:00:00Z'],
])('a time typed %s is read', (_, name, text, iso) => {
  expect(readMoment(text, timeZoneOf(name))).toEqual({ at: at(iso) });
});

test.each([
  ['in another order', '22/11/2026 09:30', 'Write the date and time as 2026-11-22 09:30'],
  ['of a day that does not exist', '2026-02-30 09:30', 'Write the date and time as'],
  ['of an hour that does not exist', '2026-02-03 24:30', 'Write the date and time as'],
  ['before 1900', '1899-12-31 18:59', 'Write the date and time as'],
  ['of nothing', '', 'Write the date and time as'],
  ['that was left out', '2026-03-08 02:30', 'On 08-Mar-2026 no clock here showed 02:30'],
  ['that was left out, with what to type', '2026-03-08 02:30', 'such as 2026-03-08 03:30'],
  [
    'with the offset of winter in summer',
    '2026-07-15 08:00 UTC-05:00',
    'stood at UTC-04:00 then, not at UTC-05:00. Write',
  ],
  ['with the offset of another place', '2026-11-01 01:30 +05:30', 'at UTC-04:00 or UTC-05:00 then, not at UTC+05:30'],
  ['in UTC elsewhere', '2026-11-22 15:23 UTC', 'stood at UTC-05:00 then, not at UTC. Write the time that it showed'],
])('a time typed %s is refused, and the words say what to type', (_, text, words) => {
  const read = readMoment(text, newYork);
  expect('fault' in read ? read.fault : 'it was read').toContain(words);
});

describe('the hint names the clock', () => {
  const now = at('2026-11-22T15:23:00Z');
  test.each([
    ['UTC', 'UTC', 'YYYY-MM-DD HH:MM in UTC'],
    ['Asia/Kolkata', 'Asia/Kolkata', 'YYYY-MM-DD HH:MM, hospital time, UTC+05:30'],
    ['America/New_York', 'America/New_York', 'YYYY-MM-DD HH:MM, hospital time, now UTC-05:00'],
    ['UTC', 'Asia/Kolkata', 'YYYY-MM-DD HH:MM by the clock of UTC, as when this was begun'],
  ])('of a form begun in %s where the hospital is in %s', (zone, own, hint) => {
    expect(momentHint(timeZoneOf(zone), timeZoneOf(own), now)).toBe(hint);
  });
});

test.each([
  ['is the first', '2026-11-01T05:30:00Z', /This is the first; the other is 01-Nov-2026 01:30 UTC-05:00/],
  ['is the second', '2026-11-01T06:30:00Z', /This is the second; the other is 01-Nov-2026 01:30 UTC-04:00/],
])('a time that was shown twice says that it %s', (_, iso, words) => {
  expect(twiceWords(at(iso), newYork)).toMatch(words);
});

test('a time that was shown once says nothing', () => {
  expect(twiceWords(at('2026-11-01T07:30:00Z'), newYork)).toBeUndefined();
});
