import type { Instant } from '../../protocol/instant.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Store } from '../store/store.ts';
import type { Attachments } from './attachments.ts';
import type { Consultations } from './consultations.ts';
import { RecordsError } from './errors.ts';
import { checkPageSize } from './paging.ts';
import type { Attachment, Author, Consultation, ConsultationId, PatientId } from './model.ts';
import { patientById } from './patient-queries.ts';
import {
  openPatientReferrals,
  referralsBefore,
  type PatientReferrals,
  type TimelineReferral,
} from './patient-referrals.ts';
import { authorOf } from './patient-rows.ts';
import { parseAttachmentId } from '../../protocol/ids.ts';

/** What happened to a patient, or to the record. */
export type TimelineEntry = { readonly at: Instant } & (
  | { readonly kind: 'consultation'; readonly consultation: Consultation }
  | { readonly kind: 'attachment'; readonly attachment: Attachment }
  | { readonly kind: 'referral'; readonly referral: TimelineReferral }
  | { readonly kind: 'registered'; readonly by?: Author; readonly imported: boolean }
  | { readonly kind: 'changed'; readonly by?: Author; readonly version: number }
  | { readonly kind: 'voided' | 'taken-back'; readonly by: Author }
);

/** Where the next page begins. `key` tells apart what happened in one millisecond. */
export interface TimelineCursor {
  readonly at: number;
  readonly key: string;
}

export interface Timeline {
  /** Newest first; a page opens only what it shows, however long the record. */
  page(
    patient: PatientId,
    page: { readonly limit: number; readonly before?: TimelineCursor },
  ): Promise<{ readonly entries: readonly TimelineEntry[]; readonly earlier?: TimelineCursor }>;
  readonly referrals: PatientReferrals;
}

export interface TimelinePorts {
  readonly store: Store;
  readonly consultations: Pick<Consultations, 'get'>;
  readonly attachments: Pick<Attachments, 'get'>;
}

/** Something that may be on the page: its place in the order, and how to read it. */
interface Candidate extends TimelineCursor {
  read(): Promise<TimelineEntry>;
}

/** Sorts before and after every id. */
const [firstId, lastId] = ['', '~'];

const consultationTimes = statement<{ patient: string; at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('consultation')
    .select(['id', 'at'])
    .where('patient', '=', values.patient)
    .where((row) => row(row.refTuple('at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);
const attachmentTimes = statement<{ patient: string; at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('attachment')
    .select(['id', 'created_at as at'])
    .where('patient', '=', values.patient)
    .where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);
const versionTimes = statement<{ patient: string; at: number; version: number; limit: number }>()((db, values) =>
  db
    .selectFrom('patient_version')
    .select(['version', 'changed_at as at', 'by_user', 'by_name'])
    .where('patient', '=', values.patient)
    .where((row) => row(row.refTuple('changed_at', 'version'), '<', row.tuple(values.at, values.version)))
    .orderBy('changed_at', 'desc')
    .orderBy('version', 'desc')
    .limit(values.limit),
);
const actTimes = statement<{ patient: string; at: number; id: string; limit: number }>()((db, values) =>
  db
    .selectFrom('patient_act')
    .select(['id', 'kind', 'at', 'by_user', 'by_name'])
    .where('patient', '=', values.patient)
    .where((row) => row(row.refTuple('at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);
const importOf = statement<{ patient: string }>()((db, values) =>
  db.selectFrom('patient').select('import_id').where('id', '=', values.patient),
);

/** What happened, by date: consultations, files, referrals, and who wrote the record (screen 4). */
export function openTimeline(ports: TimelinePorts): Timeline {
  return {
    page: async (patient, { limit, before = { at: Number.MAX_SAFE_INTEGER, key: '' } }) => {
      checkPageSize(limit);
      const candidates = await ports.store.read(async (reader) => [
        ...(await keyed(reader, ports, patient, before, limit + 1)),
        ...(await writings(reader, patient, before, limit + 1)),
        ...(await decisions(reader, patient, before, limit + 1)),
      ]);
      const found = candidates.filter((one) => isBefore(one, before)).toSorted((a, b) => (isBefore(a, b) ? 1 : -1));
      const shown = found.slice(0, limit);
      const entries: TimelineEntry[] = [];
      for (const one of shown) entries.push(await one.read());
      const last = shown.at(-1);
      return found.length > limit && last !== undefined
        ? { entries, earlier: { at: last.at, key: last.key } }
        : { entries };
    },
    referrals: openPatientReferrals(ports.store),
  };
}

/** Consultations and files: from the index, no more than a page of each, as of everything else. */
async function keyed(
  reader: Reader,
  { consultations, attachments }: TimelinePorts,
  patient: PatientId,
  before: TimelineCursor,
  limit: number,
): Promise<Candidate[]> {
  const from = (kind: string) => ({ patient, at: before.at, id: idBefore(kind, before.key), limit });
  const seen = (await reader.all(consultationTimes, from('consultation'))).map(({ id, at }): Candidate => ({
    at,
    key: `consultation:${id}`,
    read: async () => {
      const consultation = await consultations.get(id as ConsultationId);
      return { kind: 'consultation', at: consultation.at, consultation };
    },
  }));
  const given = (await reader.all(attachmentTimes, from('attachment'))).map(({ id, at }): Candidate => ({
    at,
    key: `attachment:${id}`,
    read: async () => {
      const attachment = await attachments.get(parseAttachmentId(id));
      return { kind: 'attachment', at: attachment.createdAt, attachment };
    },
  }));
  return [...seen, ...given];
}

/** Who wrote the record: the first version is its registration, or came with an import. */
async function writings(
  reader: Reader,
  patient: PatientId,
  { at: from, key }: TimelineCursor,
  limit: number,
): Promise<Candidate[]> {
  const row = await reader.first(patientById, { id: patient });
  if (row === undefined) throw new RecordsError('unknown-patient', 'no patient with this id');
  const imported = (await reader.first(importOf, { patient }))?.import_id != null;
  const now = { version: row.version, at: row.changed_at, by_user: row.by_user, by_name: row.by_name };
  const range = { patient, at: from, version: versionBefore(key), limit };
  return [...(await reader.all(versionTimes, range)), now].map(({ version, at: ms, ...who }) => {
    const at = ms as Instant;
    const what: TimelineEntry =
      version === 1
        ? { kind: 'registered', at, ...authorOf(who), imported }
        : { kind: 'changed', at, ...authorOf(who), version };
    return settled(`writing:${String(version).padStart(9, '0')}`, what);
  });
}

async function decisions(
  reader: Reader,
  patient: PatientId,
  before: TimelineCursor,
  limit: number,
): Promise<Candidate[]> {
  const range = { patient, at: before.at, id: idBefore('act', before.key), limit };
  const acts = (await reader.all(actTimes, range)).map((act) => {
    const by = { user: act.by_user, name: act.by_name };
    return settled(`act:${act.id}`, { kind: act.kind, at: act.at as Instant, by });
  });
  const place = { at: before.at, id: idBefore('referral', before.key) };
  const referrals = (await referralsBefore(reader, patient, place, limit)).map(({ at, ...referral }) =>
    settled(`referral:${referral.id}`, { kind: 'referral', at, referral }),
  );
  return [...acts, ...referrals];
}

function settled(key: string, entry: TimelineEntry): Candidate {
  return { at: entry.at, key, read: () => Promise.resolve(entry) };
}

/** The id from which a kind's index is read on, so that it goes on exactly where the page before ended. */
function idBefore(kind: string, key: string): string {
  if (key.startsWith(`${kind}:`)) return key.slice(kind.length + 1);
  return `${kind}:` < key ? lastId : firstId;
}

/** The same for the versions of the record, whose keys are numbers. */
function versionBefore(key: string): number {
  const id = idBefore('writing', key);
  return id === lastId ? Number.MAX_SAFE_INTEGER : Number(id === firstId ? -1 : id);
}

/** Newest first; of one moment the greater key first. */
function isBefore(one: TimelineCursor, other: TimelineCursor): boolean {
  return one.at < other.at || (one.at === other.at && one.key < other.key);
}
