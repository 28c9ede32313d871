import type { ReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { PatientId } from '../records/model.ts';
import type { Writer } from '../store/store.ts';
import { openDecisions, type Decisions } from './decisions.ts';
import { openDrafts, type ReferralDrafts } from './drafts/drafts.ts';
import { evidenceOfReceived, evidenceOfSent, type Evidence } from './evidence.ts';
import { openMatching, type Matching } from './matching/matching.ts';
import type { ReferralsPorts } from './open-referrals.ts';
import { peerReach, type PeerReach } from './peer-reach.ts';
import type { Actor, ReferralDetail, Referrals } from './referrals.ts';
import { storyOf, type StoryEvent } from './story.ts';
import { openedQueries, sentOfPatient } from './work-queries.ts';

/** What people at a desk do with referrals, around what is signed and sent (screens 3, 6, 7, 11). */
export interface ReferralDesk {
  readonly decisions: Decisions;
  readonly drafts: ReferralDrafts;
  readonly matching: Matching;
  /** Marks a received referral as read, in the transaction of the access entry; who was first stays. */
  noteOpened(writer: Writer, referral: ReferralId, reader: Actor): Promise<void>;
  openedBy(referral: ReferralId): Promise<{ readonly by: string; readonly at: Instant } | undefined>;
  story(detail: ReferralDetail): Promise<readonly StoryEvent[]>;
  evidenceOfReceived(referral: ReferralId): Promise<Evidence | undefined>;
  evidenceOfSent(referral: ReferralId): Promise<readonly Evidence[]>;
  peers(): Promise<readonly PeerReach[]>;
  /** Referrals that this hospital sent of a patient, newest first. */
  sentOf(patient: PatientId): Promise<readonly SentOfPatient[]>;
}

export interface SentOfPatient {
  readonly id: ReferralId;
  readonly peer: string;
  readonly state: string;
  readonly priority: 'routine' | 'urgent' | 'stat';
  readonly number: string;
  readonly createdAt: Instant;
}

export function openReferralDesk(ports: ReferralsPorts & { readonly referrals: Referrals }): ReferralDesk {
  const { store, clock, referrals } = ports;
  return {
    decisions: openDecisions(ports),
    drafts: openDrafts(ports),
    matching: openMatching(ports),
    noteOpened: async (writer, referral, { id, name }) => {
      await writer.run(openedQueries.note, { referral, by_id: id, by_name: name, at: clock.now() });
    },
    openedBy: (referral) =>
      store.read(async (reader) => {
        const row = await reader.first(openedQueries.get, { referral });
        return row === undefined ? undefined : { by: row.by_name, at: instantOfMs(row.at) };
      }),
    story: (detail) => storyOf(referrals, detail),
    evidenceOfReceived: (referral) => evidenceOfReceived(ports, referral),
    evidenceOfSent: (referral) => evidenceOfSent(ports, referral),
    peers: () => peerReach(ports),
    sentOf: (patient) =>
      store.read(async (reader) => {
        const rows = await reader.all(sentOfPatient, { patient });
        return rows.map(({ id, peer, state, priority, number, created_at }) => ({
          id: id as ReferralId,
          peer,
          state,
          priority,
          number,
          createdAt: instantOfMs(created_at),
        }));
      }),
  };
}
