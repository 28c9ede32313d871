import { expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { openPeerClocks, skewWords } from '../../../node/peers/peer-clocks.ts';

const at = instantOfMs;

test.each([
  ['the same second', 100_000, 100_400, 100_600, 'agrees'],
  ['a slow way', 100_000, 98_000, 103_000, 'agrees'],
  ['ahead', 130_000, 100_000, 100_100, '30 s ahead'],
  ['behind', 80_000, 100_000, 100_100, '19 s behind'],
])('a clock that is %s', (_, theirs, asked, answered, words) => {
  const clocks = openPeerClocks();
  clocks.note('https://birch.example', theirs, at(asked), at(answered));
  const reading = clocks.find('https://birch.example');
  expect(reading === undefined ? '' : skewWords(reading)).toBe(words);
});

test('an answer without a time tells nothing', () => {
  const clocks = openPeerClocks();
  clocks.note('https://birch.example', Number.NaN, at(0), at(1));
  expect(clocks.find('https://birch.example')).toBeUndefined();
});
