import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { objectOf, objectsOf, textOf } from '../../protocol/bundle/fhir/elements.ts';
import { readMessage } from '../../protocol/bundle/fhir/message.ts';
import { momentMsOf } from '../../protocol/bundle/fhir/primitives.ts';
import { attachmentsOf, findPatient, type EventFacts } from '../../protocol/bundle/fhir/referral.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { NodeName } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { parseJsonObject, type JsonObject } from '../../protocol/json.ts';
import type { NamedAttachment } from './open-bundle.ts';
import type { ReferralSummary } from './referrals.ts';

const attachmentsMax = 100;

/**
 * When an event counts as said. Whether a referral had expired is judged by both hospitals, so it is the moment that
 * stands in the event; everything else is dated by when it came here.
 */
export function timeOfEvent({ event, occurredAt }: EventFacts, now: Instant): Instant {
  const occurred = event === 'expired' ? momentMsOf(occurredAt) : undefined;
  return occurred === undefined ? now : instantOfMs(occurred);
}

/** The attachments that a document names, or `undefined` when it does not name them as Spec bundle §8 asks. */
export function readAttachments(plaintext: Uint8Array): readonly NamedAttachment[] | undefined {
  try {
    const found = attachmentsOf(parseJsonObject(plaintext, fhirJsonRules));
    return found.length > attachmentsMax ? undefined : found.map((each) => ({ ...each, title: each.title ?? '' }));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Who and why, for a list; opened only for people who may see it. */
export function readSummary(bundle: JsonObject, sender: NodeName): ReferralSummary {
  const order = readMessage(bundle).ofType('ServiceRequest')[0]?.resource;
  const patient = findPatient(bundle);
  const spelled = [patient?.family ?? '', patient?.given.join(' ') ?? ''].filter((part) => part !== '').join(', ');
  const csvId = patient?.identifiers.find(({ system }) => system === `https://${sender}/csv-id`);
  const specialty = textOf(objectsOf(order, 'category')[0], 'text') ?? '';
  return {
    patientName: spelled || (patient?.nativeName ?? ''),
    csvId: csvId?.value ?? '',
    sex: patient?.gender ?? '',
    birthDate: patient?.birthDate ?? '',
    reason: objectsOf(order, 'reasonCode')
      .map((each) => textOf(each, 'text') ?? '')
      .join('; '),
    question: textOf(objectOf(order, 'code'), 'text') ?? '',
    ...(specialty === '' ? {} : { specialty }),
  };
}
