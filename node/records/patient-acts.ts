import { utf8 } from '../../protocol/bytes.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Store, Writer } from '../store/store.ts';
import { tidyText } from './consultations/sealed-consultation.ts';
import { RecordsError } from './errors.ts';
import type { Author, PatientId } from './model.ts';
import { actsOf, belongingsOf, insertAct, setVoided, voidedById, type ActRow } from './patient-act-queries.ts';
import { liveState, patientByCsvTerm, patientById, withdrawnState, type PatientRow } from './patient-queries.ts';

export type PatientActKind = ActRow['kind'];

/** One decision about a whole record: who, when, why. */
export interface PatientAct {
  readonly id: string;
  readonly kind: PatientActKind;
  readonly at: Instant;
  readonly by: Author;
  readonly reason: string;
}

export type Voided =
  | { state: 'voided' }
  /** Consultations, files or referrals belong to it: a record in use is never taken away. */
  | { state: 'in-use' };

export type TakenBack = { state: 'taken-back' } | { state: 'csv-id-taken'; patient: PatientId };

/** Voiding a record that was registered by mistake, and taking that back. */
export interface PatientActs {
  /** Takes a record to which nothing belongs out of every list and search. Its text stays sealed; `takeBack` undoes it. */
  void(patient: PatientId, reason: string, by: Author): Promise<Voided>;
  takeBack(patient: PatientId, reason: string, by: Author): Promise<TakenBack>;
  isVoided(patient: PatientId): Promise<boolean>;
  /** Newest first. */
  list(patient: PatientId): Promise<readonly PatientAct[]>;
}

export interface PatientActsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
}

export function openPatientActs(ports: PatientActsPorts): PatientActs {
  const { store, keyring } = ports;
  const note = async (w: Writer, row: PatientRow, act: Omit<PatientAct, 'id' | 'at'>, at: Instant): Promise<void> => {
    const id = ports.random.uuid();
    const { kind, by } = act;
    const reason = await keyring.seal(w, row.data_key as DataKeyId, purposeOf(id), utf8(act.reason));
    await w.run(insertAct, { id, patient: row.id, kind, at, byUser: by.user, byName: by.name, reason });
  };
  return {
    void: async (patient, reason, by) => {
      const [told, now] = [tidyReason(reason), ports.clock.now()];
      return await store.write(async (w): Promise<Voided> => {
        const row = (await w.first(patientById, { id: patient })) ?? unknownPatient();
        if ((await w.first(belongingsOf, { patient })) !== undefined) return { state: 'in-use' };
        await w.run(setVoided, { id: patient, from: liveState, to: withdrawnState });
        await note(w, row, { kind: 'voided', by, reason: told }, now);
        return { state: 'voided' };
      });
    },
    takeBack: async (patient, reason, by) => {
      const [told, now] = [tidyReason(reason), ports.clock.now()];
      return await store.write(async (w): Promise<TakenBack> => {
        const row = (await w.first(voidedById, { id: patient })) ?? unknownPatient();
        const taken = await w.first(patientByCsvTerm, { csvTerm: row.csv_term });
        if (taken !== undefined) return { state: 'csv-id-taken', patient: taken.id as PatientId };
        await w.run(setVoided, { id: patient, from: withdrawnState, to: liveState });
        await note(w, row, { kind: 'taken-back', by, reason: told }, now);
        return { state: 'taken-back' };
      });
    },
    isVoided: async (id) => (await store.read((reader) => reader.first(voidedById, { id }))) !== undefined,
    list: (patient) =>
      store.read(async (reader) => {
        const acts: PatientAct[] = [];
        const row = (await reader.first(patientById, { id: patient })) ?? unknownPatient();
        for (const act of await reader.all(actsOf, { patient })) {
          const reason = await keyring.open(reader, row.data_key as DataKeyId, purposeOf(act.id), act.reason);
          acts.push(actOf(act, new TextDecoder().decode(reason)));
        }
        return acts;
      }),
  };
}

function actOf({ id, kind, at, by_user: user, by_name: name }: ActRow, reason: string): PatientAct {
  return { id, kind, at: at as Instant, by: { user, name }, reason };
}

function purposeOf(act: string): string {
  return `patient-act/${act}`;
}

function tidyReason(given: string): string {
  const reason = tidyText(given.trim(), 'reason');
  if (reason === '') throw new RecordsError('invalid-details', 'a reason is needed');
  return reason;
}

function unknownPatient(): never {
  throw new RecordsError('unknown-patient', 'no patient with this id');
}
