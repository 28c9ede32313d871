import type { Instant } from '../../protocol/instant.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import {
  consultationById,
  consultationsAfter,
  consultationsBefore,
  consultationsOf,
  countConsultations,
  insertConsultation,
  keepVersion,
  replaceConsultation,
  versionsOfConsultation,
  type ConsultationRow,
} from './consultations/consultation-queries.ts';
import {
  openConsultation,
  sealConsultation,
  tidyConsultation,
  tidyText,
  type NewConsultation,
} from './consultations/sealed-consultation.ts';
import { RecordsError } from './errors.ts';
import { checkPageSize, latest, rangeOfVersions, type ListCursor, type PageOfVersions } from './paging.ts';
import type { Consultation, ConsultationChange, ConsultationId, PatientId } from './model.ts';
import type { Patients } from './patients.ts';

export type ConsultationChanged =
  | { state: 'changed'; consultation: Consultation }
  /** Somebody else's change came first: nothing was written. */
  | { state: 'conflict'; current: Consultation };

export interface ConsultationPage {
  /** The latest first. */
  readonly consultations: readonly Consultation[];
  /** Where the page of earlier ones begins; absent where there are none. */
  readonly earlier?: ListCursor;
  readonly later?: ListCursor;
}

export interface PageOfConsultations {
  readonly limit: number;
  /** At most one of the two; the latest without either. */
  readonly before?: ListCursor;
  readonly after?: ListCursor;
}

export interface Consultations {
  /** Fails with `unknown-patient`, and with `invalid-details` for a text that no record may hold. */
  add(patient: PatientId, consultation: NewConsultation): Promise<Consultation>;
  /**
   * Writes what `consultation` says as the version after `version`, with the reason; what stood there stays. The
   * consultation keeps its id, its patient and its files.
   */
  change(
    id: ConsultationId,
    version: number,
    consultation: NewConsultation,
    change: ConsultationChange,
  ): Promise<ConsultationChanged>;
  /** Fails with `unknown-consultation`. */
  get(id: ConsultationId): Promise<Consultation>;
  /** What it said before its last change, newest first. */
  versions(id: ConsultationId, page?: PageOfVersions): Promise<readonly Consultation[]>;
  /** All of one patient as they stand now, the latest first: for programs; people see pages. */
  list(patient: PatientId): Promise<readonly Consultation[]>;
  /** A page of one patient's, by keyset, so that a chart with a thousand opens only what it shows. */
  page(patient: PatientId, page: PageOfConsultations): Promise<ConsultationPage>;
  count(patient: PatientId): Promise<number>;
}

export interface ConsultationsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly patients: Patients;
}

/** Dated consultations, each sealed under its patient's key. What was written stays; a change is a version of its own. */
export function openConsultations(ports: ConsultationsPorts): Consultations {
  const { store, clock, random } = ports;
  return {
    add: async (patient, given) => {
      const { at, ...body } = tidyConsultation(given);
      const [id, now] = [random.uuid() as ConsultationId, clock.now()];
      return await store.write(async (w) => {
        const key = await ports.patients.dataKeyOf(w, patient);
        const token = await sealConsultation(w, ports.keyring, { key, id, version: 1 }, body);
        await w.run(insertConsultation, { id, patient, at, now, token });
        return { id, patient, at, ...body, version: 1, writtenAt: now };
      });
    },
    change: async (id, version, given, { kind, reason }) => {
      const change = { kind, reason: tidyText(reason.trim(), 'reason of the change') };
      if (change.reason === '') throw new RecordsError('invalid-details', 'a change of a consultation needs a reason');
      const tidy = tidyConsultation(given);
      const now = clock.now();
      return await store.write((w) => writeChange(w, ports, { id, version, tidy, change, now }));
    },
    get: (id) => store.read(async (reader) => await open(reader, ports, await existing(reader, id))),
    versions: (id, page) =>
      store.read(async (reader) => {
        const row = await existing(reader, id);
        const rows = await reader.all(versionsOfConsultation, { consultation: id, ...rangeOfVersions(page) });
        return await openAll(
          reader,
          ports,
          rows.map(({ version, at, written_at, token }) => ({ ...row, version, at, changed_at: written_at, token })),
        );
      }),
    list: (patient) =>
      store.read(async (reader) => await openAll(reader, ports, await reader.all(consultationsOf, { patient }))),
    page: (patient, page) => store.read((reader) => pageOf(reader, ports, patient, page)),
    count: async (patient) => (await store.read((reader) => reader.first(countConsultations, { patient })))?.count ?? 0,
  };
}

async function writeChange(
  w: Writer,
  ports: ConsultationsPorts,
  edit: {
    readonly id: ConsultationId;
    readonly version: number;
    readonly tidy: NewConsultation;
    readonly change: ConsultationChange;
    readonly now: Instant;
  },
): Promise<ConsultationChanged> {
  const row = await existing(w, edit.id);
  if (row.version !== edit.version) return { state: 'conflict', current: await open(w, ports, row) };
  const patient = row.patient as PatientId;
  const [from, to] = [row.version, row.version + 1];
  const { at, ...rest } = edit.tidy;
  const body = { ...rest, change: edit.change };
  const key = await ports.patients.dataKeyOf(w, patient);
  const token = await sealConsultation(w, ports.keyring, { key, id: edit.id, version: to }, body);
  const writtenAt = row.changed_at ?? row.created_at;
  await w.run(keepVersion, { consultation: edit.id, version: from, at: row.at, writtenAt, token: row.token });
  await w.run(replaceConsultation, { id: edit.id, from, to, at, now: edit.now, token });
  return { state: 'changed', consultation: { id: edit.id, patient, at, ...body, version: to, writtenAt: edit.now } };
}

async function pageOf(
  reader: Reader,
  ports: ConsultationsPorts,
  patient: PatientId,
  { limit, before, after }: PageOfConsultations,
): Promise<ConsultationPage> {
  checkPageSize(limit);
  const { at, id } = after ?? before ?? latest;
  const rows = await reader.all(after === undefined ? consultationsBefore : consultationsAfter, {
    patient,
    at,
    id,
    limit: limit + 1,
  });
  const more = rows.length > limit;
  const shown = after === undefined ? rows.slice(0, limit) : rows.slice(0, limit).reverse();
  const consultations = await openAll(reader, ports, shown);
  const [first, last] = [consultations[0], consultations.at(-1)];
  if (first === undefined || last === undefined) return { consultations };
  const earlier = after !== undefined || more ? { earlier: { at: last.at, id: last.id } } : {};
  const later = (after === undefined ? before !== undefined : more) ? { later: { at: first.at, id: first.id } } : {};
  return { consultations, ...earlier, ...later };
}

async function existing(reader: Reader, id: ConsultationId): Promise<ConsultationRow> {
  const row = await reader.first(consultationById, { id });
  if (row === undefined) throw new RecordsError('unknown-consultation', 'no consultation with this id');
  return row;
}

/** One after the other: a reader is not asked two things at once. */
async function openAll(
  reader: Reader,
  ports: ConsultationsPorts,
  rows: readonly ConsultationRow[],
): Promise<Consultation[]> {
  const found: Consultation[] = [];
  for (const row of rows) found.push(await open(reader, ports, row));
  return found;
}

async function open(
  reader: Reader,
  { keyring, patients }: ConsultationsPorts,
  row: ConsultationRow,
): Promise<Consultation> {
  const [id, patient] = [row.id as ConsultationId, row.patient as PatientId];
  const key = await patients.dataKeyOf(reader, patient);
  const body = await openConsultation(reader, keyring, { key, id, version: row.version }, row.token);
  const writtenAt = (row.changed_at ?? row.created_at) as Instant;
  return { id, patient, at: row.at as Instant, ...body, version: row.version, writtenAt };
}
