import type { Consent, Organization, Provenance, Reference, Resource, ServiceRequest } from '@medplum/fhirtypes';
import type { Instant } from '../../../protocol/instant.ts';
import { ComposeError } from './errors.ts';
import type { Frame } from './frame.ts';
import type { Ground } from './input.ts';
import { purposeOf } from './message.ts';
import { coding, concept, loinc } from './terms.ts';
import { present, textOf } from './values.ts';

/** The patient's consent to this disclosure: to this receiver, for treatment, while it lasts (Spec bundle §3). */
export function consentResource(
  ground: Ground,
  receiver: Reference<Organization>,
  order: Reference<ServiceRequest>,
  frame: Frame,
): Consent | undefined {
  if (ground.kind !== 'consent') return undefined;
  if (!(ground.from <= frame.now && frame.now <= ground.to))
    throw new ComposeError('consent-not-valid', 'the consent does not hold now');
  const from = frame.write(ground.from);
  return {
    resourceType: 'Consent',
    id: frame.uuid(),
    status: 'active',
    scope: concept('consentScope', 'patient-privacy', 'Privacy Consent'),
    category: [loinc('59284-0', 'Consent Document')],
    patient: frame.patient,
    dateTime: from,
    ...present({ performer: ground.givenBy === 'representative' ? undefined : [frame.patient] }),
    organization: [frame.hospital],
    policyRule: concept('actCode', 'OPTIN', 'opt-in'),
    provision: {
      type: 'permit',
      period: { start: from, end: frame.write(ground.to) },
      actor: [{ role: concept('participationType', 'IRCP', 'information recipient'), reference: receiver }],
      action: [concept('consentAction', 'disclose', 'Disclose')],
      purpose: [purposeOf(false)],
      data: [{ meaning: 'related', reference: order }],
    },
  };
}

/** Who wrote the referral, for whom, and, when the glass was broken, why (Spec bundle §2). */
export function referralProvenance(
  targets: readonly Reference<Resource>[],
  ground: Ground,
  writtenAt: Instant,
  frame: Frame,
): Provenance {
  return {
    resourceType: 'Provenance',
    id: frame.uuid(),
    target: [...targets],
    occurredDateTime: frame.write(writtenAt),
    recorded: frame.write(frame.now),
    ...present({ reason: ground.kind === 'break-glass' ? [breakGlassReason(ground.reason)] : undefined }),
    activity: concept('dataOperation', 'CREATE', 'create'),
    agent: [
      {
        type: concept('participantType', 'author', 'Author'),
        role: [concept('role', 'referrer', 'Referrer')],
        who: frame.author,
        onBehalfOf: frame.hospital,
      },
      { type: concept('participantType', 'custodian', 'Custodian'), who: frame.hospital },
    ],
  };
}

function breakGlassReason(reason: string): NonNullable<Provenance['reason']>[number] {
  const text = textOf(reason);
  if (text === undefined) throw new ComposeError('reason-missing', 'breaking the glass needs a reason in words');
  return { coding: [coding('actReason', 'ETREAT', 'Emergency Treatment')], text };
}
