import { expect, test } from 'vitest';
import { defaultPeerLimits, openQuotas } from '../../../node/api/quota.ts';
import { manualClock } from '../../support/manual-clock.ts';

const dayMs = 24 * 3_600_000;

test('each peer has its day of bytes and leaves, n and not one more, and a new one with time', () => {
  const clock = manualClock();
  const quotas = openQuotas(clock, { ...defaultPeerLimits, bytesPerDay: 1000, leavesPerDay: 2 });
  expect(quotas.takeBytes('birch.example', 1001)).toBe(false);
  expect(quotas.takeBytes('birch.example', 1000)).toBe(true);
  expect(quotas.takeBytes('birch.example', 1)).toBe(false);
  expect(quotas.takeBytes('cedar.example', 1000)).toBe(true);
  expect([1, 2, 3].map(() => quotas.takeLeaf('birch.example'))).toEqual([true, true, false]);
  clock.advance(dayMs / 2);
  expect([1, 2].map(() => quotas.takeLeaf('birch.example'))).toEqual([true, false]);
  expect(quotas.takeBytes('birch.example', 500)).toBe(true);
});

test('the administrator allows one peer more, or less, than the others', () => {
  const quotas = openQuotas(
    manualClock(),
    { ...defaultPeerLimits, bytesPerDay: 1000, leavesPerDay: 1 },
    { 'birch.example': { bytesADay: 5000, leavesADay: 3 }, 'cedar.example': { bytesADay: 10 } },
  );
  expect([5000, 1].map((bytes) => quotas.takeBytes('birch.example', bytes))).toEqual([true, false]);
  expect([1, 2, 3, 4].map(() => quotas.takeLeaf('birch.example'))).toEqual([true, true, true, false]);
  expect([11, 10].map((bytes) => quotas.takeBytes('cedar.example', bytes))).toEqual([false, true]);
  expect([1, 2].map(() => quotas.takeLeaf('cedar.example'))).toEqual([true, false]);
  expect([1001, 1000].map((bytes) => quotas.takeBytes('elm.example', bytes))).toEqual([false, true]);
});

test('requests of a second and at once end where they end, and room comes back', () => {
  const clock = manualClock();
  const quotas = openQuotas(clock, { ...defaultPeerLimits, requestsPerSecond: 3, requestsAtOnce: 2 });
  const [one, two, three] = [1, 2, 3].map(() => quotas.begin('birch.example'));
  expect([one, two, three].map((end) => end !== undefined)).toEqual([true, true, false]);
  one?.();
  const again = quotas.begin('birch.example');
  expect(again).toBeDefined();
  again?.();
  expect(quotas.begin('birch.example')).toBeUndefined();
  clock.advance(1000);
  expect(quotas.begin('birch.example')).toBeDefined();
});
