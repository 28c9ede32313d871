const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const codes = letters.flatMap((first) => letters.map((second) => first + second));
const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** A country's code as its name in English; what is none stays as it was told (ISO 3166-1). */
export function countryWords(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code;
}

/** The code of a country that somebody wrote out, such as Germany; other text stays, its letters capital as a code's are. */
export function countryCodeOf(typed: string): string {
  countryCodes ??= new Map(codes.map((code) => [folded(countries.of(code) ?? code), regionOf(code)]));
  return countryCodes.get(folded(typed)) ?? typed.toUpperCase();
}

/** The tag of a language that somebody wrote out, such as Arabic; other text stays. */
export function languageTagOf(typed: string): string {
  languageTags ??= new Map(codes.map((code) => [folded(languages.of(code) ?? code), new Intl.Locale(code).language]));
  return languageTags.get(folded(typed)) ?? typed;
}

let countryCodes: ReadonlyMap<string, string> | undefined;
let languageTags: ReadonlyMap<string, string> | undefined;

/** Of two codes of one country, such as UK and GB, the one that ISO 3166-1 has. */
function regionOf(code: string): string {
  return new Intl.Locale('und', { region: code }).region ?? code;
}

function folded(text: string): string {
  return text.normalize('NFC').trim().toLowerCase();
}
