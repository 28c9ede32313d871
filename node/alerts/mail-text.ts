import type { Instant } from '../../protocol/instant.ts';
import type { FieldRule } from './fields.ts';
import type { TimeZone } from './time-zone.ts';

/** Everything that a mail to the police may say (Node §8 rule 3): no name, no diagnosis, no attachment. */
export interface AlertFacts {
  readonly caseNumber: string;
  readonly hospital: string;
  readonly callBackNumber: string;
  readonly at: Instant;
  /** By whose clock the time is told: the police is in the same country. */
  readonly zone: TimeZone;
}

export interface AlertMailText {
  readonly subject: string;
  readonly text: string;
}

const caseNumberLettersMax = 40;
const caseNumberForm = /^[A-Za-z0-9](?:[A-Za-z0-9 ./-]*[A-Za-z0-9])?$/;
const shortWordLetters = 3;
const wordForm = /\p{L}{3,}/gu;
/** Identifiers, telephone numbers, dates of birth: six digits and more, however they are parted. */
const numberForm = /[0-9](?:[ ./-]?[0-9]){5,}/g;

/** A number that names a case and nobody in it: ASCII, at least one digit. */
export const caseNumberRule: FieldRule = (given) => {
  const value = given.trim();
  if (value.length <= caseNumberLettersMax && caseNumberForm.test(value) && /[0-9]/.test(value)) return { value };
  return {
    fault: `must be letters, digits, spaces and . / - with a digit among them, at most ${caseNumberLettersMax}`,
  };
};

/**
 * Whether a name, a clinical word or a number of the record stands in the case number, however it is spaced or cased: it
 * would leave the hospital in the mail. Words of three letters count when they stand alone.
 */
export function holdsPartOf(caseNumber: string, recordTexts: readonly string[]): boolean {
  const letters = plain(caseNumber).replaceAll(/\P{L}/gu, '');
  const alone = new Set(wordsOf(caseNumber));
  const digits = caseNumber.replaceAll(/[^0-9]/g, '');
  return recordTexts.some(
    (text) =>
      wordsOf(text).some((word) => alone.has(word) || (word.length > shortWordLetters && letters.includes(word))) ||
      (text.match(numberForm) ?? []).some((number) => digits.includes(number.replaceAll(/[^0-9]/g, ''))),
  );
}

/** The whole mail, the same for the same facts. Lines end in LF; the mail's own line ends are the transport's matter. */
export function writeAlertMail({ caseNumber, hospital, callBackNumber, at, zone }: AlertFacts): AlertMailText {
  return {
    subject: `Police case ${caseNumber}: please call ${hospital}`,
    text: [
      `Case number: ${caseNumber}`,
      `Hospital: ${hospital}`,
      `Please call: ${callBackNumber}`,
      `Time: ${zone.wallOf(at).slice(0, 19).replace('T', ' ')} ${zone.offsetOf(at)}`,
      '',
    ].join('\n'),
  };
}

function wordsOf(text: string): readonly string[] {
  return plain(text).match(wordForm) ?? [];
}

function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
