import type { MatchReason, MatchResult } from '../../records/matching/score.ts';
import type { PatientDetails } from '../../records/model.ts';

/** One thing of two records side by side; `finding` says in words what a colour would only hint at (screen 11). */
export interface Difference {
  readonly field: string;
  readonly theirs: string;
  readonly ours: string;
  readonly finding: 'same' | 'different' | 'partly the same' | 'only theirs' | 'only ours' | 'not told';
}

const fields: readonly (readonly [string, (details: PatientDetails) => string | undefined])[] = [
  ['Family name', (one) => one.familyName],
  ['Given names', (one) => one.givenNames],
  ['Name in own script', (one) => one.nameNative],
  ['Birth date', (one) => one.birthDate],
  ['Sex', (one) => (one.sex === 'unknown' ? undefined : one.sex)],
  ['National id', (one) => one.nationalId],
  ['Telephone', (one) => one.phone],
  ['Street', (one) => one.addressLine],
  ['City', (one) => one.city],
  ['Country', (one) => one.country],
];

const fieldOf: Readonly<Partial<Record<MatchReason['field'], string>>> = {
  'family name': 'Family name',
  'given name': 'Given names',
  'native-script name': 'Name in own script',
  'birth date': 'Birth date',
  'national id': 'National id',
  phone: 'Telephone',
  sex: 'Sex',
  city: 'City',
};

/** Two records side by side. What matching weighed is judged as it was weighed; the rest letter by letter. */
export function differencesOf(
  theirs: PatientDetails,
  ours: PatientDetails,
  result: MatchResult,
): readonly Difference[] {
  return fields.map(([field, read]) => {
    const [left, right] = [read(theirs) ?? '', read(ours) ?? ''];
    const reason = result.reasons.find((one) => fieldOf[one.field] === field);
    return { field, theirs: left, ours: right, finding: findingOf(left, right, reason) };
  });
}

/** The score's parts as people say them: "birth date agrees", with what counts against it last. */
export function reasonWords({ reasons }: MatchResult): readonly string[] {
  return reasons
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ field, finding, weight }) => `${field} ${finding} (${weight > 0 ? '+' : '−'}${Math.abs(weight)})`);
}

/** The grade as a sentence; it never says "same", which only a person does (Records §2). */
export function gradeWords({ grade, conflict }: MatchResult): string {
  if (conflict && grade !== 'certainly-not')
    return 'Possibly the same person, but the identifiers contradict each other';
  if (conflict) return 'Alike, but the identifiers contradict each other: probably two people, such as twins';
  return words[grade];
}

const words = {
  certain: 'Almost certainly the same person',
  probable: 'Probably the same person',
  possible: 'Possibly the same person',
  'certainly-not': 'Probably another person',
} as const;

function findingOf(left: string, right: string, reason: MatchReason | undefined): Difference['finding'] {
  if (left === '' && right === '') return 'not told';
  if (right === '') return 'only theirs';
  if (left === '') return 'only ours';
  if (reason === undefined) return left.toLowerCase() === right.toLowerCase() ? 'same' : 'different';
  if (reason.finding === 'agrees') return 'same';
  return reason.finding === 'differs' ? 'different' : 'partly the same';
}
