import type { Keyring } from '../../keys/keyring.ts';
import type { Reader } from '../../store/store.ts';
import type { ComparedWith } from '../csv/plan.ts';
import { candidatesMax } from '../limits.ts';
import type { PatientDetails, PatientId } from '../model.ts';
import { patientsUnderTerm, type PatientRow } from '../patient-queries.ts';
import { recordOf } from '../patient-rows.ts';
import { blockingTerm } from '../patient-terms.ts';
import { blockingKeys } from './candidates.ts';
import { matchProfile, scoreMatch, type MatchProfile, type MatchResult } from './score.ts';

/** Below this two records only share a common name; from here on a person should see that they were compared. */
const lookAlikeMin = 8;
const grades = ['certain', 'probable', 'possible', 'certainly-not'] as const;

export function gradeOrder(a: ComparedWith, b: ComparedWith): number {
  return grades.indexOf(a.result.grade) - grades.indexOf(b.result.grade) || b.result.score - a.result.score;
}

function isLookAlike(result: MatchResult): boolean {
  return result.score >= lookAlikeMin;
}

/** The records of one file by their blocking keys: each new one is compared with those before it. */
export class FileIndex {
  readonly #byKey = new Map<string, number[]>();
  readonly #profiles = new Map<number, MatchProfile>();

  compareAndAdd(record: number, details: PatientDetails, profile: MatchProfile): ComparedWith[] {
    const candidates = new Set<number>();
    for (const { field, value } of blockingKeys(details)) {
      const key = `${field}\n${value}`;
      const before = this.#byKey.get(key) ?? [];
      for (const other of before.slice(-candidatesMax)) candidates.add(other);
      this.#byKey.set(key, [...before.slice(1 - candidatesMax), record]);
    }
    candidates.delete(record); // Two names of one person can give the same key.
    this.#profiles.set(record, profile);
    return [...candidates].flatMap((other) => {
      const otherProfile = this.#profiles.get(other);
      const result = otherProfile === undefined ? undefined : scoreMatch(profile, otherProfile);
      return result !== undefined && isLookAlike(result) ? [{ other: { record: other }, result }] : [];
    });
  }
}

/** Stored patients that may be this person (Records §2), found through the blind index. */
export async function findStoredMatches(
  reader: Reader,
  keyring: Keyring,
  details: PatientDetails,
  profile: MatchProfile = matchProfile(details),
): Promise<(ComparedWith & { readonly other: { readonly patient: PatientId } })[]> {
  const candidates = new Map<string, PatientRow>();
  for (const key of blockingKeys(details)) {
    const term = blockingTerm(keyring, key);
    for (const row of await reader.all(patientsUnderTerm, { term, limit: candidatesMax })) candidates.set(row.id, row);
  }
  const found: (ComparedWith & { readonly other: { readonly patient: PatientId } })[] = [];
  for (const row of candidates.values()) {
    const { id, details: other } = await recordOf(reader, keyring, row);
    const result = scoreMatch(profile, matchProfile(other));
    if (isLookAlike(result)) found.push({ other: { patient: id }, result });
  }
  return found.toSorted(gradeOrder);
}
