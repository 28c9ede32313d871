import { formatInstant, type Instant } from '../../protocol/instant.ts';
import type { FieldRule } from './fields.ts';

/** Everything that a mail to the police may say (Node §8 rule 3): no name, no diagnosis, no attachment. */
export interface AlertFacts {
  readonly caseNumber: string;
  readonly hospital: string;
  readonly callBackNumber: string;
  readonly at: Instant;
}

export interface AlertMailText {
  readonly subject: string;
  readonly text: string;
}

const caseNumberLettersMax = 40;
const caseNumberForm = /^[A-Za-z0-9](?:[A-Za-z0-9 ./-]*[A-Za-z0-9])?$/;
const lettersForm = /\p{L}{3,}/gu;

/** A number that names a case and nobody in it: ASCII, at least one digit. */
export const caseNumberRule: FieldRule = (given) => {
  const value = given.trim();
  if (value.length <= caseNumberLettersMax && caseNumberForm.test(value) && /[0-9]/.test(value)) return { value };
  return {
    fault: `must be letters, digits, spaces and . / - with a digit among them, at most ${caseNumberLettersMax}`,
  };
};

/** Whether a word of the record stands in the case number: a name would leave the hospital in it. */
export function holdsWordOf(caseNumber: string, recordTexts: readonly string[]): boolean {
  const words = new Set(recordTexts.flatMap((text) => wordsOf(text)));
  return wordsOf(caseNumber).some((word) => words.has(word));
}

/** The whole mail, the same for the same facts. Lines end in LF; the mail's own line ends are the transport's matter. */
export function writeAlertMail({ caseNumber, hospital, callBackNumber, at }: AlertFacts): AlertMailText {
  return {
    subject: `Police case ${caseNumber}: please call ${hospital}`,
    text: [
      `Case number: ${caseNumber}`,
      `Hospital: ${hospital}`,
      `Please call: ${callBackNumber}`,
      `Time: ${formatInstant(at).replace('T', ' ').replace('Z', ' UTC')}`,
      '',
    ].join('\n'),
  };
}

function wordsOf(text: string): readonly string[] {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().match(lettersForm) ?? [];
}
