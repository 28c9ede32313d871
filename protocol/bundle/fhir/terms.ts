/** The codes and systems that our profile speaks (Spec bundle §2 to §6, §11). */
export const ourBase = 'https://fernpost.example/fhir';
export const systems = {
  nodeId: `${ourBase}/node-id`,
  event: `${ourBase}/CodeSystem/referral-event`,
  state: `${ourBase}/CodeSystem/referral-state`,
  role: `${ourBase}/CodeSystem/role`,
  flag: `${ourBase}/CodeSystem/flag`,
  v2Event: 'http://terminology.hl7.org/CodeSystem/v2-0003',
  v2Identifier: 'http://terminology.hl7.org/CodeSystem/v2-0203',
  v2Relationship: 'http://terminology.hl7.org/CodeSystem/v2-0131',
  bser: 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  participationType: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  participantType: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  consentScope: 'http://terminology.hl7.org/CodeSystem/consentscope',
  consentAction: 'http://terminology.hl7.org/CodeSystem/consentaction',
  conditionCategory: 'http://terminology.hl7.org/CodeSystem/condition-category',
  emptyReason: 'http://terminology.hl7.org/CodeSystem/list-empty-reason',
  loinc: 'http://loinc.org',
  uri: 'urn:ietf:rfc:3986',
} as const;

export const profileUrl = `${ourBase}/StructureDefinition/referral-message`;
export const eventOrderUrl = `${ourBase}/StructureDefinition/event-order`;
export const attachmentSha256Url = `${ourBase}/StructureDefinition/attachment-sha256`;
export const attachmentKeyUrl = `${ourBase}/StructureDefinition/attachment-key`;
/** Beside `size` for files above 2 GiB, which FHIR's 32-bit `size` cannot say. */
export const attachmentSizeUrl = `${ourBase}/StructureDefinition/attachment-size`;

export const stateNames = [
  'draft',
  'sent',
  'received',
  'info-requested',
  'accepted',
  'rejected',
  'scheduled',
  'not-attended',
  'appointment-cancelled',
  'in-progress',
  'cancel-requested',
  'cancelled',
  'completed',
  'expired',
  'void',
] as const;
export type StateName = (typeof stateNames)[number];

/** The events that travel as message Bundles; the receipt and the technical refusal do not (Spec bundle §6). */
export const messageEvents = [
  'referral-sent',
  'referral-accepted',
  'referral-rejected',
  'info-requested',
  'info-provided',
  'scheduled',
  'rescheduled',
  'not-attended',
  'appointment-cancelled',
  'started',
  'interim-note',
  'referral-completed',
  'withdrawn',
  'cancel-requested',
  'cancel-confirmed',
  'cancel-declined',
  'expired',
  'voided',
  'forwarded',
] as const;
export type MessageEvent = (typeof messageEvents)[number];

export const roles = ['referrer', 'triage', 'clinician', 'clerk', 'machine'] as const;
export type Role = (typeof roles)[number];

/** The sections of a referral note, by LOINC code (Spec bundle §3). */
export const sectionCodes = {
  reason: '42349-1',
  problems: '11450-4',
  allergies: '48765-2',
  medicines: '10160-0',
  immunizations: '11369-6',
  'family-history': '10157-6',
  procedures: '47519-4',
  'vital-signs': '8716-3',
  results: '30954-2',
  imaging: '18748-4',
  payers: '48768-6',
  alerts: '104605-1',
} as const;
export type SectionName = keyof typeof sectionCodes;

/** What each state is in Task.status and in BSeR's codes (Spec bundle §5). */
export interface StateRow {
  readonly statuses: readonly string[];
  /** BSeR code that must stand beside ours. */
  readonly bser: string | undefined;
}

export const stateRows: Readonly<Record<StateName, StateRow>> = {
  draft: { statuses: ['draft'], bser: undefined },
  sent: { statuses: ['requested'], bser: '2.0' },
  received: { statuses: ['received'], bser: '2.0' },
  'info-requested': { statuses: ['received', 'on-hold'], bser: undefined },
  accepted: { statuses: ['accepted'], bser: '3.0' },
  rejected: { statuses: ['rejected'], bser: '4.0' },
  scheduled: { statuses: ['in-progress'], bser: '5.1.1' },
  'not-attended': { statuses: ['in-progress'], bser: '5.1.2' },
  'appointment-cancelled': { statuses: ['in-progress'], bser: '5.1.3' },
  'in-progress': { statuses: ['in-progress'], bser: undefined },
  'cancel-requested': { statuses: ['received', 'accepted', 'in-progress', 'on-hold'], bser: '5.2' },
  cancelled: { statuses: ['cancelled'], bser: '6.0' },
  completed: { statuses: ['completed'], bser: '7.0' },
  expired: { statuses: ['cancelled'], bser: undefined },
  void: { statuses: ['entered-in-error'], bser: undefined },
};

const working: readonly StateName[] = [
  'received',
  'info-requested',
  'accepted',
  'scheduled',
  'not-attended',
  'appointment-cancelled',
  'in-progress',
];

/** The v2-0003 codes and the states that a message of each event may name (Spec bundle §4, §6). */
export interface EventRow {
  readonly v2Events: readonly string[];
  readonly states: readonly StateName[];
}

export const eventRows: Readonly<Record<MessageEvent, EventRow>> = {
  'referral-sent': { v2Events: ['I12'], states: ['sent'] },
  forwarded: { v2Events: ['I12'], states: ['sent'] },
  'referral-accepted': { v2Events: ['I13'], states: ['accepted'] },
  'referral-rejected': { v2Events: ['I13'], states: ['rejected'] },
  'info-requested': { v2Events: ['I13'], states: ['info-requested'] },
  'info-provided': { v2Events: ['I13'], states: working },
  scheduled: { v2Events: ['I13'], states: ['scheduled'] },
  rescheduled: { v2Events: ['I13'], states: ['scheduled'] },
  'not-attended': { v2Events: ['I13'], states: ['not-attended'] },
  'appointment-cancelled': { v2Events: ['I13'], states: ['appointment-cancelled'] },
  started: { v2Events: ['I13'], states: ['in-progress'] },
  'interim-note': { v2Events: ['I13'], states: ['in-progress'] },
  'referral-completed': { v2Events: ['I13'], states: ['completed'] },
  withdrawn: { v2Events: ['I14'], states: ['cancelled', 'cancel-requested'] },
  'cancel-requested': { v2Events: ['I14'], states: ['cancel-requested'] },
  'cancel-confirmed': { v2Events: ['I13'], states: ['cancelled'] },
  'cancel-declined': { v2Events: ['I13'], states: working },
  expired: { v2Events: ['I13', 'I14'], states: ['expired'] },
  voided: { v2Events: ['I13', 'I14'], states: ['void'] },
};
