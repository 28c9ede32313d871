import { commonPasswords, commonWords } from './common-passwords.ts';
import { normalForm } from './passwords.ts';

/** Alone, without a second factor (Node §7); characters, not bytes. */
export const passwordLettersMin = 15;
/** Longer than any passphrase; argon2 would take more, a flood of megabytes should not reach it. */
export const passwordLettersMax = 256;
/** So much has to be left when all that anyone could guess is taken out. */
const unguessableMin = 6;
/** Shorter words of names are in too many good passwords to be taken out. */
const wordLettersMin = 4;
const repeatedMax = 5;
const runMin = 4;
const runs = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
];
const keyRuns = runs.flatMap((run) => [run, run.split('').toReversed().join('')]);

/** Words that whoever guesses this password would try first. */
export interface PasswordContext {
  readonly login: string;
  readonly name: string;
  /** The hospital's title and the node's name. */
  readonly hospital: readonly string[];
}

/**
 * What is wrong with a password, in words for the person who chose it; `undefined` when nothing is. Length and
 * unguessability alone: nobody is asked for digits or signs (SP 800-63B §3.1.1.2, ASVS 6.2).
 */
export function passwordFault(password: string, context: PasswordContext): string | undefined {
  const letters = [...normalForm(password)].length;
  if (letters < passwordLettersMin)
    return `use at least ${passwordLettersMin} characters; several words in a row are good (this has ${letters})`;
  if (letters > passwordLettersMax) return `use at most ${passwordLettersMax} characters`;
  const spellings = [fold(password), fold(plainSpelling(password))];
  if (spellings.some((spelling) => commonPasswords.has(spelling)))
    return 'this password is on the lists that attackers try first; choose another';
  if (isRepeated([...normalForm(password).toLowerCase()]))
    return 'this repeats a few characters; choose one that is harder to guess';
  const known = [...contextWords(context), ...commonWords];
  const signs = new Set(password.match(/[^\p{L}\p{M}\p{N}\s]/gu)).size;
  if (spellings.some((spelling) => lettersLeft(spelling, known) + signs < unguessableMin))
    return 'this is made of names and words that others would try first; add words that have nothing to do with you or the hospital';
  return undefined;
}

function contextWords({ login, name, hospital }: PasswordContext): readonly string[] {
  const words = [login, name, ...hospital].flatMap((text) => [fold(text), ...text.split(/[^\p{L}\p{N}]+/u).map(fold)]);
  return words.filter((word) => word.length >= wordLettersMin);
}

/** Letters and digits alone, without case and accents. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** "p@55w0rd" as "password". */
function plainSpelling(password: string): string {
  return [...password].map((letter) => lookAlikes[letter] ?? letter).join('');
}

function isRepeated(letters: readonly string[]): boolean {
  for (let unit = 1; unit <= repeatedMax; unit += 1)
    if (letters.every((letter, at) => letter === letters[at % unit])) return true;
  return false;
}

/** How many characters remain when known words, runs of the keyboard or alphabet, and years are taken out. */
function lettersLeft(folded: string, known: readonly string[]): number {
  let left = folded;
  for (const word of known.toSorted((a, b) => b.length - a.length)) left = left.replaceAll(word, ' ');
  left = left.replaceAll(/(?:19|20)\d\d/g, ' ').replaceAll(/(.)\1{2,}/gu, ' ');
  return [...withoutRuns(left).replaceAll(' ', '')].length;
}

function withoutRuns(text: string): string {
  let left = '';
  for (let at = 0; at < text.length;) {
    const length = runLength(text, at);
    left += length >= runMin ? ' ' : text[at];
    at += length >= runMin ? length : 1;
  }
  return left;
}

function runLength(text: string, from: number): number {
  let longest = 1;
  for (const run of keyRuns) {
    const start = run.indexOf(text[from] ?? ' ');
    let length = 0;
    while (start >= 0 && from + length < text.length && run[start + length] === text[from + length]) length += 1;
    longest = Math.max(longest, length);
  }
  return longest;
}
