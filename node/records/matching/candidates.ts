import type { PatientDetails } from '../model.ts';
import { matchingNumber, matchingWords, phoneDigits } from '../normalise.ts';

/** One thing that two records must share to be compared at all; `field` keeps kinds apart in the blind index. */
export interface BlockingKey {
  readonly field: 'match-identifier' | 'match-birth' | 'match-phone' | 'match-phonetic' | 'match-native';
  readonly value: string;
}

const phoneDigitsCompared = 9;
const sounds: readonly (readonly [RegExp, string])[] = [
  [/ph/g, 'f'],
  [/(?:sch|sh|ch|cz|sz)/g, 's'],
  [/(?:ck|[cq])/g, 'k'],
  [/([tdkgbpj])h/g, '$1'],
  [/[zx]/g, 's'],
  [/w/g, 'v'],
  [/[yj]/g, 'i'],
];

/** Where to look for the same person (Records §2): equal keys make two records worth a score. */
export function blockingKeys(details: PatientDetails): readonly BlockingKey[] {
  const keys: BlockingKey[] = [];
  const add = (field: BlockingKey['field'], value: string): void => void (value !== '' && keys.push({ field, value }));
  const nationalId = matchingNumber(details.nationalId ?? '');
  if (nationalId !== '') add('match-identifier', `national ${nationalId}`);
  const mrn = matchingNumber(details.mrn ?? '');
  if (mrn !== '') add('match-identifier', `mrn ${mrn}`);
  const birth = details.birthDate ?? '';
  if (birth.length === 10) for (const spelling of daySpellings(birth)) add('match-birth', spelling);
  const phone = phoneDigits(details.phone ?? '');
  if (phone.length >= phoneDigitsCompared) add('match-phone', phone.slice(-phoneDigitsCompared));
  const year = birth.slice(0, 4);
  // Family and given name may be swapped: both are looked for.
  for (const name of new Set([details.familyName ?? '', details.givenNames ?? ''])) {
    const sound = soundOf(matchingWords(name).toSorted().join(''));
    if (sound !== '' && year !== '') add('match-phonetic', `${sound} ${year}`);
  }
  add(
    'match-native',
    matchingWords(details.nameNative ?? '')
      .toSorted()
      .join(' '),
  );
  return keys;
}

/** A coarse sound of a Latin name: consonants only, like ones folded. Other scripts keep their first three letters. */
export function soundOf(name: string): string {
  const latin = name.replace(/[^a-z]/g, '');
  if (latin.length < name.length / 2) return [...name].slice(0, 3).join('');
  const folded = sounds.reduce((text, [form, sound]) => text.replace(form, sound), latin);
  return (
    folded.slice(0, 1) +
    folded
      .slice(1)
      .replace(/[aeiou]/g, '')
      .replace(/(.)\1+/g, '$1')
  );
}

/** A birth date and itself with day and month swapped, where that is a month. */
function daySpellings(date: string): readonly string[] {
  const [year, month, day] = date.split('-');
  return Number(day) <= 12 && day !== month ? [date, `${year}-${day}-${month}`] : [date];
}
