import { describe, expect, test } from 'vitest';
import { bytesWords, shown } from '../../../node/web/components/text.tsx';

describe('text that somebody else wrote', () => {
  test.each([
    ['Persian with a non-joiner', '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645'],
    ['Malayalam with a joiner', '\u0D28\u0D4D\u200D'],
    ['Sinhala with a joiner', '\u0DC1\u0DCA\u200D\u0DBB\u0DD3'],
    ['a family of emoji', '\u{1F469}\u200D\u{1F469}\u{1F3FD}\u200D\u{1F466}'],
    ['lines and a tab', 'one\r\ntwo\nthree\tfour'],
  ])('is shown as it was written: %s', (_, text) => {
    expect(shown(text)).toBe(text);
  });

  test.each([
    ['Sha\u200Crma', 'Sha⟨U+200C⟩rma'],
    ['Ива\u200Dнов', 'Ива⟨U+200D⟩нов'],
    ['\u200D', '⟨U+200D⟩'],
    ['1\u200C2', '1⟨U+200C⟩2'],
    ['\u0645\u200C\u200C\u062E', '\u0645\u200C⟨U+200C⟩\u062E'],
    ['a\rb', 'a⟨U+000D⟩b'],
    ['safe\u202Etxt.exe', 'safe⟨U+202E⟩txt.exe'],
    ['zero\u200Bwidth\u0000\uD800', 'zero⟨U+200B⟩width⟨U+0000⟩\uFFFD'],
  ])('shows instead of obeying what would hide or turn: %j', (text, marked) => {
    expect(shown(text)).toBe(marked);
  });
});

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_000, '1.0 kB'],
])('%i bytes are told as %s', (bytes, words) => {
  expect(bytesWords(bytes)).toBe(words);
});
