import { expect, test } from 'vitest';
import { applyChange, badCases, flipBit } from './bad-cases.ts';
import { loadVectors } from './vectors.ts';

const vectors = loadVectors();

test('every bad case can be made and differs from the good part, or stands beside it', () => {
  const cases = badCases('');
  expect(cases.length).toBeGreaterThan(150);
  for (const badCase of cases) {
    const part = applyChange(vectors, badCase);
    if (badCase.change.length > 0) expect(part.value, badCase.name).not.toEqual(vectors.at(badCase.base).value);
  }
});

test('a flip inverts the bit that is named, counted from the least significant', () => {
  expect(flipBit(Uint8Array.of(0, 0), 9)).toEqual(Uint8Array.of(0, 2));
});
