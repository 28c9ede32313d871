import type {
  Identifier,
  Organization,
  Patient,
  Practitioner,
  Provenance,
  ProvenanceAgent,
  Reference,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import type { Role } from '../../../protocol/bundle/fhir/terms.ts';
import { carried, type Carried, type EventFrame } from './event-content.ts';
import type { EventInput } from './event-input.ts';
import type { Author } from './input.ts';
import { hospital, logicalReference, messageHeader, writeMessage, type ComposedMessage } from './message.ts';
import { businessStatus, eventRow, stateAfter, taskStatus } from './states.ts';
import { concept, hospitalSystem, urnIdentifier } from './terms.ts';
import { present, referenceOf, referenceTo, timeWriter } from './values.ts';

/**
 * Composes one later event of a referral: the Task in its new state, both hospitals, who did it, and what the event must
 * carry (Spec bundle §2, §6). The patient and the order are named by their identifiers only.
 */
export function composeEvent(input: EventInput): ComposedMessage {
  const { from, to, referral, content } = input;
  const messageId = input.uuid();
  const [fromId, toId] = [input.uuid(), input.uuid()];
  const frame = frameOf(input, fromId, toId);
  const extra = carried(content, frame);
  const { display, v2Event } = eventRow(content.event);
  const header = messageHeader({
    id: messageId,
    order: input.order,
    v2Event,
    event: [content.event, display],
    from,
    fromOrganization: fromId,
    to,
    toOrganization: toId,
    focus: referral.taskId,
    version: input.version,
  });
  return writeMessage(
    {
      uuid: input.uuid,
      timestamp: frame.write(input.now),
      confidentiality: input.confidentiality ?? 'R',
      emergency: input.emergency ?? false,
    },
    from.name === referral.referrer ? header : { ...header, response: { identifier: referral.messageId, code: 'ok' } },
    [eventTask(frame, extra), hospital(fromId, from), hospital(toId, to), ...extra.resources, provenance(frame, extra)],
  );
}

function frameOf(input: EventInput, fromId: string, toId: string): EventFrame {
  const from = referenceTo<Organization>(fromId);
  return {
    input,
    write: timeWriter(input.zone),
    task: referenceTo<Task>(input.referral.taskId),
    from,
    to: referenceTo<Organization>(toId),
    patient: logicalReference<Patient>('Patient', input.referral.patient),
    serviceRequest: logicalReference<ServiceRequest>('ServiceRequest', input.referral.serviceRequest),
    actor: input.author.role === 'machine' ? from : person(input.author, input),
  };
}

/** A person is named by the user id of the node's own list; no resource of that person travels (Spec bundle §2). */
function person(author: Author, input: EventInput): Reference<Practitioner> {
  return {
    ...logicalReference<Practitioner>('Practitioner', {
      system: hospitalSystem(input.from.name, 'user'),
      value: author.id,
    }),
    display: author.name,
  };
}

function eventTask(frame: EventFrame, extra: Carried): Task {
  const { input, write } = frame;
  const { referral, content } = input;
  const state = stateAfter(content);
  const [requester, owner] = input.from.name === referral.referrer ? [frame.from, frame.to] : [frame.to, frame.from];
  return {
    resourceType: 'Task',
    id: referral.taskId,
    identifier: taskIdentifiers(input, requester, owner),
    groupIdentifier: urnIdentifier(referral.id),
    status: taskStatus(state, { state: input.before, accepted: input.accepted }),
    ...present({ statusReason: extra.statusReason === undefined ? undefined : { text: extra.statusReason } }),
    businessStatus: businessStatus(state, content.event),
    intent: 'order',
    priority: referral.priority,
    code: concept('taskCode', 'fulfill', 'Fulfill the focal request'),
    focus: frame.serviceRequest,
    for: frame.patient,
    ...present({ executionPeriod: extra.executionPeriod }),
    authoredOn: write(referral.writtenAt),
    lastModified: write(input.now),
    requester,
    owner,
    ...present({ note: extra.note === undefined ? undefined : [{ text: extra.note }] }),
    restriction: {
      repetitions: 1,
      period: { start: write(referral.writtenAt), end: write(referral.expiresAt) },
    },
    ...present({ output: extra.output === undefined ? undefined : [extra.output] }),
  };
}

function taskIdentifiers(
  { referral, content, from }: EventInput,
  referrer: Reference<Organization>,
  receiver: Reference<Organization>,
): Identifier[] {
  const filler = content.event === 'referral-accepted' ? { node: from.name, number: content.number } : referral.filler;
  const placer: Identifier = {
    type: concept('v2Identifier', 'PLAC', 'Placer Identifier'),
    system: hospitalSystem(referral.referrer, 'referrals'),
    value: referral.number,
    assigner: referrer,
  };
  if (filler === undefined) return [placer];
  const type = concept('v2Identifier', 'FILL', 'Filler Identifier');
  return [placer, { type, system: hospitalSystem(filler.node, 'referrals'), value: filler.number, assigner: receiver }];
}

const roleNames: Readonly<Record<Role, string>> = {
  referrer: 'Referrer',
  triage: 'Triage clinician',
  clinician: 'Clinician',
  clerk: 'Clerk',
  machine: 'Machine',
};

/** Who did it, in which role, when; a second person beside the author where the event needs two (Spec bundle §2, §6). */
function provenance(frame: EventFrame, extra: Carried): Provenance {
  const { input } = frame;
  const agent = (type: ProvenanceAgent['type'], who: ProvenanceAgent['who']): ProvenanceAgent => ({
    ...present({ type }),
    role: [concept('role', input.author.role, roleNames[input.author.role])],
    who,
    onBehalfOf: frame.from,
  });
  const author = agent(concept('participantType', 'author', 'Author'), frame.actor);
  const second =
    input.content.event === 'voided'
      ? [agent(concept('participantType', 'verifier', 'Verifier'), person(input.content.second, input))]
      : [];
  return {
    resourceType: 'Provenance',
    id: input.uuid(),
    target: [frame.task, ...extra.authored.map((one) => referenceOf(one))],
    occurredDateTime: frame.write(input.occurredAt ?? input.now),
    recorded: frame.write(input.now),
    activity: concept('dataOperation', 'UPDATE', 'revise'),
    agent: [author, ...second],
  };
}
