import type { Composition, Coverage, Practitioner, PractitionerRole, ServiceRequest, Task } from '@medplum/fhirtypes';
import { ComposeError } from './errors.ts';
import type { Content } from './content.ts';
import type { Frame } from './frame.ts';
import type { ReferralInput } from './input.ts';
import { displayName } from './patient.ts';
import { compositionSections } from './sections.ts';
import { businessStatus } from './states.ts';
import { concept, hospitalSystem, loinc, urnIdentifier } from './terms.ts';
import { present, referenceOf, referenceTo, textOf } from './values.ts';

/** The resources of one referral that name each other, by their ids. */
export interface Identities {
  readonly message: string;
  readonly task: string;
  readonly serviceRequest: string;
  readonly composition: string;
  readonly patient: string;
  readonly sender: string;
  readonly receiver: string;
  readonly author: string;
  readonly authorRole: string;
}

export interface Order {
  readonly input: ReferralInput;
  readonly frame: Frame;
  readonly content: Content;
  readonly ids: Identities;
  /** When the referral was written, as FHIR writes it. */
  readonly writtenAt: string;
}

export function identities(uuid: () => string): Identities {
  return {
    message: uuid(),
    task: uuid(),
    serviceRequest: uuid(),
    composition: uuid(),
    patient: uuid(),
    sender: uuid(),
    receiver: uuid(),
    author: uuid(),
    authorRole: uuid(),
  };
}

/** The state machine of the referral, born in the state `sent` (Spec bundle §5). */
export function referralTask({ input, frame, content, ids, writtenAt }: Order): Task {
  return {
    resourceType: 'Task',
    id: ids.task,
    identifier: [
      {
        type: concept('v2Identifier', 'PLAC', 'Placer Identifier'),
        system: hospitalSystem(frame.node, 'referrals'),
        value: input.number,
        assigner: frame.hospital,
      },
    ],
    groupIdentifier: urnIdentifier(input.referral),
    status: 'requested',
    businessStatus: businessStatus('sent'),
    intent: 'order',
    priority: input.priority,
    code: concept('taskCode', 'fulfill', 'Fulfill the focal request'),
    focus: referenceTo(ids.serviceRequest),
    for: frame.patient,
    ...present({ encounter: content.encounter }),
    authoredOn: writtenAt,
    lastModified: frame.write(input.now),
    requester: frame.author,
    owner: referenceTo(ids.receiver),
    restriction: { repetitions: 1, period: { start: writtenAt, end: frame.write(input.expiresAt) } },
    input: [
      {
        type: concept('taskInput', 'referral-note', 'Referral note'),
        valueReference: referenceTo<Composition>(ids.composition),
      },
    ],
  };
}

/** The clinical order; A owns it for good (Spec bundle §1.2). */
export function referralOrder({ input, frame, content, ids, writtenAt }: Order): ServiceRequest {
  const specialty = textOf(input.specialty);
  const flags = (content.parts.alerts?.entries ?? []).filter((one) => one.resourceType === 'Flag');
  const coverages = content.parts.payers?.entries ?? [];
  return {
    resourceType: 'ServiceRequest',
    id: ids.serviceRequest,
    identifier: [{ system: hospitalSystem(frame.node, 'service-requests'), value: input.number }],
    ...present({
      basedOn:
        input.basedOn === undefined
          ? undefined
          : [{ type: 'ServiceRequest' as const, identifier: urnIdentifier(input.basedOn) }],
    }),
    requisition: urnIdentifier(input.referral),
    status: 'active',
    intent: 'order',
    ...present({ category: specialty === undefined ? undefined : [{ text: specialty }] }),
    priority: input.priority,
    code: { ...concept('loinc', '57133-1', 'Referral note'), text: said(input.question, 'question') },
    subject: frame.patient,
    ...present({ encounter: content.encounter }),
    authoredOn: writtenAt,
    requester: frame.author,
    performer: [referenceTo(ids.receiver)],
    reasonCode: [{ text: said(input.reason, 'reason') }],
    ...present({
      reasonReference: [...content.consultations.reasons],
      insurance: coverages.map((one) => referenceTo<Coverage>(one.id ?? '')),
    }),
    supportingInfo: [
      referenceTo(ids.composition),
      ...(content.consent === undefined ? [] : [referenceOf(content.consent)]),
      ...content.attachments.studies,
      ...content.attachments.documents,
      ...flags.map((one) => referenceOf(one)),
    ],
    ...present({ note: [input.note, input.patient.notes].flatMap((note) => notesOf(note)) }),
  };
}

function notesOf(note: string | undefined): { text: string }[] {
  const text = textOf(note);
  return text === undefined ? [] : [{ text }];
}

function said(text: string, what: string): string {
  const whole = textOf(text);
  if (whole === undefined) throw new ComposeError('reason-missing', `a referral needs a ${what} in words`);
  return whole;
}

/** The table of contents, signed for by the author (Spec bundle §3). */
export function referralNote(
  { input, frame, content, ids, writtenAt }: Order,
  serviceRequest: ServiceRequest,
): Composition {
  return {
    resourceType: 'Composition',
    id: ids.composition,
    identifier: urnIdentifier(frame.uuid()),
    status: 'final',
    type: loinc('57133-1', 'Referral note'),
    subject: frame.patient,
    ...present({ encounter: content.encounter }),
    date: writtenAt,
    author: [frame.author],
    title: `Referral note: ${displayName(input.patient)}`,
    confidentiality: input.confidentiality ?? 'R',
    attester: [{ mode: 'professional', time: writtenAt, party: frame.author }],
    custodian: frame.hospital,
    section: compositionSections({
      reason: { lines: [input.reason], entries: [serviceRequest] },
      ...content.parts,
    }),
  };
}

export function authorResources({ input, frame, ids }: Order): [Practitioner, PractitionerRole] {
  const name = said(input.author.name, "author's name");
  return [
    {
      resourceType: 'Practitioner',
      id: ids.author,
      identifier: [{ system: hospitalSystem(frame.node, 'user'), value: input.author.id }],
      active: true,
      name: [{ text: name }],
    },
    {
      resourceType: 'PractitionerRole',
      id: ids.authorRole,
      active: true,
      practitioner: { ...referenceTo<Practitioner>(ids.author), display: name },
      organization: frame.hospital,
      code: [concept('practitionerRole', 'doctor', 'Doctor')],
    },
  ];
}
