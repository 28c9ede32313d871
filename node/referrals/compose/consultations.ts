import type {
  Condition,
  Encounter,
  MedicationRequest,
  Observation,
  Practitioner,
  PractitionerRole,
  Reference,
  RelatedPerson,
} from '@medplum/fhirtypes';
import type { Consultation } from '../../records/model.ts';
import type { Frame, Part } from './frame.ts';
import type { Author } from './input.ts';
import { coding, concept, hospitalSystem, loinc } from './terms.ts';
import { present, referenceOf, referenceTo, textOf, textsOf } from './values.ts';

/** The consultations that go along, spread over the sections that their contents belong to (Spec bundle §3). */
export interface Consulted {
  /** In order of time; the last is the one that the referral comes from. */
  readonly encounters: readonly Encounter[];
  readonly encounterOf: ReadonlyMap<string, Reference<Encounter>>;
  readonly visits: Part;
  readonly diagnoses: Part;
  readonly prescriptions: Part;
  /** The diagnoses of the last consultation: what the referral is about. */
  readonly reasons: readonly Reference<Condition>[];
}

export function consulted(
  consultations: readonly Consultation[],
  bystander: Reference<RelatedPerson> | undefined,
  author: Author,
  frame: Frame,
): Consulted {
  const ordered = consultations.toSorted((a, b) => a.at - b.at);
  const practitioners = new Map<string, Practitioner>();
  const visits = ordered.map((consultation, index) => {
    const last = index === ordered.length - 1;
    return visit(consultation, { last, bystander: last ? bystander : undefined, author, practitioners, frame });
  });
  return {
    encounters: visits.map((one) => one.encounter),
    encounterOf: new Map(visits.map((one) => [one.consultation.id, referenceOf(one.encounter)])),
    visits: {
      lines: visits.flatMap((one) => one.lines),
      entries: visits.flatMap((one) => [one.encounter, ...one.findings]),
      others: [...practitioners.values()],
    },
    diagnoses: {
      lines: ordered.flatMap((one) => textsOf(one.diagnoses)),
      entries: visits.flatMap((one) => one.diagnoses),
    },
    prescriptions: {
      lines: ordered.flatMap((one) => textsOf(one.prescriptions)),
      entries: visits.flatMap((one) => one.prescriptions),
    },
    reasons: (visits.at(-1)?.diagnoses ?? []).map((one) => referenceOf(one)),
  };
}

interface Visit {
  readonly consultation: Consultation;
  readonly encounter: Encounter;
  readonly findings: readonly Observation[];
  readonly diagnoses: readonly Condition[];
  readonly prescriptions: readonly MedicationRequest[];
  readonly lines: readonly string[];
}

interface Around {
  readonly last: boolean;
  readonly bystander: Reference<RelatedPerson> | undefined;
  readonly author: Author;
  readonly practitioners: Map<string, Practitioner>;
  readonly frame: Frame;
}

const classNames = { AMB: 'ambulatory', EMER: 'emergency', IMP: 'inpatient encounter' } as const;

function visit(consultation: Consultation, around: Around): Visit {
  const { frame } = around;
  const id = frame.uuid();
  const encounter = referenceTo<Encounter>(id);
  const at = frame.write(consultation.at);
  const seenBy = practitionerOf(consultation, around);
  const diagnoses = textsOf(consultation.diagnoses).map((text) => diagnosis(text, encounter, at, frame));
  const reason = textOf(consultation.reason);
  const findings = textOf(consultation.findings);
  return {
    consultation,
    encounter: {
      resourceType: 'Encounter',
      id,
      identifier: [{ system: hospitalSystem(frame.node, 'encounters'), value: consultation.id }],
      status: 'finished',
      class: coding('actCode', consultation.encounterClass, classNames[consultation.encounterClass]),
      subject: frame.patient,
      ...present({
        participant: [seenBy, around.bystander].flatMap((individual) =>
          individual === undefined ? [] : [{ individual }],
        ),
      }),
      period: { start: at },
      ...present({
        reasonCode: reason === undefined ? undefined : [{ text: reason }],
        diagnosis: diagnoses.map((one) => ({ condition: referenceOf(one) })),
      }),
      serviceProvider: frame.hospital,
    },
    findings: findings === undefined ? [] : [findingsOf(findings, encounter, at, frame)],
    diagnoses,
    prescriptions: textsOf(consultation.prescriptions).map((text) => prescription(text, encounter, at, around)),
    lines: [`${at} ${reason ?? ''}`, ...(findings === undefined ? [] : [findings])],
  };
}

/** The author is written once; every other practitioner is known by name alone. */
function practitionerOf(
  consultation: Consultation,
  { author, practitioners, frame }: Around,
): Reference<Practitioner | PractitionerRole> | undefined {
  const name = textOf(consultation.practitioner);
  if (name === undefined) return undefined;
  if (name === author.name) return frame.author;
  const known = practitioners.get(name);
  const practitioner = known ?? { resourceType: 'Practitioner', id: frame.uuid(), name: [{ text: name }] };
  practitioners.set(name, practitioner);
  return referenceOf(practitioner);
}

function diagnosis(text: string, encounter: Reference<Encounter>, at: string, frame: Frame): Condition {
  return {
    resourceType: 'Condition',
    id: frame.uuid(),
    clinicalStatus: concept('conditionClinical', 'active'),
    category: [concept('conditionCategory', 'encounter-diagnosis', 'Encounter Diagnosis')],
    code: { text },
    subject: frame.patient,
    encounter,
    recordedDate: at,
  };
}

/** Findings are an Observation too, because no node shows the narrative of another (Spec bundle §1.5). */
function findingsOf(text: string, encounter: Reference<Encounter>, at: string, frame: Frame): Observation {
  return {
    resourceType: 'Observation',
    id: frame.uuid(),
    status: 'final',
    category: [concept('observationCategory', 'exam', 'Exam')],
    code: loinc('29545-1', 'Physical findings'),
    subject: frame.patient,
    encounter,
    effectiveDateTime: at,
    valueString: text,
  };
}

/** Medicine and dosage part at the first comma, colon or semicolon before a space; else the whole line is both. */
const prescriptionForm = /^([^]*?[^\s,:;])\s*[,:;]\s+(\S[^]*)$/;

/** A prescription of an earlier consultation may have ended long ago; only the last one's are called active. */
function prescription(
  text: string,
  encounter: Reference<Encounter>,
  at: string,
  { last, frame }: Around,
): MedicationRequest {
  const [, medicine = text, dosage = text] = prescriptionForm.exec(text) ?? [];
  return {
    resourceType: 'MedicationRequest',
    id: frame.uuid(),
    status: last ? 'active' : 'unknown',
    intent: 'order',
    medicationCodeableConcept: { text: medicine },
    subject: frame.patient,
    encounter,
    authoredOn: at,
    requester: frame.hospital,
    dosageInstruction: [{ text: dosage }],
  };
}
