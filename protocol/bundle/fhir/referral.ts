import { ProtocolError } from '../../errors.ts';
import { parseAttachmentId, parseReferralId, type AttachmentId, type ReferralId } from '../../ids.ts';
import { instantOfMs, type Instant } from '../../instant.ts';
import type { JsonObject } from '../../json.ts';
import { codesOf, isCoded, objectOf, objectsOf, textOf, textsOf } from './elements.ts';
import { readAttachment, readEventOrder, type EventOrder } from './extensions.ts';
import { Issues } from './issue.ts';
import { nodeOfReference, readMessage, uuidOfIdentifier, type Entry, type Message } from './message.ts';
import { momentMsOf } from './primitives.ts';
import { roles, stateNames, systems, type MessageEvent, type Role, type StateName } from './terms.ts';

/*
 * What a node needs to know of a message that checkBundle has passed. The readers fail with `malformed-fhir` where it
 * was not; they never quote what they read.
 */

export interface EventFacts {
  readonly event: MessageEvent;
  /** MessageHeader.id: names the message, for duplicates (Spec bundle §2). */
  readonly message: string;
  readonly referral: ReferralId;
  readonly order: EventOrder;
  readonly role: Role;
  /** Node names of sender and destination. */
  readonly sender: string;
  readonly receiver: string;
  /** The state that Task.businessStatus says it leads to. */
  readonly state: StateName;
  readonly timestamp: Instant;
  /** Provenance.occurredDateTime as it was written. */
  readonly occurredAt: string;
  /** Task.restriction.period.end; undefined where only a day was written. */
  readonly expiresAt: Instant | undefined;
  /** The hospitals' own numbers: PLAC of the referrer, FILL of the receiver. */
  readonly placer: string | undefined;
  readonly filler: string | undefined;
  readonly priority: 'routine' | 'urgent' | 'stat';
  readonly reason: string | undefined;
}

export interface AttachmentFacts {
  readonly id: AttachmentId;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly key: Uint8Array;
  readonly contentType: string;
  readonly title: string | undefined;
}

export interface IdentifierFacts {
  readonly system: string;
  readonly value: string;
  /** Code of v2-0203, such as MR or NI. */
  readonly type: string | undefined;
}

/** What matching and lists need of the patient, as it was written (Records §2). */
export interface PatientFacts {
  readonly identifiers: readonly IdentifierFacts[];
  readonly family: string | undefined;
  readonly given: readonly string[];
  /** A name that is text only: in the patient's own script. */
  readonly nativeName: string | undefined;
  readonly gender: string | undefined;
  readonly birthDate: string | undefined;
  readonly phones: readonly string[];
  readonly city: string | undefined;
}

/** The facts of a message's envelope: who, what, where in the order. */
export function eventOf(bundle: JsonObject): EventFacts {
  const message = readMessage(bundle);
  const { header, task, event } = message;
  if (header === undefined || task === undefined || event === undefined) throw malformed('MessageHeader and Task');
  const order = readEventOrder(header.resource, header.path, new Issues());
  const state = codesOf(objectOf(task.resource, 'businessStatus'), systems.state)[0];
  const timestamp = momentMsOf(bundle['timestamp']);
  if (order === undefined || !isState(state) || timestamp === undefined)
    throw malformed('event-order, state, timestamp');
  const { role, occurredAt } = provenanceOf(message);
  const destination = objectsOf(header.resource, 'destination')[0];
  const expires = momentMsOf(textOf(objectOf(objectOf(task.resource, 'restriction'), 'period'), 'end'));
  return {
    event,
    message: required(textOf(header.resource, 'id'), 'MessageHeader.id'),
    referral: referralIdOf(bundle),
    order,
    role,
    sender: required(nodeOfReference(message, objectOf(header.resource, 'sender')), 'MessageHeader.sender'),
    receiver: required(nodeOfReference(message, objectOf(destination, 'receiver')), 'MessageHeader.destination'),
    state,
    timestamp: instantOfMs(timestamp),
    occurredAt,
    expiresAt: expires === undefined ? undefined : instantOfMs(expires),
    placer: taskNumber(task, 'PLAC'),
    filler: taskNumber(task, 'FILL'),
    priority: priorityOf(textOf(task.resource, 'priority')),
    reason: textOf(objectOf(task.resource, 'statusReason'), 'text'),
  };
}

/** Task.groupIdentifier: the same in every event of a referral (Spec bundle §2). */
export function referralIdOf(bundle: JsonObject): ReferralId {
  const task = readMessage(bundle).task;
  return parseReferralId(
    required(uuidOfIdentifier(objectOf(task?.resource, 'groupIdentifier')), 'Task.groupIdentifier'),
  );
}

/** The attachments that the document names, with what proves and opens them (Spec bundle §8). */
export function attachmentsOf(bundle: JsonObject): readonly AttachmentFacts[] {
  return readMessage(bundle)
    .ofType('DocumentReference')
    .flatMap(({ resource, path }) =>
      objectsOf(resource, 'content').map((content): AttachmentFacts => {
        const proof = readAttachment(objectOf(content, 'attachment') ?? {}, path, new Issues());
        if (proof === undefined) throw malformed('DocumentReference.content.attachment');
        return { ...proof, id: parseAttachmentId(proof.id) };
      }),
    );
}

/** The patient of a referral; undefined for an event, which names the patient by identifier only. */
export function findPatient(bundle: JsonObject): PatientFacts | undefined {
  const patient = readMessage(bundle).ofType('Patient')[0]?.resource;
  if (patient === undefined) return undefined;
  const names = objectsOf(patient, 'name');
  const spelled = names.find((one) => textOf(one, 'family') !== undefined || textsOf(one, 'given').length > 0);
  const native = names.find((one) => one !== spelled && textOf(one, 'text') !== undefined);
  return {
    identifiers: objectsOf(patient, 'identifier').flatMap((one): IdentifierFacts[] => {
      const [system, value] = [textOf(one, 'system'), textOf(one, 'value')];
      if (system === undefined || value === undefined) return [];
      return [{ system, value, type: codesOf(objectOf(one, 'type'), systems.v2Identifier)[0] }];
    }),
    family: textOf(spelled, 'family'),
    given: textsOf(spelled, 'given'),
    nativeName: textOf(native, 'text'),
    gender: textOf(patient, 'gender'),
    birthDate: textOf(patient, 'birthDate'),
    phones: objectsOf(patient, 'telecom')
      .filter((one) => textOf(one, 'system') === 'phone')
      .flatMap((one) => textOf(one, 'value') ?? []),
    city: objectsOf(patient, 'address').flatMap((one) => textOf(one, 'city') ?? [])[0],
  };
}

/** What later events of a referral repeat from it (Spec bundle §2, §6). */
export interface ReferralFacts {
  readonly taskId: string;
  readonly serviceRequest: { readonly system: string; readonly value: string };
  readonly patient: { readonly system: string; readonly value: string };
  readonly authoredOn: Instant;
}

export function referralFactsOf(bundle: JsonObject): ReferralFacts {
  const message = readMessage(bundle);
  const authoredOn = momentMsOf(message.task?.resource['authoredOn']);
  if (authoredOn === undefined) throw malformed('Task.authoredOn');
  const patient = findPatient(bundle)?.identifiers ?? [];
  return {
    taskId: required(textOf(message.task?.resource, 'id'), 'Task.id'),
    serviceRequest: firstIdentifier(message.ofType('ServiceRequest')[0]?.resource, 'ServiceRequest.identifier'),
    patient: patient.find(({ type }) => type === 'MR') ?? required(patient[0], 'Patient.identifier'),
    authoredOn: instantOfMs(authoredOn),
  };
}

function firstIdentifier(resource: JsonObject | undefined, what: string): { system: string; value: string } {
  const identifier = objectsOf(resource, 'identifier')[0];
  return { system: required(textOf(identifier, 'system'), what), value: required(textOf(identifier, 'value'), what) };
}

function provenanceOf(message: Message): { role: Role; occurredAt: string } {
  const task = message.task?.fullUrl;
  const one = message
    .ofType('Provenance')
    .find(({ resource }) => objectsOf(resource, 'target').some((target) => textOf(target, 'reference') === task));
  const author = objectsOf(one?.resource, 'agent').find((agent) =>
    isCoded(objectOf(agent, 'type'), systems.participantType, 'author'),
  );
  const role = objectsOf(author, 'role').flatMap((concept) => codesOf(concept, systems.role))[0];
  const occurredAt = textOf(one?.resource, 'occurredDateTime');
  if (!isRole(role) || occurredAt === undefined) throw malformed('Provenance');
  return { role, occurredAt };
}

function taskNumber(task: Entry, code: string): string | undefined {
  const found = objectsOf(task.resource, 'identifier').find((one) =>
    isCoded(objectOf(one, 'type'), systems.v2Identifier, code),
  );
  return textOf(found, 'value');
}

/** FHIR's `asap` has no place of its own in the manifest. */
function priorityOf(code: string | undefined): EventFacts['priority'] {
  if (code === 'stat') return 'stat';
  return code === 'urgent' || code === 'asap' ? 'urgent' : 'routine';
}

function isState(code: string | undefined): code is StateName {
  return (stateNames as readonly string[]).includes(code ?? '');
}

function isRole(code: string | undefined): code is Role {
  return (roles as readonly string[]).includes(code ?? '');
}

function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw malformed(what);
  return value;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-fhir', `a message that was not checked: expected ${what}`);
}
