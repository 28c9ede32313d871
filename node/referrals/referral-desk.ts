import type { ReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { PatientId } from '../records/model.ts';
import { openSilentPeers, type SilentPeersPorts } from '../peers/silent-peers.ts';
import { openDecisions, type Decisions } from './decisions.ts';
import { openDrafts, type ReferralDrafts } from './drafts/drafts.ts';
import { evidenceOfReceived, evidenceOfSent, type Evidence } from './evidence.ts';
import { openMatching, type Matching } from './matching/matching.ts';
import type { ReferralsPorts } from './open-referrals.ts';
import { peerReach, type PeerReach } from './peer-reach.ts';
import { referralQueries } from './referral-queries.ts';
import type { Actor, ReferralDetail, Referrals } from './referrals.ts';
import { storyOf, type StoryEvent } from './story.ts';
import { nextUndecided, openedQueries, sentOfPatient } from './work-queries.ts';

/** What people at a desk do with referrals, around what is signed and sent (screens 3, 6, 7, 11). */
export interface ReferralDesk {
  readonly decisions: Decisions;
  readonly drafts: ReferralDrafts;
  readonly matching: Matching;
  /** Marks a received referral as read; who was first stays. */
  noteOpened(referral: ReferralId, reader: Actor): Promise<void>;
  openedBy(referral: ReferralId): Promise<{ readonly by: string; readonly at: Instant } | undefined>;
  story(detail: ReferralDetail): Promise<readonly StoryEvent[]>;
  evidenceOfReceived(detail: ReferralDetail): Promise<Evidence | undefined>;
  evidenceOfSent(detail: ReferralDetail): Promise<readonly Evidence[]>;
  /** Every hospital that can be asked, and whether it can be reached: who was silent long is asked, for a moment. */
  peers(): Promise<readonly PeerReach[]>;
  /** The received referral that waits for a decision most: the most urgent, then the oldest, without this one. */
  nextUndecided(but: ReferralId): Promise<ReferralId | undefined>;
  /** Whom a sent referral is about, while the record is there. */
  patientOf(referral: ReferralId): Promise<PatientId | undefined>;
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

export function openReferralDesk(
  ports: ReferralsPorts & SilentPeersPorts & { readonly referrals: Referrals },
): ReferralDesk {
  const { store, clock, referrals } = ports;
  const askSilent = openSilentPeers(ports);
  return {
    decisions: openDecisions(ports),
    drafts: openDrafts(ports),
    matching: openMatching(ports),
    noteOpened: async (referral, { id, name }) => {
      if ((await store.read((reader) => reader.first(openedQueries.get, { referral }))) !== undefined) return;
      const mark = { referral, by_id: id, by_name: name, at: clock.now() };
      await store.write((writer) => writer.run(openedQueries.note, mark), { essential: true });
    },
    openedBy: (referral) =>
      store.read(async (reader) => {
        const row = await reader.first(openedQueries.get, { referral });
        return row === undefined ? undefined : { by: row.by_name, at: instantOfMs(row.at) };
      }),
    story: (detail) => storyOf(referrals, detail),
    evidenceOfReceived: (detail) => evidenceOfReceived(ports, detail),
    evidenceOfSent: (detail) => evidenceOfSent(ports, detail),
    nextUndecided: (but) =>
      store.read(async (reader) => (await reader.first(nextUndecided, { but }))?.id as ReferralId | undefined),
    patientOf: async (referral) => {
      const query = { id: referral, direction: 'sent' } as const;
      const row = await store.read((reader) => reader.first(referralQueries.get, query));
      if (row === undefined || row.patient === null) return undefined;
      return (await ports.patients.find(row.patient as PatientId))?.id;
    },
    peers: async () => peerReach(ports, await askSilent()),
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
