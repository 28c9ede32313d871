import type { Keyring } from '../keys/keyring.ts';
import type { Reader, Store } from '../store/store.ts';
import { findStoredMatches } from './matching/look-alikes.ts';
import type { MatchResult } from './matching/score.ts';
import type { PatientDetails, PatientId, PatientRecord } from './model.ts';
import { patientByCsvTerm, patientById } from './patient-queries.ts';
import { recordOf } from './patient-rows.ts';
import { csvTerm } from './patient-terms.ts';
import type { Patients } from './patients.ts';

/** A stored patient who may be the person who is about to be registered. */
export interface LookAlike {
  readonly record: PatientRecord;
  readonly result: MatchResult;
}

/** What a person sees before a patient is registered. */
export interface Registration {
  /** A CSV id that nobody has: the number after the newest patient's, in its form; `000001` at an empty node. */
  proposeCsvId(): Promise<string>;
  /** Stored patients who look like this one (Records §2), the likeliest first, at most `lookAlikesMax`. */
  lookAlikes(details: PatientDetails, except?: PatientId): Promise<readonly LookAlike[]>;
}

export interface RegistrationPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly patients: Pick<Patients, 'list'>;
}

const lookAlikesMax = 5;
const firstCsvId = '000001';
const numberedForm = /^(.*?)(\d{1,15})$/su;

export function openRegistration({ store, keyring, patients }: RegistrationPorts): Registration {
  return {
    proposeCsvId: async () => {
      const newest = (await patients.list('created', { limit: 1 })).records[0]?.details.csvId;
      if (newest === undefined) return firstCsvId;
      return await store.read((reader) => nextFree(reader, keyring, newest));
    },
    lookAlikes: (details, except) =>
      store.read(async (reader) => {
        const found: LookAlike[] = [];
        for (const { other, result } of await findStoredMatches(reader, keyring, details)) {
          if (other.patient === except || result.grade === 'certainly-not') continue;
          const row = await reader.first(patientById, { id: other.patient });
          if (row !== undefined) found.push({ record: await recordOf(reader, keyring, row), result });
          if (found.length === lookAlikesMax) break;
        }
        return found;
      }),
  };
}

/**
 * Doubles its steps until a number is free, then halves them back: patients of one import have one time, so the newest need
 * not have the highest number, and a hundred thousand taken ones are passed in seventeen looks each way.
 */
async function nextFree(reader: Reader, keyring: Keyring, after: string): Promise<string> {
  const [, head, digits] = numberedForm.exec(after) ?? ['', `${after}-`, '0'];
  const named = (number: number): string => `${head ?? ''}${String(number).padStart(digits?.length ?? 1, '0')}`;
  const isFree = async (number: number): Promise<boolean> =>
    (await reader.first(patientByCsvTerm, { csvTerm: csvTerm(keyring, named(number)) })) === undefined;
  let taken = Number(digits);
  let step = 1;
  while (!(await isFree(taken + step))) {
    taken += step;
    step *= 2;
  }
  let free = taken + step;
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (await isFree(middle)) free = middle;
    else taken = middle;
  }
  return named(free);
}
