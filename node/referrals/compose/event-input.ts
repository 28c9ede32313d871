import type { Role, StateName } from '../../../protocol/bundle/fhir/terms.ts';
import type { NodeName, ReferralId } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { Author, Party, Priority, ReferralAttachment, Setting } from './input.ts';

/** An Identifier as the referral wrote it, so that an event can name its subject without its data. */
export interface LogicalId {
  readonly system: string;
  readonly value: string;
}

/** What an event repeats of the referral that it belongs to. */
export interface ReferralFacts {
  readonly id: ReferralId;
  /** The referring hospital, whose numbers the next three are. */
  readonly referrer: NodeName;
  readonly number: string;
  readonly serviceRequest: LogicalId;
  readonly patient: LogicalId;
  /** MessageHeader.id of the referral: what an event of the receiver answers. */
  readonly messageId: string;
  /** Task.id of the referral; the same in every event. */
  readonly taskId: string;
  readonly priority: Priority;
  readonly writtenAt: Instant;
  readonly expiresAt: Instant;
  /** The receiving hospital and its number of the case, known from the acceptance on. */
  readonly filler?: { readonly node: NodeName; readonly number: string };
}

/** The extension event-order: which event of its author this is, and what its author had seen (Spec bundle §2). */
export interface EventOrder {
  readonly seq: number;
  /** SHA-256 of the plaintext bytes of the author's event before this one; absent exactly when `seq` is 1. */
  readonly prev?: Uint8Array;
  /** SHA-256 of the plaintext bytes of the last event taken from the other party. */
  readonly seen?: Uint8Array;
}

export interface AppointmentTime {
  readonly start: Instant;
  readonly end: Instant;
  readonly place: string;
}

/** What happened: each event with what it must carry (Spec bundle §6). */
export type EventContent =
  /** `number` is the receiving hospital's own number of the case: the FILL identifier. */
  | { readonly event: 'referral-accepted'; readonly number: string; readonly note?: string }
  | { readonly event: 'referral-rejected'; readonly reason: string; readonly advice?: string }
  | { readonly event: 'info-requested'; readonly question: string }
  | {
      readonly event: 'info-provided';
      readonly answer: string;
      readonly attachments: readonly ReferralAttachment[];
      readonly backTo: StateName;
    }
  | { readonly event: 'scheduled' | 'rescheduled'; readonly appointment: AppointmentTime; readonly note?: string }
  | { readonly event: 'not-attended'; readonly appointment: AppointmentTime }
  | { readonly event: 'appointment-cancelled'; readonly reason: string; readonly appointment?: AppointmentTime }
  | { readonly event: 'started'; readonly at: Instant; readonly encounterClass: 'AMB' | 'EMER' | 'IMP' }
  | { readonly event: 'interim-note'; readonly text: string; readonly title?: string }
  | {
      readonly event: 'referral-completed';
      readonly report: string;
      readonly title?: string;
      readonly treated?: { readonly from: Instant; readonly to: Instant };
      readonly attachments: readonly ReferralAttachment[];
    }
  | { readonly event: 'withdrawn'; readonly reason: string }
  | { readonly event: 'cancel-requested'; readonly reason: string }
  | { readonly event: 'cancel-confirmed' }
  | { readonly event: 'cancel-declined'; readonly reason: string; readonly backTo: StateName }
  | { readonly event: 'expired' }
  | { readonly event: 'voided'; readonly reason: string; readonly second: Author };

export interface EventInput extends Setting {
  readonly from: Party;
  readonly to: Party;
  readonly referral: ReferralFacts;
  readonly order: EventOrder;
  readonly content: EventContent;
  /** The state that the event leaves; `cancel-requested` keeps its Task.status. */
  readonly before: StateName;
  /** Whether the receiving hospital had accepted before this event: it decides between `received` and `on-hold`. */
  readonly accepted: boolean;
  /** The node itself acts for the role `machine`; every other role is a person. */
  readonly author: { readonly role: 'machine' } | (Author & { readonly role: Exclude<Role, 'machine'> });
  /** When it happened; `now` unless it was entered later. */
  readonly occurredAt?: Instant;
  readonly confidentiality?: 'R' | 'V';
  /** The referral went out by break-glass. */
  readonly emergency?: boolean;
}
