import type { PatientDetails } from '../../../records/model.ts';
import { matchingForm, matchingWords } from '../../../records/normalise.ts';

/** A letter alone is an initial or a word of its own; leaving it out everywhere would leave nothing to read. */
const nameLettersMin = 2;
const nameMark = '(name)';
const numberMark = '(number)';

/**
 * A reason as people read it who see no patients: without this patient's names and numbers, however they are written. It
 * takes away whole words, so a name that is a word as well goes too.
 */
export function withoutNames(reason: string, details: PatientDetails): string {
  const { familyName, givenNames, nameNative, csvId, mrn, nationalId, phone } = details;
  const told = [familyName, givenNames, nameNative].filter((name) => name !== undefined);
  const words = new Set(told.flatMap(matchingWords).filter((word) => [...word].length >= nameLettersMin));
  const numbers = [csvId, mrn, nationalId, phone].filter((one) => one !== undefined && one !== '');
  const unnumbered = numbers.reduce<string>((text, number) => replaced(text, number, numberMark), reason);
  return told
    .reduce<string>((text, name) => replaced(text, name, nameMark), unnumbered)
    .replaceAll(/[\p{L}\p{M}\p{N}]+/gu, (word) => (words.has(matchingForm(word)) ? nameMark : word));
}

/** As it stands, between anything but letters and digits. */
function replaced(text: string, part: string | undefined, mark: string): string {
  if (part === undefined || part.trim() === '') return text;
  const form = new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(part.trim())}(?![\\p{L}\\p{N}])`, 'giu');
  return text.replaceAll(form, mark);
}
