import type { AttachmentId, NodeName, NodeUrl, ReferralId } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { Consultation, ConsultationId, PatientDetails } from '../../records/model.ts';

/**
 * What the composers are told. They read no clock and make no number of their own: the same input and the same sequence
 * of ids give the same bytes, so that a composed message can be made again and compared.
 */

/** One hospital, as its card tells it. */
export interface Party {
  readonly name: NodeName;
  /** As shown to people. */
  readonly title: string;
  readonly url: NodeUrl;
}

/** A person of the sending hospital: the id is that of the node's own user list. */
export interface Author {
  readonly id: string;
  readonly name: string;
}

/** What both kinds of message need. */
export interface Setting {
  readonly now: Instant;
  /** IANA name of the zone in which times are written, as `Africa/Addis_Ababa`; the moments do not depend on it. */
  readonly zone: string;
  /** Version of this program, for MessageHeader.source. */
  readonly version: string;
  /** A new lower-case UUID at each call. */
  readonly uuid: () => string;
}

export type Priority = 'routine' | 'urgent' | 'stat';

/** By what right the patient's data leave: the patient's consent, or an emergency that a person answers for. */
export type Ground =
  | {
      readonly kind: 'consent';
      readonly from: Instant;
      readonly to: Instant;
      /** A representative consents for a child or for someone who cannot; then the patient is not named as the one who did. */
      readonly givenBy?: 'patient' | 'representative';
    }
  | { readonly kind: 'break-glass'; readonly reason: string };

/** Where an image belongs among the patient's studies; only what the DICOM file itself says. */
export interface DicomUids {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly sopClass: string;
  /** DICOM modality, as CR, CT, US. */
  readonly modality: string;
}

/** A file that travels beside the document in encrypted chunks; only its size, digest and key are written (Spec bundle §8). */
export interface ReferralAttachment {
  readonly id: AttachmentId;
  readonly title: string;
  readonly contentType: string;
  /** Bytes of the plaintext. */
  readonly size: number;
  readonly sha256: Uint8Array;
  /** The attachment key of Spec §4, 32 bytes. */
  readonly key: Uint8Array;
  readonly createdAt: Instant;
  readonly consultation?: ConsultationId;
  readonly dicom?: DicomUids;
}

/** What is known of the police in a medico-legal case beyond the patient's record. */
export interface PoliceNotice {
  readonly station: { readonly name: string; readonly email?: string };
  /** When the e-mail went out; absent when none was sent. */
  readonly mailSentAt?: Instant;
}

export interface ReferralInput extends Setting {
  readonly sender: Party;
  readonly receiver: Party;
  readonly referral: ReferralId;
  /** The hospital's own number, as `REF-A-2026-000117`. */
  readonly number: string;
  readonly patient: PatientDetails;
  /** The consultations that the author chose to send. */
  readonly consultations: readonly Consultation[];
  readonly attachments: readonly ReferralAttachment[];
  /** Why the patient is referred. */
  readonly reason: string;
  /** What the receiver is asked to do. */
  readonly question: string;
  readonly note?: string;
  /** The field of medicine asked, as shown to people. */
  readonly specialty?: string;
  readonly priority: Priority;
  /** When the referral expires if the receiver has not accepted it. */
  readonly expiresAt: Instant;
  readonly ground: Ground;
  readonly author: Author;
  /** When the referral was written; `now` unless it lay as a draft. */
  readonly writtenAt?: Instant;
  /** `V` (very restricted) where the hospital's policy says so for a medico-legal case. */
  readonly confidentiality?: 'R' | 'V';
  readonly police?: PoliceNotice;
  /** The rejected referral that this one forwards to another hospital (Spec bundle §6, event 20). */
  readonly basedOn?: ReferralId;
  /** The Identifier system of national numbers in this country; both hospitals must write the same to compare them. */
  readonly nationalIdSystem?: string;
}
