import { expect, test } from 'vitest';
import { datesInWords } from '../../../node/web/pages/referrals/dates-in-words.ts';

test.each([
  ['1979-03-14', '14-Mar-1979'],
  ['since 2019-04', 'since Apr-2019'],
  ['2026-01-01 to 2030-12-31', '01-Jan-2026 to 31-Dec-2030'],
  ['active; 2026-11-22T12:00:55+00:00', 'active; 22-Nov-2026 12:00 UTC'],
  ['2026-11-22T12:00:55.123Z', '22-Nov-2026 12:00 UTC'],
  ['2026-11-22T12:00+03:00', '22-Nov-2026 12:00 UTC+03:00'],
])('%s is read as %s', (written, read) => {
  expect(datesInWords(written)).toBe(read);
});

test.each(['MRN 1979-03-14-7', 'seen 1979-03-14 at home', 'T2026-11-22', '12/11/2026', 'RR 160/95'])(
  'a person’s own text stays as it is: %s',
  (text) => {
    expect(datesInWords(text)).toBe(text);
  },
);
