import { prefixLettersMin } from '../../../records/limits.ts';
import { matchingWords } from '../../../records/normalise.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const shownDate = /\b(\d{1,2})-([a-z]{3})-(\d{4})\b/gi;
/** Names of these scripts are whole in one or two letters. */
const wholeInFew = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]+$/u;

/** Birth dates as pages show them become dates as the index knows them: 14-Mar-1979 is 1979-03-14. */
export function isoDates(query: string): string {
  return query.replaceAll(shownDate, (text, day: string, month: string, year: string) => {
    const at = months.indexOf(month.toLowerCase());
    return at === -1 ? text : `${year}-${String(at + 1).padStart(2, '0')}-${day.padStart(2, '0')}`;
  });
}

/** Words of letters that are too short to be the beginning of a name. */
export function shortWordsOf(query: string): readonly string[] {
  return query
    .split(/\s+/)
    .filter((token) => !/\p{N}/u.test(token))
    .flatMap((token) => [...matchingWords(token)])
    .filter((word) => [...word].length < prefixLettersMin && !wholeInFew.test(word));
}
