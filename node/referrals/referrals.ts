import type { AttachmentId, NodeName, ReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { ByteStream } from '../platform/files.ts';
import type { ConsultationId, PatientId } from '../records/model.ts';
import type { Writer } from '../store/store.ts';
import type { Review } from './review/review.ts';

export type Priority = 'routine' | 'urgent' | 'stat';

/** The person of this hospital who acts; the id is that of the node's user list. */
export interface Actor {
  readonly id: string;
  readonly name: string;
}

export interface SendReferral {
  readonly to: NodeName;
  readonly patient: PatientId;
  readonly priority: Priority;
  /** Why the patient is referred. */
  readonly reason: string;
  /** What the receiver is asked to do. */
  readonly question: string;
  readonly specialty?: string;
  readonly note?: string;
  /** All of the patient's when not told. */
  readonly consultations?: readonly ConsultationId[];
  readonly attachments?: readonly AttachmentId[];
  /** By what right the data leave; a consent of one year from now when not told. */
  readonly ground?:
    | {
        readonly kind: 'consent';
        readonly from: Instant;
        readonly to: Instant;
        /** A representative consents for a child or for someone who cannot. */
        readonly givenBy?: 'patient' | 'representative';
      }
    | { readonly kind: 'break-glass'; readonly reason: string };
  /** Until when the receiver may accept; 30 days when not told. */
  readonly expiresAt?: Instant;
  /** Flags the case for the police beside what the patient's record says (Spec bundle §3, alerts). */
  readonly policeCase?: boolean;
  /** IANA name of the zone in which its times are written; the moments do not depend on it. UTC when not told. */
  readonly zone?: string;
  /** The mark of the preview that its author saw: it is not sent when the record says something else by now. */
  readonly seen?: string;
  readonly author: Actor;
}

/** One step of the parcel line, as proven so far (Spec bundle §5). */
export type DeliveryState =
  'preparing' | 'queued' | 'leaving' | 'withdrawing' | 'delivered' | 'refused' | 'withdrawn' | 'set-aside';

export interface Delivery {
  readonly bundle: string;
  readonly kind: 'referral' | 'event' | 'notice';
  readonly state: DeliveryState;
  readonly priority: Priority;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly deadline: Instant;
  readonly overdue: boolean;
  readonly doneAt: Instant | undefined;
  /** The last trouble as code and sentence; empty when there was none. */
  readonly troubleCode: string;
  readonly trouble: string;
  /** The other side's tlog-proof: the receipt, or the proof of the refusal. */
  readonly proof: string | undefined;
}

export interface ReferralLine {
  readonly id: ReferralId;
  readonly direction: 'sent' | 'received';
  readonly peer: NodeName;
  readonly state: string;
  readonly priority: Priority;
  readonly number: string;
  /** Who it is about and why; opened for people who may see it. */
  readonly summary: ReferralSummary;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  readonly expiresAt: Instant;
}

export interface ReferralSummary {
  readonly patientName: string;
  readonly csvId: string;
  readonly sex: string;
  readonly birthDate: string;
  readonly reason: string;
  readonly question: string;
  /** The department that is asked, where the sender named one. */
  readonly specialty?: string;
}

export interface ReferralDetail extends ReferralLine {
  /** Whether the receiver has accepted, a question or a request to cancel that is open now aside. */
  readonly isAccepted: boolean;
  readonly events: readonly {
    readonly name: string;
    readonly author: 'sender' | 'receiver';
    readonly seq: number;
    readonly at: Instant;
    readonly status: 'applied' | 'waiting' | 'not-applied' | 'pending';
    readonly reason: string;
    /** SHA-256 of the exact plaintext, hex. */
    readonly digest: string;
    /** The same of the last event of the other hospital that its author had; empty where there was none. */
    readonly seen: string;
    readonly message: string;
  }[];
  /** What a person decides on; undefined while the referral itself has not arrived. */
  readonly review: Review | undefined;
  /** Plain text rows by section, as the receiver shows them. */
  readonly sections: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[];
  readonly attachments: readonly {
    readonly id: AttachmentId;
    readonly title: string;
    readonly contentType: string;
    readonly size: number;
    readonly sha256: string;
  }[];
  /** What was sent of it, with each receipt; `message` names the event that it carries. */
  readonly deliveries: readonly (Delivery & { readonly message: string })[];
  /** For received ones: the tlog-proof of our own received leaf, which the sender holds as receipt. */
  readonly receipt: string | undefined;
}

/** Event 6: what the sender reads, word for word. */
export interface AskedQuestion {
  readonly question: string;
  readonly author: Actor;
}

/** Event 7: the answer to the open question, with files of the patient that were not sent before. */
export interface GivenAnswer {
  /** Message id of the question that was read; the open one without. */
  readonly to?: string;
  readonly text: string;
  readonly attachments?: readonly AttachmentId[];
  readonly author: Actor;
}

/** A request to cancel is confirmed, or declined with the reason that the sender reads. */
export type CancelAnswer =
  | { readonly kind: 'confirmed'; readonly author: Actor }
  | { readonly kind: 'declined'; readonly reason: string; readonly author: Actor };

/** A referral as its receiver would see it, before it is sent. */
export interface ReferralPreview {
  /** Made by the code that reads a received one. */
  readonly review: Review;
  /** Of what the record says in it; sending takes it as `seen`. */
  readonly mark: string;
  /** Bytes of the document, and of everything that travels. */
  readonly documentBytes: number;
  readonly totalBytes: number;
  /** What receivers of this specialty usually ask for and did not get, in words. */
  readonly missing: readonly string[];
  /** Referrals of this patient to the same hospital that are still open. */
  readonly open: readonly ReferralLine[];
}

/** The workflow of referrals at this hospital (Spec bundle §5, §6). Errors are `OperationError`. */
export interface Referrals {
  /** Composes the referral and puts it into the outbox; it leaves when the node runs. */
  send(
    referral: SendReferral,
    also?: (writer: Writer, referral: ReferralId) => Promise<void>,
  ): Promise<{ readonly id: ReferralId; readonly number: string; readonly bundle: string }>;
  /** The same without storing or sending anything. */
  preview(referral: SendReferral): Promise<ReferralPreview>;
  list(
    direction: 'sent' | 'received',
    page: { readonly limit: number; readonly before?: { readonly at: number; readonly id: string } },
  ): Promise<readonly ReferralLine[]>;
  show(id: ReferralId): Promise<ReferralDetail>;
  /** Event 4: the number becomes our FILL identifier. `also` is written in the transaction of the event. */
  accept(
    id: ReferralId,
    decision: { readonly note?: string; readonly author: Actor },
    also?: (writer: Writer) => Promise<void>,
  ): Promise<void>;
  /** Event 5: the reason is what the sender reads. */
  reject(
    id: ReferralId,
    decision: { readonly reason: string; readonly advice?: string; readonly author: Actor },
    also?: (writer: Writer) => Promise<void>,
  ): Promise<void>;
  /** Event 6: asks the sender; the referral waits for the answer, and can be decided all the same. */
  ask(id: ReferralId, question: AskedQuestion, also?: (writer: Writer) => Promise<void>): Promise<void>;
  /** Event 7: answers the open question; the referral goes on from where it was. Fails with `wrong-state` without one. */
  answer(id: ReferralId, answer: GivenAnswer): Promise<void>;
  /** Events 16 and 17: what a clinician says to a request to cancel. */
  answerCancel(id: ReferralId, answer: CancelAnswer): Promise<void>;
  /** Takes back a bundle that has no receipt yet: a withdrawn leaf at once, then DELETE (Spec §6). */
  withdraw(id: ReferralId, by?: { readonly author?: Actor; readonly reason?: string }): Promise<void>;
  /** Received referrals about the patient that this peer calls by this CSV id, newest first. */
  findByCsvId(peer: NodeName, csvId: string): Promise<readonly ReferralLine[]>;
  /** The exact plaintext bytes of an event, as composed or received. */
  document(id: ReferralId, message: string): Promise<Uint8Array>;
  /** The plaintext of an attachment of a received referral, verified chunk by chunk. */
  readAttachment(id: ReferralId, attachment: AttachmentId): ByteStream;
  outbox(): Promise<readonly (Delivery & { readonly peer: NodeName; readonly referral: ReferralId })[]>;
}
