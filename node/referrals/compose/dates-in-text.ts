import type { Instant } from '../../../protocol/instant.ts';
import { isDate } from './values.ts';

/** The last thing in a line, perhaps in brackets: `Tetanus 2021`, `Knee replacement (2022-03)`. */
const trailingForm = /(?:^|[\s,(])((?:19|20)\d{2}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?)\)?\.?\s*$/;
const sinceForm = /\bsince ((?:19|20)\d{2}(?:-(?:0[1-9]|1[0-2]))?)\b(?!-)/i;
const yearForm = /(?<!\d)(?:19|20)\d{2}(?!\d)/g;

/** The date that ends a line, when it is the only year in it and lies within the patient's life; otherwise undefined. */
export function trailingDate(text: string, birthDate: string | undefined, now: Instant): string | undefined {
  return within(trailingForm.exec(text)?.[1], text, birthDate, now);
}

/** The year or month of `since 2019`, under the same conditions. */
export function onsetSince(text: string, birthDate: string | undefined, now: Instant): string | undefined {
  return within(sinceForm.exec(text)?.[1], text, birthDate, now);
}

/** `Dose 2000` and `Room 2010` cannot be told from a year; a second year, or one outside the life, shows that it is none. */
function within(
  date: string | undefined,
  text: string,
  birthDate: string | undefined,
  now: Instant,
): string | undefined {
  if (date === undefined || [...text.matchAll(yearForm)].length !== 1) return undefined;
  const today = new Date(now).toISOString().slice(0, date.length);
  if (date > today || (birthDate !== undefined && date.slice(0, 4) < birthDate.slice(0, 4))) return undefined;
  return isDate(date) ? date : undefined;
}
