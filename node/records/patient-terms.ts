import type { Keyring } from '../keys/keyring.ts';
import { RecordsError } from './errors.ts';
import { indexedWordsMax, prefixLettersMax, prefixLettersMin, searchWordsMax } from './limits.ts';
import { blockingKeys, type BlockingKey } from './matching/candidates.ts';
import type { PatientDetails } from './model.ts';
import { matchingNumber, matchingWords, phoneDigits } from './normalise.ts';

/**
 * The blind index (architecture law 6). A word of three letters and more is indexed by each of its beginnings, so that "Sha"
 * finds Sharma; shorter words and very long ones are found whole. Numbers are found whole, birth dates by day, month or year.
 */

const phoneDigitsCompared = 9;
const birthForm = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/;
const phoneForm = /^[\s+()./\d-]+$/;
const phoneDigitsMin = 6;
/** Names in these scripts are written without spaces, and people look for family and given name in one word. */
const unspaced = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]+$/u;

export function csvTerm(keyring: Keyring, csvId: string): Uint8Array {
  return keyring.blindTerm('patient-csv-id', csvId);
}

export function blockingTerm(keyring: Keyring, key: BlockingKey): Uint8Array {
  return keyring.blindTerm(key.field, key.value);
}

/** Every term under which a patient can be found, each once. */
export function termsOf(keyring: Keyring, details: PatientDetails): readonly Uint8Array[] {
  const named = new Map<string, Uint8Array>();
  const add = (field: string, value: string): void => {
    const name = `${field}\n${value}`;
    if (value !== '' && !named.has(name)) named.set(name, keyring.blindTerm(field, value));
  };
  for (const word of nameWords(details)) for (const beginning of beginningsOf(word)) add('patient-word', beginning);
  for (const number of numbersOf(details)) add('patient-number', number);
  const birth = details.birthDate ?? '';
  for (const length of [4, 7, 10]) if (birth.length >= length) add('patient-birth', birth.slice(0, length));
  for (const key of blockingKeys(details)) add(key.field, key.value);
  return [...named.values()];
}

/** What a patient must have to be found: of each list one term. Empty when the query names nothing. */
export function searchTerms(keyring: Keyring, query: string): readonly (readonly Uint8Array[])[] {
  const wanted = requirementsOf(query).map((alternatives) =>
    alternatives.map(([field, value]) => keyring.blindTerm(field, value)),
  );
  if (wanted.length > searchWordsMax)
    throw new RecordsError('invalid-details', `a search has at most ${searchWordsMax} words`);
  return wanted;
}

type Requirement = readonly (readonly [field: string, value: string])[];

function requirementsOf(query: string): readonly Requirement[] {
  const text = query.normalize('NFKC').trim();
  const digits = phoneDigits(text);
  if (phoneForm.test(text) && digits.length >= phoneDigitsMin && !birthForm.test(text))
    return [[...new Set([digits, digits.slice(-phoneDigitsCompared)])].map((number) => ['patient-number', number])];
  return text.split(/\s+/).flatMap((token): readonly Requirement[] => {
    const words = matchingWords(token);
    if (!/\p{N}/u.test(token)) return words.map((word) => [['patient-word', searchedBeginning(word)]]);
    const whole = words.join('');
    if (whole === '') return [];
    const birth: Requirement = birthForm.test(token) ? [['patient-birth', token]] : [];
    return [[['patient-number', whole], ...birth, ['patient-word', searchedBeginning(whole)]]];
  });
}

function nameWords(details: PatientDetails): readonly string[] {
  const { familyName = '', givenNames = '', nameNative = '' } = details;
  const words = [familyName, givenNames, nameNative].flatMap(matchingWords);
  const [family = '', given = ''] = [familyName, givenNames].map((name) => matchingWords(name).join(''));
  const joined = unspaced.test(family) && unspaced.test(given) ? [family + given] : [];
  return [...new Set([...words, ...joined])].slice(0, indexedWordsMax);
}

function numbersOf(details: PatientDetails): readonly string[] {
  const codes = [
    details.csvId,
    details.mrn,
    details.nationalId,
    details.insurance?.policyNumber,
    details.policeCaseNumber,
  ];
  const phones = [details.phone, details.bystander?.phone].map((phone) => phoneDigits(phone ?? ''));
  return [
    ...codes.map((code) => matchingNumber(code ?? '')),
    ...phones,
    ...phones.map((digits) => digits.slice(-phoneDigitsCompared)),
  ];
}

function beginningsOf(word: string): readonly string[] {
  const letters = [...word];
  if (letters.length < prefixLettersMin) return [`=${word}`];
  const beginnings: string[] = [];
  for (let size = prefixLettersMin; size <= Math.min(letters.length, prefixLettersMax); size += 1)
    beginnings.push(letters.slice(0, size).join(''));
  return letters.length > prefixLettersMax ? [...beginnings, `=${word}`] : beginnings;
}

/** The one entry of `beginningsOf` that a searched word stands for; `=` marks a word that is found whole only. */
function searchedBeginning(word: string): string {
  const size = [...word].length;
  return size < prefixLettersMin || size > prefixLettersMax ? `=${word}` : word;
}
