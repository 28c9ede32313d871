import type { JsonObject } from '../../json.ts';
import { hasChoice, hasElement, isCoded, numberOf, objectOf, objectsOf, sameJson, textOf } from './elements.ts';
import type { Invariant, InvariantTable } from './invariant.ts';
import { isLater } from './primitives.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';
const ucum = 'http://unitsofmeasure.org';

function either(key: string, human: string, ...names: readonly string[]): Invariant {
  return [key, human, ({ node }) => names.some((name) => hasElement(node, name)), names[0] ?? ''];
}

function notBoth(key: string, human: string, one: string, other: string): Invariant {
  return [key, human, ({ node }) => !hasElement(node, one) || !hasElement(node, other), one];
}

function enteredInError(node: JsonObject, system: string): boolean {
  return isCoded(objectOf(node, 'verificationStatus'), `${terminology}/${system}`, 'entered-in-error');
}

/** Invariants of the clinical, diagnostic and medication resources (R4 §§9 to 11). */
export const careInvariants: InvariantTable = {
  AllergyIntolerance: [
    [
      'ait-1',
      'clinicalStatus is there unless verificationStatus is entered-in-error',
      ({ node }) => hasElement(node, 'clinicalStatus') || enteredInError(node, 'allergyintolerance-verification'),
      'clinicalStatus',
    ],
    [
      'ait-2',
      'clinicalStatus is absent when verificationStatus is entered-in-error',
      ({ node }) => !hasElement(node, 'clinicalStatus') || !enteredInError(node, 'allergyintolerance-verification'),
      'clinicalStatus',
    ],
  ],
  'CarePlan.activity': [notBoth('cpl-3', 'detail or reference, not both', 'detail', 'reference')],
  Condition: [
    [
      'con-4',
      'an abated condition is inactive, resolved or in remission',
      ({ node }) =>
        !hasChoice(node, 'abatement') ||
        isCoded(
          objectOf(node, 'clinicalStatus'),
          `${terminology}/condition-clinical`,
          'resolved',
          'remission',
          'inactive',
        ),
      'abatement',
    ],
    [
      'con-5',
      'clinicalStatus is absent when verificationStatus is entered-in-error',
      ({ node }) => !hasElement(node, 'clinicalStatus') || !enteredInError(node, 'condition-ver-status'),
      'clinicalStatus',
    ],
  ],
  'Condition.stage': [either('con-1', 'a summary or an assessment is there', 'summary', 'assessment')],
  'Condition.evidence': [either('con-2', 'a code or a detail is there', 'code', 'detail')],
  FamilyMemberHistory: [
    ['fhs-1', 'age or born, not both', ({ node }) => !hasChoice(node, 'age') || !hasChoice(node, 'born'), 'age'],
    [
      'fhs-2',
      'estimatedAge needs age',
      ({ node }) => !hasElement(node, 'estimatedAge') || hasChoice(node, 'age'),
      'estimatedAge',
    ],
  ],
  'Goal.target': [
    [
      'gol-1',
      'a detail needs its measure',
      ({ node }) => !hasChoice(node, 'detail') || hasElement(node, 'measure'),
      'measure',
    ],
  ],
  'Immunization.education': [either('imm-1', 'documentType or reference is there', 'documentType', 'reference')],
  'ImmunizationRecommendation.recommendation': [
    either('imr-1', 'vaccineCode or targetDisease is there', 'vaccineCode', 'targetDisease'),
  ],
  'MedicationAdministration.dosage': [
    ['mad-1', 'a dose or a rate is there', ({ node }) => hasElement(node, 'dose') || hasChoice(node, 'rate')],
  ],
  MedicationDispense: [
    [
      'mdd-1',
      'whenHandedOver is not before whenPrepared',
      ({ node }) => !isLater(node['whenPrepared'], node['whenHandedOver']),
      'whenHandedOver',
    ],
  ],
  MolecularSequence: [
    [
      'msq-3',
      'coordinateSystem is 0 or 1',
      ({ node }) => [0, 1].includes(numberOf(node, 'coordinateSystem') ?? 0),
      'coordinateSystem',
    ],
  ],
  'MolecularSequence.referenceSeq': [
    [
      'msq-5',
      'chromosome and genomeBuild go together',
      ({ node }) => hasElement(node, 'chromosome') === hasElement(node, 'genomeBuild'),
    ],
    [
      'msq-6',
      'exactly one of genomeBuild, referenceSeqId, referenceSeqPointer, referenceSeqString',
      ({ node }) =>
        ['genomeBuild', 'referenceSeqId', 'referenceSeqPointer', 'referenceSeqString'].filter((name) =>
          hasElement(node, name),
        ).length === 1,
    ],
  ],
  Observation: [
    [
      'obs-6',
      'dataAbsentReason only where there is no value',
      ({ node }) => !hasElement(node, 'dataAbsentReason') || !hasChoice(node, 'value'),
      'dataAbsentReason',
    ],
    [
      'obs-7',
      'no component has the code of the observation when that has a value',
      ({ node }) => !hasChoice(node, 'value') || !componentRepeatsCode(node),
      'component',
    ],
  ],
  'Observation.referenceRange': [either('obs-3', 'low, high or text is there', 'low', 'high', 'text')],
  'RiskAssessment.prediction': [
    [
      'ras-1',
      'the range of a probability is in per cent',
      ({ node }) =>
        isPerCent(objectOf(node, 'probabilityRange'), 'low') && isPerCent(objectOf(node, 'probabilityRange'), 'high'),
    ],
    ['ras-2', 'a probability is at most 100', ({ node }) => (numberOf(node, 'probabilityDecimal') ?? 0) <= 100],
  ],
  ServiceRequest: [
    [
      'prr-1',
      'orderDetail needs code',
      ({ node }) => !hasElement(node, 'orderDetail') || hasElement(node, 'code'),
      'orderDetail',
    ],
  ],
};

function componentRepeatsCode(observation: JsonObject): boolean {
  const own = objectsOf(objectOf(observation, 'code'), 'coding');
  return objectsOf(observation, 'component').some((component) =>
    objectsOf(objectOf(component, 'code'), 'coding').some((coding) => own.some((one) => sameJson(one, coding))),
  );
}

function isPerCent(range: JsonObject | undefined, name: string): boolean {
  const limit = objectOf(range, name);
  return limit === undefined || (textOf(limit, 'code') === '%' && textOf(limit, 'system') === ucum);
}
