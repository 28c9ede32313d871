import { expect, test } from 'vitest';
import { bytesText } from '../../../node/operations/bytes-text.ts';
import { fieldLines, shown, tableLines } from '../../../node/cli/text.ts';

test.each([
  ['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
  ['a new line', 'one\ntwo', 'one\\u{a}two'],
  ['a turn of direction', 'a\u202Eb', 'a\\u{202e}b'],
  ['letters of any script', 'Żółć ኢትዮጵያ', 'Żółć ኢትዮጵያ'],
])('text with %s cannot steer the terminal', (_, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('columns stand under their headers', () => {
  expect(
    tableLines(
      ['id', 'name'],
      [
        ['1', 'Ā'],
        ['100', ''],
      ],
    ),
  ).toEqual(['id   name', '1    Ā', '100']);
});

test('a field that says nothing is left out', () => {
  expect(fieldLines({ a: '1', longer: '2', empty: '' })).toEqual(['a:      1', 'longer: 2']);
});

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1.0 KiB'],
  [1024 ** 3, '1.0 GiB'],
])('%d bytes are %s', (count, words) => {
  expect(bytesText(count)).toBe(words);
});
