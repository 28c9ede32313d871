import type { Bundle, Coding, Extension, MessageHeader, Organization, Reference, Resource } from '@medplum/fhirtypes';
import { eventOrderUrl, profileUrl } from '../../../protocol/bundle/fhir/terms.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { EventOrder } from './event-input.ts';
import { ComposeError } from './errors.ts';
import type { Party } from './input.ts';
import { coding, concept, digestExtension, nodeId, urnIdentifier } from './terms.ts';
import { referenceTo } from './values.ts';

/** A message as it will be sealed: `bytes` are what is hashed, logged and sent, `bundle` is their meaning. */
export interface ComposedMessage {
  readonly bytes: Uint8Array;
  readonly bundle: Bundle;
  /** MessageHeader.id: names the message for duplicates and for answers. */
  readonly messageId: string;
}

export interface Envelope {
  readonly uuid: () => string;
  /** Bundle.timestamp, an instant with zone. */
  readonly timestamp: string;
  readonly confidentiality: 'R' | 'V';
  readonly emergency: boolean;
}

const confidentialityNames = { R: 'restricted', V: 'very restricted' } as const;

/** The purpose of use: treatment, or treatment in an emergency when the glass was broken (Spec bundle §2). */
export function purposeOf(emergency: boolean): Coding {
  return emergency ? coding('actReason', 'ETREAT', 'Emergency Treatment') : coding('actReason', 'TREAT', 'treatment');
}

/** Puts the resources into a message Bundle, MessageHeader first, and writes its bytes once for all (Spec bundle §2). */
export function writeMessage(
  envelope: Envelope,
  header: MessageHeader,
  resources: readonly Resource[],
): ComposedMessage {
  const bundle: Bundle = {
    resourceType: 'Bundle',
    id: envelope.uuid(),
    meta: {
      profile: [profileUrl],
      security: [
        coding('confidentiality', envelope.confidentiality, confidentialityNames[envelope.confidentiality]),
        purposeOf(envelope.emergency),
      ],
    },
    identifier: urnIdentifier(envelope.uuid()),
    type: 'message',
    timestamp: envelope.timestamp,
    entry: [header, ...resources].map((resource) => ({ fullUrl: `urn:uuid:${resource.id ?? ''}`, resource })),
  };
  return { bytes: utf8(JSON.stringify(bundle)), bundle, messageId: header.id ?? '' };
}

export interface HeaderFacts {
  readonly id: string;
  readonly order: EventOrder;
  readonly v2Event: 'I12' | 'I13' | 'I14';
  /** Code and display of our own referral-event code system. */
  readonly event: readonly [code: string, display: string];
  readonly from: Party;
  readonly fromOrganization: string;
  readonly to: Party;
  readonly toOrganization: string;
  readonly focus: string;
  readonly version: string;
}

const v2Names = {
  I12: 'REF/RRI - Patient referral',
  I13: 'REF/RRI - Modify patient referral',
  I14: 'REF/RRI - Cancel patient referral',
} as const;

/** Who sends what to whom, and where it stands among its author's events (Spec bundle §2, §4). */
export function messageHeader(facts: HeaderFacts): MessageHeader {
  return {
    resourceType: 'MessageHeader',
    id: facts.id,
    extension: [eventOrder(facts.order)],
    eventCoding: coding('v2Event', facts.v2Event, v2Names[facts.v2Event]),
    destination: [
      { name: facts.to.title, endpoint: facts.to.url, receiver: referenceTo<Organization>(facts.toOrganization) },
    ],
    sender: referenceTo<Organization>(facts.fromOrganization),
    source: { name: facts.from.title, software: 'fernpost', version: facts.version, endpoint: facts.from.url },
    reason: concept('event', ...facts.event),
    focus: [referenceTo(facts.focus)],
  };
}

function eventOrder(order: EventOrder): Extension {
  if ((order.seq === 1) !== (order.prev === undefined))
    throw new ComposeError('malformed-order', 'an event names the one before it, and the first names none');
  return {
    url: eventOrderUrl,
    extension: [
      { url: 'seq', valuePositiveInt: order.seq },
      ...(order.prev === undefined ? [] : [digestExtension('prev', order.prev)]),
      ...(order.seen === undefined ? [] : [digestExtension('seen', order.seen)]),
    ],
  };
}

export function hospital(id: string, party: Party): Organization {
  return {
    resourceType: 'Organization',
    id,
    identifier: [nodeId(party.name)],
    active: true,
    type: [concept('organizationType', 'prov', 'Healthcare Provider')],
    name: party.title,
  };
}

/** A resource of the other message, named by an Identifier because its data stay where they are. */
export function logicalReference<Target extends Resource>(
  type: Target['resourceType'],
  identifier: { readonly system: string; readonly value: string },
): Reference<Target> {
  return { type, identifier: { system: identifier.system, value: identifier.value } };
}
