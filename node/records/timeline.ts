import type { Instant } from '../../protocol/instant.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Store } from '../store/store.ts';
import type { Attachments } from './attachments.ts';
import type { Consultations } from './consultations.ts';
import { RecordsError } from './errors.ts';
import { pageSizeMax } from './limits.ts';
import type { Attachment, Author, Consultation, ConsultationId, PatientId } from './model.ts';
import { actsOf } from './patient-act-queries.ts';
import { patientById } from './patient-queries.ts';
import { authorOf } from './patient-rows.ts';
import { parseAttachmentId } from '../../protocol/ids.ts';

/** A referral as the timeline shows it; whoever wants more opens it. */
export interface TimelineReferral {
  readonly id: string;
  readonly direction: 'sent' | 'received';
  readonly peer: string;
  readonly state: string;
  readonly priority: 'routine' | 'urgent' | 'stat';
  readonly number: string;
}

export type DatedReferral = TimelineReferral & { readonly at: Instant };

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
  /** Referrals sent, and received ones that somebody linked to this patient; newest first. */
  referrals(patient: PatientId): Promise<readonly DatedReferral[]>;
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
const referralColumns = ['id', 'direction', 'peer', 'state', 'priority', 'number', 'created_at as at'] as const;
/** Sent ones, and received ones that somebody linked to this patient. */
const referralsOf = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('referral')
    .select(referralColumns)
    .where('patient', '=', values.patient)
    .union(
      db
        .selectFrom('referral')
        .select(referralColumns)
        .where('direction', '=', 'received')
        .where('id', 'in', (linked) =>
          linked
            .selectFrom('referral_match')
            .select('referral')
            .where('patient', '=', values.patient)
            .where('answer', '=', 'same')
            .where('undone_at', 'is', null),
        ),
    ),
);
const versionTimes = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('patient_version')
    .select(['version', 'changed_at as at', 'by_user', 'by_name'])
    .where('patient', '=', values.patient),
);
const importOf = statement<{ patient: string }>()((db, values) =>
  db.selectFrom('patient').select('import_id').where('id', '=', values.patient),
);

/** What happened, by date: consultations, files, referrals, and who wrote the record (screen 4). */
export function openTimeline(ports: TimelinePorts): Timeline {
  return {
    page: async (patient, { limit, before = { at: Number.MAX_SAFE_INTEGER, key: '' } }) => {
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > pageSizeMax)
        throw new RecordsError('invalid-details', `a page has 1 to ${pageSizeMax} entries`);
      const candidates = await ports.store.read(async (reader) => [
        ...(await keyed(reader, ports, patient, before, limit + 1)),
        ...(await writings(reader, patient)),
        ...(await decisions(reader, patient)),
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
    referrals: (patient) => ports.store.read((reader) => referralsTo(reader, patient)),
  };
}

/** Consultations and files, of which there may be thousands: from the index, no more than a page of each. */
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
async function writings(reader: Reader, patient: PatientId): Promise<Candidate[]> {
  const row = await reader.first(patientById, { id: patient });
  if (row === undefined) throw new RecordsError('unknown-patient', 'no patient with this id');
  const imported = (await reader.first(importOf, { patient }))?.import_id != null;
  const now = { version: row.version, at: row.changed_at, by_user: row.by_user, by_name: row.by_name };
  return [...(await reader.all(versionTimes, { patient })), now].map(({ version, at: ms, ...who }) => {
    const at = ms as Instant;
    const what: TimelineEntry =
      version === 1
        ? { kind: 'registered', at, ...authorOf(who), imported }
        : { kind: 'changed', at, ...authorOf(who), version };
    return settled(`writing:${String(version).padStart(9, '0')}`, what);
  });
}

async function decisions(reader: Reader, patient: PatientId): Promise<Candidate[]> {
  const acts = (await reader.all(actsOf, { patient })).map((act) => {
    const by = { user: act.by_user, name: act.by_name };
    return settled(`act:${act.id}`, { kind: act.kind, at: act.at as Instant, by });
  });
  const referrals = (await referralsTo(reader, patient)).map(({ at, ...referral }) =>
    settled(`referral:${referral.id}`, { kind: 'referral', at, referral }),
  );
  return [...acts, ...referrals];
}

async function referralsTo(reader: Reader, patient: PatientId): Promise<DatedReferral[]> {
  const rows = await reader.all(referralsOf, { patient });
  return rows.map(({ at, ...referral }) => ({ ...referral, at: at as Instant })).toSorted((a, b) => b.at - a.at);
}

function settled(key: string, entry: TimelineEntry): Candidate {
  return { at: entry.at, key, read: () => Promise.resolve(entry) };
}

/** The id from which a kind's index is read on, so that it goes on exactly where the page before ended. */
function idBefore(kind: string, key: string): string {
  if (key.startsWith(`${kind}:`)) return key.slice(kind.length + 1);
  return `${kind}:` < key ? lastId : firstId;
}

/** Newest first; of one moment the greater key first. */
function isBefore(one: TimelineCursor, other: TimelineCursor): boolean {
  return one.at < other.at || (one.at === other.at && one.key < other.key);
}
