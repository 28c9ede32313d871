import type { Named, AttachmentId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';

/** Names one patient of this hospital: a UUID, never shown to another hospital. */
export type PatientId = Named<string, 'PatientId'>;
export type ConsultationId = Named<string, 'ConsultationId'>;

export type Sex = 'male' | 'female' | 'other' | 'unknown';

export interface Bystander {
  readonly name?: string;
  readonly relation?: string;
  readonly phone?: string;
}

export interface Insurance {
  readonly insurer?: string;
  readonly policyNumber?: string;
  /** FHIR dates: YYYY, YYYY-MM or YYYY-MM-DD. */
  readonly validFrom?: string;
  readonly validTo?: string;
}

/**
 * Who a patient is and what is known of the past (Spec bundle §3, §9). Texts are NFC and hold no NUL or C0 but TAB, CR, LF;
 * numbers are text. An absent member was not told; an empty list says nothing either (nobody is marked "none known").
 */
export interface PatientDetails {
  /** The id that the hospital's own system or CSV file gives: an Identifier of system `https://<node>/csv-id`. */
  readonly csvId: string;
  readonly mrn?: string;
  readonly nationalId?: string;
  /** At least one of the three names is present. */
  readonly familyName?: string;
  readonly givenNames?: string;
  readonly nameNative?: string;
  readonly sex?: Sex;
  /** YYYY, YYYY-MM or YYYY-MM-DD. */
  readonly birthDate?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly addressLine?: string;
  readonly city?: string;
  readonly postalCode?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** BCP 47. */
  readonly language?: string;
  readonly bystander?: Bystander;
  readonly insurance?: Insurance;
  readonly allergies: readonly string[];
  readonly conditions: readonly string[];
  readonly medications: readonly string[];
  readonly immunizations: readonly string[];
  readonly familyHistory: readonly string[];
  readonly procedures: readonly string[];
  readonly policeCase: boolean;
  readonly policeCaseNumber?: string;
  readonly notes?: string;
  /** RFC 3339, as the hospital's own system wrote it. */
  readonly updatedAt?: string;
}

/** The user of this hospital who writes; for people, not for deciding what is allowed. */
export interface Author {
  /** Of the node's user list. */
  readonly user: string;
  readonly name: string;
}

export interface PatientRecord {
  readonly id: PatientId;
  /** Rises by one with each change; an edit names the version it was made from. */
  readonly version: number;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  /** Who wrote this version; absent for a program of the hospital. */
  readonly by?: Author;
  readonly details: PatientDetails;
}

/** Why a consultation says something else than at first: what was left out is added, or what was wrong corrected. */
export interface ConsultationChange {
  readonly kind: 'addition' | 'correction';
  readonly reason: string;
}

/** One dated consultation. What it said at first stays for ever; an addition or correction is a version of its own. */
export interface Consultation {
  readonly id: ConsultationId;
  readonly patient: PatientId;
  readonly at: Instant;
  /** HL7 v3 ActCode: AMB ambulatory, EMER emergency, IMP inpatient. */
  readonly encounterClass: 'AMB' | 'EMER' | 'IMP';
  readonly reason: string;
  readonly findings?: string;
  readonly diagnoses: readonly string[];
  readonly prescriptions: readonly string[];
  /** The person who saw the patient, as shown to people. */
  readonly practitioner: string;
  /** Who wrote this version, and as what; absent when a program of the hospital did. */
  readonly author?: Author & { readonly role: string };
  /** 1 for what was written first; rises by one with each change. */
  readonly version: number;
  /** When this version was written. */
  readonly writtenAt: Instant;
  /** Present from version 2 on. */
  readonly change?: ConsultationChange;
}

/** A file of any type and size that belongs to a patient. Its bytes lie in blobs, sealed; the key lies with this, sealed. */
export interface Attachment {
  readonly id: AttachmentId;
  readonly patient: PatientId;
  readonly consultation?: ConsultationId;
  /** Display text, never a path. */
  readonly title: string;
  readonly contentType: string;
  /** The bytes are not of a type that is safe to show, or not of the type that was declared. */
  readonly downloadOnly: boolean;
  /** Bytes of the plaintext. */
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly createdAt: Instant;
}
