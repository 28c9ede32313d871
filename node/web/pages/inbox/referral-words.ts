import { spanWords, type NameParts } from '../../components/text.tsx';

/** The parts of a name as a referral's summary spells it: `Family, Given`, or in its own script alone. */
export function nameParts(name: string): NameParts {
  const [familyName = '', ...given] = name.split(', ');
  return given.length === 0 ? { nameNative: name } : { familyName, givenNames: given.join(', ') };
}

/** A line on a desk's screen and five on a telephone; whoever wants the rest opens the referral. */
export const beginningLettersMax = 160;

/** The beginning of what somebody wrote, where a list has no room for all of it. */
export function beginningOf(text: string): string {
  if (text.length <= beginningLettersMax) return text;
  // Half of a letter of two units is none.
  return `${text.slice(0, beginningLettersMax).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** `due in 5 h`, `overdue for 2 d`. */
export function dueWords(dueAt: number, now: number): { readonly text: string; readonly isOverdue: boolean } {
  const isOverdue = dueAt < now;
  return { text: isOverdue ? `overdue for ${spanWords(now - dueAt)}` : `due in ${spanWords(dueAt - now)}`, isOverdue };
}

/** `just now`, `5 min ago`. */
export function agoWords(at: number, now: number): string {
  return now - at < 60_000 ? 'just now' : `${spanWords(now - at)} ago`;
}
