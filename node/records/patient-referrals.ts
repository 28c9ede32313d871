import type { Instant } from '../../protocol/instant.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Store } from '../store/store.ts';
import { checkPageSize, latest, type ListCursor } from './paging.ts';
import type { PatientId } from './model.ts';

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

/** A page of a patient's referrals, newest first. */
export interface ReferralPage {
  readonly referrals: readonly DatedReferral[];
  readonly earlier?: ListCursor;
}

/** Referrals sent, and received ones that somebody linked to this patient. */
export interface PatientReferrals {
  page(
    patient: PatientId,
    page: { readonly limit: number; readonly before?: ListCursor | undefined },
  ): Promise<ReferralPage>;
  /** The newest of the received ones. */
  received(patient: PatientId, limit: number): Promise<readonly DatedReferral[]>;
  count(patient: PatientId): Promise<number>;
}

type Range = { patient: string; at: number; id: string; limit: number };

const columns = ['id', 'direction', 'peer', 'state', 'priority', 'number', 'created_at as at'] as const;

const sentBefore = statement<Range>()((db, values) =>
  db
    .selectFrom('referral')
    .select(columns)
    .where('patient', '=', values.patient)
    .where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);
/** People link them one by one: few enough to be put in order each time. */
const linkedBefore = statement<Range>()((db, values) =>
  db
    .selectFrom('referral')
    .select(columns)
    .where('direction', '=', 'received')
    .where('id', 'in', (linked) =>
      linked
        .selectFrom('referral_match')
        .select('referral')
        .where('patient', '=', values.patient)
        .where('answer', '=', 'same')
        .where('undone_at', 'is', null),
    )
    .where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);
const countSent = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('referral')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('patient', '=', values.patient),
);
const countLinked = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('referral_match')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('patient', '=', values.patient)
    .where('answer', '=', 'same')
    .where('undone_at', 'is', null),
);

export function openPatientReferrals(store: Store): PatientReferrals {
  return {
    page: (patient, { limit, before = latest }) => {
      checkPageSize(limit);
      return store.read(async (reader) => {
        const found = await referralsBefore(reader, patient, before, limit + 1);
        const referrals = found.slice(0, limit);
        const last = referrals.at(-1);
        return found.length > limit && last !== undefined
          ? { referrals, earlier: { at: last.at, id: last.id } }
          : { referrals };
      });
    },
    received: async (patient, limit) =>
      (await store.read((reader) => reader.all(linkedBefore, { patient, ...latest, limit }))).map(referralOf),
    count: (patient) =>
      store.read(async (reader) => {
        const sent = await reader.first(countSent, { patient });
        const linked = await reader.first(countLinked, { patient });
        return (sent?.count ?? 0) + (linked?.count ?? 0);
      }),
  };
}

/** The newest before a place, no more than `limit`: of one moment the greater id first. */
export async function referralsBefore(
  reader: Reader,
  patient: PatientId,
  { at, id }: ListCursor,
  limit: number,
): Promise<readonly DatedReferral[]> {
  const range = { patient, at, id, limit };
  const rows = [...(await reader.all(sentBefore, range)), ...(await reader.all(linkedBefore, range))];
  return rows
    .map(referralOf)
    .toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}

function referralOf({ at, ...referral }: TimelineReferral & { readonly at: number }): DatedReferral {
  return { ...referral, at: at as Instant };
}
