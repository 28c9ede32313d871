/**
 * Two forms of a text. The stored form is NFC and otherwise what was given. The matching form exists only to compare and to
 * index: it forgets case, accents, width and invisible characters, and is never shown or sent (Records §1).
 */

const bidiControls = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
/** NUL and C0 but TAB, CR, LF, and what is not well formed: in no text of a record. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/;
/** Zero-width characters, bidi controls, soft hyphens, byte order marks: all are of the category Cf. */
const invisible = /[\p{Cf}\p{Variation_Selector}]/gu;
/**
 * Accents, vowel points and harakat. The vowel signs of Indic scripts and the voicing marks of kana are marks to Unicode
 * but letters to their readers: without them different names would be one, so they stay.
 */
const accents =
  /(?=\p{M})[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]/gu;
const voicing = /[\u3099\u309A]/;
const apostrophes = /['\u2018\u2019\u02BC\u02BB\u0060\u00B4\u2032\u05F3]/g;
/** Folds that lower-casing leaves out. The dotless ı stays itself: it is another letter than i (Records §1). */
const folds: Readonly<Record<string, string>> = {
  ß: 'ss',
  ς: 'σ',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ħ: 'h',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};
const foldable = /[ßςłøđħæœþ]/g;
const wordForm = /[\p{L}\p{M}\p{N}]+/gu;

export function storedForm(text: string): string {
  return text.normalize('NFC');
}

export function hasForbiddenCharacter(text: string): boolean {
  return forbidden.test(text) || !text.isWellFormed();
}

/** Nothing that anybody could see: spaces and invisible characters alone, or no text at all. */
export function isBlank(text: string): boolean {
  return text.replace(invisible, '').trim() === '';
}

export function hasBidiControl(text: string): boolean {
  return text.search(bidiControls) !== -1;
}

/** Writes bidi controls as visible marks such as `[U+202E]`, so that no text can show itself as another (Records §1). */
export function showBidiControls(text: string): string {
  return text.replace(bidiControls, (control) => {
    const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return `[U+${code}]`;
  });
}

/** NFKC, case folded without locale, without accents and invisible characters (Records §1). */
export function matchingForm(text: string): string {
  const folded = text.normalize('NFKC').replace(invisible, '').toLowerCase();
  return folded
    .normalize('NFKD')
    .replace(accents, (mark) => (voicing.test(mark) ? mark : ''))
    .normalize('NFC')
    .replace(foldable, (letter) => folds[letter] ?? letter);
}

/** The words of a text in matching form; O'Connor and O’Connor are one word, Müller-Lüdenscheidt two. */
export function matchingWords(text: string): readonly string[] {
  return matchingForm(text).replace(apostrophes, '').match(wordForm) ?? [];
}

/** Letters and digits of a number or code, in matching form: `EM-88417-5` and `em 884175` are one. */
export function matchingNumber(text: string): string {
  return matchingWords(text).join('');
}

/** The digits of a telephone number, whatever the script or the punctuation. */
export function phoneDigits(text: string): string {
  return text.normalize('NFKC').replace(/[^0-9]/g, '');
}
