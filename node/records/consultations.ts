import { utf8 } from '../../protocol/bytes.ts';
import type { Instant } from '../../protocol/instant.ts';
import { parseJsonObject, type JsonRules, type JsonValue } from '../../protocol/json.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Store } from '../store/store.ts';
import { RecordsError } from './errors.ts';
import { fieldBytesMax } from './limits.ts';
import type { Consultation, ConsultationId, PatientId } from './model.ts';
import { hasForbiddenCharacter, storedForm } from './normalise.ts';
import type { Patients } from './patients.ts';

export type NewConsultation = Omit<Consultation, 'id' | 'patient'>;

export interface Consultations {
  /** Fails with `unknown-patient`, and with `invalid-details` for a text that no record may hold. */
  add(patient: PatientId, consultation: NewConsultation): Promise<Consultation>;
  /** Fails with `unknown-consultation`. */
  get(id: ConsultationId): Promise<Consultation>;
  /** All of one patient, the latest first. */
  list(patient: PatientId): Promise<readonly Consultation[]>;
}

export interface ConsultationsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly patients: Patients;
}

const itemsMax = 200;
const rules: JsonRules = {
  bytesMax: 32 * 1024 * 1024,
  depthMax: 4,
  nodesMax: 1000,
  stringBytesMax: 1024 * 1024,
  decimals: false,
};

interface Row {
  readonly id: string;
  readonly patient: string;
  readonly at: number;
  readonly token: Uint8Array;
}

const insertConsultation = statement<{ id: string; patient: string; at: number; now: number; token: Uint8Array }>()(
  (db, values) =>
    db.insertInto('consultation').values({
      id: values.id,
      patient: values.patient,
      at: values.at,
      created_at: values.now,
      token: values.token,
    }),
);
const byId = statement<{ id: string }>()((db, values) =>
  db.selectFrom('consultation').select(['id', 'patient', 'at', 'token']).where('id', '=', values.id),
);
const ofPatient = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('consultation')
    .select(['id', 'patient', 'at', 'token'])
    .where('patient', '=', values.patient)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc'),
);

/** Dated consultations, each sealed under its patient's key. They are added, never changed. */
export function openConsultations({ store, keyring, clock, random, patients }: ConsultationsPorts): Consultations {
  const open = async (reader: Reader, row: Row): Promise<Consultation> => {
    const patient = row.patient as PatientId;
    const key = await patients.dataKeyOf(reader, patient);
    const plaintext = await keyring.open(reader, key, purposeOf(row.id), row.token);
    return { id: row.id as ConsultationId, patient, at: row.at as Instant, ...readBody(plaintext) };
  };
  return {
    add: async (patient, given) => {
      const consultation: Consultation = { ...tidy(given), id: random.uuid() as ConsultationId, patient };
      const { id, at, patient: _, ...body } = consultation;
      const now = clock.now();
      return await store.write(async (w) => {
        const key = await patients.dataKeyOf(w, patient);
        const token = await keyring.seal(w, key, purposeOf(id), utf8(JSON.stringify({ v: 1, ...body })));
        await w.run(insertConsultation, { id, patient, at, now, token });
        return consultation;
      });
    },
    get: (id) =>
      store.read(async (reader) => {
        const row = await reader.first(byId, { id });
        if (row === undefined) throw new RecordsError('unknown-consultation', 'no consultation with this id');
        return await open(reader, row);
      }),
    list: (patient) =>
      store.read(async (reader) => {
        const found: Consultation[] = [];
        for (const row of await reader.all(ofPatient, { patient })) found.push(await open(reader, row));
        return found;
      }),
  };
}

function purposeOf(id: string): string {
  return `consultation/${id}`;
}

function tidy(given: NewConsultation): NewConsultation {
  const text = (value: string, name: string): string => {
    const stored = storedForm(value);
    if (hasForbiddenCharacter(stored)) throw new RecordsError('invalid-details', `${name} holds a control character`);
    if (utf8(stored).length > fieldBytesMax)
      throw new RecordsError('invalid-details', `${name} is longer than ${fieldBytesMax} bytes`);
    return stored;
  };
  const list = (values: readonly string[], name: string): readonly string[] => {
    if (values.length > itemsMax) throw new RecordsError('invalid-details', `${name} has more than ${itemsMax} items`);
    return values.map((value) => text(value.trim(), name)).filter((value) => value !== '');
  };
  return {
    at: given.at,
    encounterClass: given.encounterClass,
    reason: text(given.reason, 'reason'),
    ...(given.findings === undefined || given.findings === '' ? {} : { findings: text(given.findings, 'findings') }),
    diagnoses: list(given.diagnoses, 'diagnoses'),
    prescriptions: list(given.prescriptions, 'prescriptions'),
    practitioner: text(given.practitioner, 'practitioner'),
  };
}

function readBody(plaintext: Uint8Array): Omit<NewConsultation, 'at'> {
  const { v, encounterClass, reason, findings, diagnoses, prescriptions, practitioner } = parseJsonObject(
    plaintext,
    rules,
  );
  if (v !== 1 || !isClass(encounterClass) || typeof reason !== 'string' || typeof practitioner !== 'string')
    throw new RecordsError('record-damaged', 'a consultation of an unknown form: a newer program wrote it');
  return {
    encounterClass,
    reason,
    ...(typeof findings === 'string' ? { findings } : {}),
    diagnoses: textsOf(diagnoses),
    prescriptions: textsOf(prescriptions),
    practitioner,
  };
}

function isClass(value: JsonValue | undefined): value is Consultation['encounterClass'] {
  return value === 'AMB' || value === 'EMER' || value === 'IMP';
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
