import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StorageSample } from '../../../node/blobs/storage-samples.ts';
import {
  forecastDaysMin,
  forecastSpace,
  forecastWords,
  judgeForecast,
  roomMadeBytesMin,
  type SpaceForecast,
} from '../../../node/operations/space-forecast.ts';

const GiB = 1024 ** 3;
const today = 20_000;

/** Free space of the last days, the last of them now; the node's own files grow by a quarter of what is lost. */
function history(free: readonly number[]): readonly StorageSample[] {
  const first = free[0] ?? 0;
  return free.map((freeBytes, i) => ({
    day: today - free.length + 1 + i,
    freeBytes,
    usedBytes: (first - freeBytes) / 4,
  }));
}

function forecast(free: readonly number[]): SpaceForecast {
  const samples = history(free);
  return forecastSpace(samples, samples.at(-1) ?? { day: today, freeBytes: 0 });
}

const falling = (from: number, aDay: number, days: number): number[] =>
  Array.from({ length: days + 1 }, (_, i) => from - aDay * i);
const counts = (min: number, max: number) => fc.integer({ min, max });

describe('the forecast', () => {
  test('of a steady fall is its pace, from now on', () => {
    fc.assert(
      fc.property(counts(forecastDaysMin, 30), counts(1, 4), counts(200, 5_000), (days, aDay, from) => {
        expect(forecast(falling(from * GiB, aDay * GiB, days))).toEqual({
          state: 'shrinking',
          days,
          daysLeft: (from - aDay * days) / aDay,
          bytesADay: aDay * GiB,
          ownBytesADay: (aDay * GiB) / 4,
        });
      }),
    );
  });

  test('is not moved by one day out of the usual', () => {
    fc.assert(
      fc.property(counts(8, 30), fc.nat(), counts(0, 1_000), (days, at, other) => {
        const free = falling(1_000 * GiB, 2 * GiB, days);
        const shaken = free.with(1 + (at % (days - 1)), Math.min(other, 900) * GiB);
        const before = forecast(free);
        const after = forecast(shaken);
        expect(after).toMatchObject({ state: 'shrinking', days, bytesADay: 2 * GiB });
        expect(after).toMatchObject({ daysLeft: before.state === 'shrinking' ? before.daysLeft : 0 });
      }),
    );
  });

  test('begins anew where somebody made room', () => {
    fc.assert(
      fc.property(fc.array(counts(0, 400), { minLength: 1, maxLength: 15 }), counts(0, 14), (before, days) => {
        const after = falling(500 * GiB, GiB, days);
        expect(forecast([...before.map((free) => free * GiB), ...after])).toEqual(forecast(after));
      }),
    );
  });

  test.each([
    ['a rise of a GiB on a small disk is none of the kind', roomMadeBytesMin, 7],
    ['a byte more is', roomMadeBytesMin + 1, 3],
  ])('%s', (_, rise, days) => {
    const lowest = 2 * GiB;
    expect(forecast([lowest, lowest, lowest, lowest, ...[0, 0, 0, 0].map(() => lowest + rise)]).days).toBe(days);
  });

  test('knows neither order, nor the future, nor more than thirty days, and never says what is no number', () => {
    const sample = fc.record({
      day: counts(today - 90, today + 5),
      freeBytes: fc.maxSafeNat(),
      usedBytes: fc.maxSafeNat(),
    });
    const kept = fc.uniqueArray(sample, { maxLength: 90, selector: ({ day }) => day });
    fc.assert(
      fc.property(kept, fc.maxSafeNat(), (samples, freeBytes) => {
        const now = { day: today, freeBytes };
        const found = forecastSpace(samples, now);
        const lookedAt = samples.filter(({ day }) => day >= today - 30 && day <= today);
        expect(forecastSpace(lookedAt.toReversed(), now)).toEqual(found);
        expect(found.days).toBeLessThanOrEqual(30);
        if (found.state !== 'shrinking') return;
        expect(found.daysLeft).toBeGreaterThanOrEqual(0);
        expect(found.bytesADay).toBeGreaterThan(0);
        expect(forecastWords(found)).not.toMatch(/NaN|Infinity|undefined|-\d/);
      }),
    );
  });

  test.each([
    ['one day short of enough', forecastDaysMin - 1, 'early'],
    ['enough', forecastDaysMin, 'shrinking'],
  ])('after %s is said so', (_, days, state) => {
    expect(forecast(falling(100 * GiB, GiB, days)).state).toBe(state);
  });
});

const shrinking = (daysLeft: number): SpaceForecast => ({
  state: 'shrinking',
  days: 12,
  daysLeft,
  bytesADay: 2 * GiB,
  ownBytesADay: GiB / 2,
});
const pace = '2.0 GiB less free each day, 512.0 MiB of it this node’s'.replace('’', "'");

describe('its words', () => {
  test.each([
    [0, 'within a day'],
    [1.9, 'in about 1 day'],
    [60, 'in about 60 days'],
    [213, 'in about 7 months'],
    [1_000, 'in about 3 years'],
    [5 * 365, 'in about 5 years'],
    [5 * 365 + 1, 'in more than five years'],
  ])('of %d days are "%s"', (daysLeft, when) => {
    expect(forecastWords(shrinking(daysLeft))).toBe(
      `at the pace of the last 12 days the disk is full ${when}: ${pace}`,
    );
  });

  test.each([
    [{ state: 'early', days: 0 }, 'too early to say when the disk is full: measured since today'],
    [{ state: 'early', days: 1 }, 'too early to say when the disk is full: measured since yesterday'],
    [{ state: 'early', days: 2 }, 'too early to say when the disk is full: measured since 2 days ago'],
    [{ state: 'steady', days: 9 }, 'free space did not shrink in the last 9 days'],
  ] satisfies readonly (readonly [SpaceForecast, string])[])(
    'of $state after $days days promise nothing',
    (of, words) => {
      expect(forecastWords(of)).toBe(words);
    },
  );

  test.each([
    [7, 'fail'],
    [7.01, 'warn'],
    [30, 'warn'],
    [30.01, 'ok'],
  ])('a disk that is full in %d days is judged "%s"', (daysLeft, state) => {
    expect(judgeForecast(shrinking(daysLeft)).state).toBe(state);
  });
});
