import { isMailAddress } from '../platform/mail.ts';

/** What is wrong with one field of a form or one cell of a CSV file; the message never quotes what was typed. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** Gives back the value in its one spelling, or says what was expected. */
export type FieldRule = (text: string) => { readonly value: string } | { readonly fault: string };

/**
 * CR, LF and every other control, line and paragraph separators, and the comma, which adds a recipient in an address list
 * (Node §8 rule 1, Node §1 F8): in no field that comes near a mail.
 */
const mailBreaking = /[\p{Cc}\p{Zl}\p{Zp},\uFF0C\uFE50]/u;
/** Characters that nobody sees, bidi controls among them: two different fields would look the same. */
const invisible = /\p{Cf}/u;
const telephoneForm = /^\+?[0-9](?:[0-9 ()./-]{0,28}[0-9])?$/;
const telephoneDigitsMin = 3;
const degreesForm = /^-?[0-9]{1,3}(?:\.[0-9]{1,7})?$/;
const wholeForm = /^[1-9][0-9]{0,5}$/;

/** One line of text that is safe in and near a mail. */
export function lineRule(lettersMax: number): FieldRule {
  return (given) => {
    const value = given.normalize('NFC').trim();
    if (mailBreaking.test(value)) return { fault: 'may not hold a comma, a line break or a control character' };
    if (invisible.test(value) || !value.isWellFormed()) return { fault: 'holds a character that nobody can see' };
    if (value.length > lettersMax) return { fault: `may have at most ${lettersMax} letters` };
    return { value };
  };
}

/** One plain mail address: no name, no list, no quoting (`isMailAddress`). */
export const mailAddressRule: FieldRule = (given) =>
  isMailAddress(given.trim())
    ? { value: given.trim() }
    : { fault: 'must be one plain address such as desk@station.example' };

/** A number that a person can dial. */
export const telephoneRule: FieldRule = (given) => {
  const value = given.trim();
  const digits = value.replaceAll(/[^0-9]/g, '').length;
  if (telephoneForm.test(value) && digits >= telephoneDigitsMin) return { value };
  return { fault: 'must be a telephone number such as +1 555 0100' };
};

/** Degrees with a point, north and east positive. */
export function degreesRule(limit: 90 | 180): FieldRule {
  return (given) => {
    const value = given.trim();
    if (degreesForm.test(value) && Math.abs(Number(value)) <= limit) return { value: String(Number(value)) };
    return { fault: `must be degrees from -${limit} to ${limit} such as 47.4979` };
  };
}

/** A whole number from 1 to `max`. */
export function wholeRule(max: number): FieldRule {
  return (given) => {
    const value = given.trim();
    if (wholeForm.test(value) && Number(value) <= max) return { value };
    return { fault: `must be a whole number from 1 to ${max}` };
  };
}

/** Empty stays empty; anything else obeys the rule. */
export function optional(rule: FieldRule): FieldRule {
  return (given) => (given.trim() === '' ? { value: '' } : rule(given));
}

/** Empty is a fault of its own. */
export function required(rule: FieldRule): FieldRule {
  return (given) => (given.trim() === '' ? { fault: 'is missing' } : rule(given));
}

/** Checks every field by its rule; fields without a rule are left out. */
export function checkFields<Name extends string>(
  rules: Readonly<Record<Name, FieldRule>>,
  given: Readonly<Record<string, string | undefined>>,
): { readonly values: Readonly<Record<Name, string>>; readonly faults: readonly FieldFault[] } {
  const faults: FieldFault[] = [];
  const values: Record<string, string> = {};
  for (const [field, rule] of Object.entries<FieldRule>(rules)) {
    const judged = rule(given[field] ?? '');
    if ('fault' in judged) faults.push({ field, message: judged.fault });
    values[field] = 'value' in judged ? judged.value : '';
  }
  return { values: values as Record<Name, string>, faults };
}
