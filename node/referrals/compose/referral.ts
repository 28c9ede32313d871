import type { Organization, Patient, PractitionerRole, ServiceRequest } from '@medplum/fhirtypes';
import { ourBase } from '../../../protocol/bundle/fhir/terms.ts';
import { contentOf, contentResources } from './content.ts';
import { ComposeError } from './errors.ts';
import type { LogicalId } from './event-input.ts';
import type { Frame } from './frame.ts';
import { referralProvenance } from './ground.ts';
import type { ReferralInput } from './input.ts';
import { hospital, messageHeader, writeMessage, type ComposedMessage } from './message.ts';
import { authorResources, identities, referralNote, referralOrder, referralTask, type Order } from './order.ts';
import { patientIdentifier, patientResource } from './patient.ts';
import { hospitalSystem } from './terms.ts';
import { referenceOf, referenceTo, timeWriter } from './values.ts';

/** The message and what later events repeat of it (event-input.ts). */
export interface ComposedReferral extends ComposedMessage {
  readonly taskId: string;
  readonly serviceRequest: LogicalId;
  readonly patient: LogicalId;
}

/**
 * Composes the referral, event 1: one flat message Bundle with everything that the receiver needs and nothing to fetch
 * (Spec bundle §2, §3). Fails with ComposeError where the rules of the exchange forbid to send.
 */
export function composeReferral(input: ReferralInput): ComposedReferral {
  if (input.expiresAt <= input.now)
    throw new ComposeError('expiry-not-ahead', 'the referral would be expired when it is sent');
  const order = orderOf(input);
  const { frame, content, ids } = order;
  const serviceRequest = referralOrder(order);
  const provenance = referralProvenance(
    [
      referenceTo(ids.task),
      referenceTo(ids.serviceRequest),
      referenceTo(ids.composition),
      ...(content.consent === undefined ? [] : [referenceOf(content.consent)]),
      ...content.attachments.documents,
    ],
    input.ground,
    input.writtenAt ?? input.now,
    frame,
  );
  const message = writeMessage(
    {
      uuid: input.uuid,
      timestamp: frame.write(input.now),
      confidentiality: input.confidentiality ?? 'R',
      emergency: input.ground.kind === 'break-glass',
    },
    referralHeader(order),
    [
      referralTask(order),
      serviceRequest,
      referralNote(order, serviceRequest),
      patientResource(ids.patient, input.patient, frame, input.nationalIdSystem),
      hospital(ids.sender, input.sender),
      hospital(ids.receiver, input.receiver),
      ...authorResources(order),
      ...contentResources(content),
      provenance,
    ],
  );
  return {
    ...message,
    taskId: ids.task,
    serviceRequest: { system: hospitalSystem(frame.node, 'service-requests'), value: input.number },
    patient: patientIdentifier(input.patient, frame),
  };
}

function orderOf(input: ReferralInput): Order {
  const ids = identities(input.uuid);
  const frame: Frame = {
    node: input.sender.name,
    uuid: input.uuid,
    write: timeWriter(input.zone),
    now: input.now,
    patient: referenceTo<Patient>(ids.patient),
    hospital: referenceTo<Organization>(ids.sender),
    author: referenceTo<PractitionerRole>(ids.authorRole),
  };
  const receiver = referenceTo<Organization>(ids.receiver);
  const content = contentOf(input, receiver, referenceTo<ServiceRequest>(ids.serviceRequest), frame);
  return { input, frame, content, ids, writtenAt: frame.write(input.writtenAt ?? input.now) };
}

function referralHeader({ input, frame, ids }: Order): ReturnType<typeof messageHeader> {
  return {
    ...messageHeader({
      id: ids.message,
      order: { seq: 1 },
      v2Event: 'I12',
      event: input.basedOn === undefined ? ['referral-sent', 'Referral sent'] : ['forwarded', 'Referral forwarded'],
      from: input.sender,
      fromOrganization: ids.sender,
      to: input.receiver,
      toOrganization: ids.receiver,
      focus: ids.task,
      version: input.version,
    }),
    author: frame.author,
    responsible: frame.hospital,
    definition: `${ourBase}/MessageDefinition/referral-request`,
  };
}
