import type { PatientDetails } from '../model.ts';
import { matchingNumber, matchingWords, phoneDigits } from '../normalise.ts';
import { nameSimilarity } from './similarity.ts';

/** Grades as in FHIR `Patient/$match` (Records §2). */
export type MatchGrade = 'certain' | 'probable' | 'possible' | 'certainly-not';

export type MatchField =
  | 'national id'
  | 'family name'
  | 'given name'
  | 'family and given name'
  | 'birth date'
  | 'phone'
  | 'native-script name'
  | 'sex'
  | 'city';

/** One part of a score, in words a person can weigh. */
export interface MatchReason {
  readonly field: MatchField;
  readonly finding: 'agrees' | 'agrees partly' | 'differs' | 'swapped' | 'day and month swapped' | 'one part differs';
  /** log2 of how much likelier this is for one person than for two. */
  readonly weight: number;
}

export interface MatchResult {
  readonly grade: MatchGrade;
  readonly score: number;
  /** Two identifiers of one system that differ: never more than possible, and no match below 14 (twins). */
  readonly conflict: boolean;
  readonly reasons: readonly MatchReason[];
}

const certainMin = 20;
const probableMin = 14;
const possibleMin = 8;
const partlyMin = 0.92;
const faintlyMin = 0.85;
const phoneDigitsCompared = 9;
const phoneDigitsMin = 6;

/** What matching looks at, worked out once for each patient. */
export interface MatchProfile {
  readonly nationalId: string;
  readonly country: string;
  readonly family: readonly string[];
  readonly given: readonly string[];
  readonly native: readonly string[];
  readonly birthDate: string;
  readonly phone: string;
  readonly sex: string;
  readonly city: string;
}

export function matchProfile(details: PatientDetails): MatchProfile {
  return {
    nationalId: matchingNumber(details.nationalId ?? ''),
    country: details.country ?? '',
    family: matchingWords(details.familyName ?? ''),
    given: matchingWords(details.givenNames ?? ''),
    native: matchingWords(details.nameNative ?? ''),
    birthDate: details.birthDate ?? '',
    phone: phoneDigits(details.phone ?? ''),
    sex: details.sex ?? 'unknown',
    city: matchingWords(details.city ?? '').join(' '),
  };
}

/** How likely two records are one person, with the parts of the score (Records §2). It decides nothing. */
export function scoreMatch(a: MatchProfile, b: MatchProfile): MatchResult {
  const reasons = [
    ...nationalIdReason(a, b),
    ...nameReasons(a, b),
    ...birthReason(a.birthDate, b.birthDate),
    ...phoneReason(a.phone, b.phone),
    ...simpleReason('native-script name', a.native.toSorted().join(' '), b.native.toSorted().join(' '), 2, -2),
    ...(a.sex === 'unknown' || b.sex === 'unknown' ? [] : simpleReason('sex', a.sex, b.sex, 1, -3)),
    ...simpleReason('city', a.city, b.city, 1, -0.3),
  ];
  const score = Math.round(reasons.reduce((sum, reason) => sum + reason.weight, 0) * 100) / 100;
  const conflict = reasons.some((reason) => reason.field === 'national id' && reason.finding === 'differs');
  return { grade: gradeOf(score, conflict, reasons), score, conflict, reasons };
}

/** A match in one sentence for people; it names fields, never their values. */
export function matchWords(result: MatchResult): string {
  const part = (reason: MatchReason): string =>
    `${reason.field} ${reason.finding} (${reason.weight > 0 ? '+' : ''}${reason.weight})`;
  const grade = result.conflict && result.grade !== 'certainly-not' ? `${result.grade} (conflict)` : result.grade;
  return `${grade}, score ${result.score}: ${result.reasons.map(part).join(', ')}`;
}

function gradeOf(score: number, conflict: boolean, reasons: readonly MatchReason[]): MatchGrade {
  if (conflict) return score >= probableMin ? 'possible' : 'certainly-not';
  const agrees = (field: MatchField): boolean => reasons.some((r) => r.field === field && r.finding === 'agrees');
  const names =
    reasons.some((r) => r.field === 'family and given name') ||
    (agrees('family name') && !reasons.some((r) => r.field === 'given name' && r.finding !== 'agrees')) ||
    (agrees('native-script name') && !reasons.some((r) => r.field === 'family name'));
  if (score >= certainMin && agrees('national id') && names && agrees('birth date')) return 'certain';
  if (score >= probableMin) return 'probable';
  return score >= possibleMin ? 'possible' : 'certainly-not';
}

function nationalIdReason(a: MatchProfile, b: MatchProfile): MatchReason[] {
  const otherSystem = a.country !== '' && b.country !== '' && a.country !== b.country;
  return otherSystem ? [] : simpleReason('national id', a.nationalId, b.nationalId, 12, -8);
}

function nameReasons(a: MatchProfile, b: MatchProfile): MatchReason[] {
  const straight = [
    ...nameReason('family name', a.family, b.family, 4.5, -4),
    ...nameReason('given name', a.given, b.given, 4, -3.5),
  ];
  const swapped =
    straight.length === 2 &&
    straight.some((reason) => reason.finding === 'differs') &&
    nameSimilarity(a.family, b.given) >= partlyMin &&
    nameSimilarity(a.given, b.family) >= partlyMin;
  return swapped ? [{ field: 'family and given name', finding: 'swapped', weight: 5 }] : straight;
}

function nameReason(
  field: MatchField,
  a: readonly string[],
  b: readonly string[],
  agree: number,
  disagree: number,
): MatchReason[] {
  if (a.length === 0 || b.length === 0) return [];
  const similarity = nameSimilarity(a, b);
  if (similarity === 1) return [{ field, finding: 'agrees', weight: agree }];
  if (similarity >= partlyMin) return [{ field, finding: 'agrees partly', weight: agree * 0.6 }];
  if (similarity >= faintlyMin) return [{ field, finding: 'agrees partly', weight: agree * 0.1 }];
  return [{ field, finding: 'differs', weight: disagree }];
}

function birthReason(a: string, b: string): MatchReason[] {
  const field = 'birth date';
  if (a === '' || b === '') return [];
  const [yearA = '', monthA, dayA] = a.split('-');
  const [yearB = '', monthB, dayB] = b.split('-');
  if (dayA === undefined || dayB === undefined) {
    const agree = yearA === yearB && (monthA === undefined || monthB === undefined || monthA === monthB);
    return [agree ? { field, finding: 'agrees partly', weight: 2 } : { field, finding: 'differs', weight: -6 }];
  }
  if (a === b) return [{ field, finding: 'agrees', weight: 8.5 }];
  if (yearA === yearB && monthA === dayB && dayA === monthB)
    return [{ field, finding: 'day and month swapped', weight: 4 }];
  const same = [yearA === yearB, monthA === monthB, dayA === dayB].filter(Boolean).length;
  return [same === 2 ? { field, finding: 'one part differs', weight: 1 } : { field, finding: 'differs', weight: -6 }];
}

function phoneReason(a: string, b: string): MatchReason[] {
  if (a.length < phoneDigitsMin || b.length < phoneDigitsMin) return [];
  return simpleReason('phone', a.slice(-phoneDigitsCompared), b.slice(-phoneDigitsCompared), 5, -0.5);
}

function simpleReason(field: MatchField, a: string, b: string, agree: number, disagree: number): MatchReason[] {
  if (a === '' || b === '') return [];
  return [a === b ? { field, finding: 'agrees', weight: agree } : { field, finding: 'differs', weight: disagree }];
}
