import type {
  Consent,
  Encounter,
  Organization,
  Reference,
  RelatedPerson,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { anamnesis } from './anamnesis.ts';
import { attached, type Attached } from './attachments.ts';
import { consulted, type Consulted } from './consultations.ts';
import { coveragePart } from './coverage.ts';
import type { Frame, Part } from './frame.ts';
import { consentResource } from './ground.ts';
import type { ReferralInput } from './input.ts';
import { bystanderResource } from './patient.ts';
import { policePart } from './police.ts';
import { joined, type SectionName } from './sections.ts';
import { referenceOf } from './values.ts';

/** Everything that the referral says about the patient, as resources and as the sections that name them. */
export interface Content {
  readonly parts: Readonly<Partial<Record<SectionName, Part>>>;
  readonly consultations: Consulted;
  readonly attachments: Attached;
  readonly bystander: RelatedPerson | undefined;
  readonly consent: Consent | undefined;
  /** The consultation that the referral comes from. */
  readonly encounter: Reference<Encounter> | undefined;
}

export function contentOf(
  input: ReferralInput,
  receiver: Reference<Organization>,
  order: Reference<ServiceRequest>,
  frame: Frame,
): Content {
  const bystander = bystanderResource(input.patient.bystander, frame);
  const bystanderReference = bystander === undefined ? undefined : referenceOf(bystander);
  const consultations = consulted(input.consultations, bystanderReference, input.author, frame);
  const last = consultations.encounters.at(-1);
  const encounter = last === undefined ? undefined : referenceOf(last);
  const since = last?.period?.start ?? frame.write(input.writtenAt ?? input.now);
  const past = anamnesis(input.patient, frame, {
    problems: consultations.diagnoses.entries.length > 0,
    medicines: consultations.prescriptions.entries.length > 0,
  });
  const attachments = attached(input.attachments, consultations.encounterOf, {
    ...frame,
    subject: frame.patient,
  });
  const parts = {
    visits: consultations.visits,
    problems: joined(consultations.diagnoses, past.problems),
    allergies: past.allergies,
    medicines: joined(past.medicines, consultations.prescriptions),
    immunizations: past.immunizations,
    'family-history': past.familyHistory,
    procedures: past.procedures,
    imaging: attachments.images,
    papers: attachments.papers,
    payers: coveragePart(input.patient.insurance, frame),
    alerts: policePart(input.patient, input.police, { encounter, since, priority: input.priority, frame }),
  };
  return {
    parts,
    consultations,
    attachments,
    bystander,
    consent: consentResource(input.ground, receiver, order, frame),
    encounter,
  };
}

/** All resources of the content, in the order of the sections. */
export function contentResources(content: Content): Resource[] {
  const people = content.bystander === undefined ? [] : [content.bystander];
  const parts = Object.values(content.parts).flatMap((part) => [...part.entries, ...(part.others ?? [])]);
  return [...people, ...parts, ...(content.consent === undefined ? [] : [content.consent])];
}
