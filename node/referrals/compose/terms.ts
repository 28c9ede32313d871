import type { CodeableConcept, Coding, Extension, Identifier } from '@medplum/fhirtypes';
import { ourBase, systems as profileSystems } from '../../../protocol/bundle/fhir/terms.ts';
import type { NodeName } from '../../../protocol/ids.ts';

/** The code systems that our messages write, beside those that the profile reads (Spec bundle §3, §11). */
const hl7 = 'http://terminology.hl7.org/CodeSystem';
const systems = {
  ...profileSystems,
  taskCode: 'http://hl7.org/fhir/CodeSystem/task-code',
  language: 'urn:ietf:bcp:47',
  dicom: 'http://dicom.nema.org/resources/ontology/DCM',
  roleCode: `${hl7}/v3-RoleCode`,
  participationMode: `${hl7}/v3-ParticipationMode`,
  dataOperation: `${hl7}/v3-DataOperation`,
  organizationType: `${hl7}/organization-type`,
  practitionerRole: `${hl7}/practitioner-role`,
  conditionClinical: `${hl7}/condition-clinical`,
  allergyClinical: `${hl7}/allergyintolerance-clinical`,
  observationCategory: `${hl7}/observation-category`,
  flagCategory: `${hl7}/flag-category`,
  communicationCategory: `${hl7}/communication-category`,
  subscriberRelationship: `${hl7}/subscriber-relationship`,
  taskInput: `${ourBase}/CodeSystem/task-input`,
  taskOutput: `${ourBase}/CodeSystem/task-output`,
} as const;

export type SystemName = keyof typeof systems;

export function coding(system: SystemName, code: string, display?: string): Coding {
  return { system: systems[system], code, ...(display === undefined ? {} : { display }) };
}

export function concept(system: SystemName, code: string, display?: string): CodeableConcept {
  return { coding: [coding(system, code, display)] };
}

/** A LOINC concept that carries its display as text too, for readers that know no codes. */
export function loinc(code: string, display: string): CodeableConcept {
  return { ...concept('loinc', code, display), text: display };
}

/** The Identifier systems of one hospital: `https://<node>/mrn` and the like, never fetched. */
export type HospitalSystem =
  'mrn' | 'csv-id' | 'user' | 'referrals' | 'service-requests' | 'encounters' | 'police-cases';

export function hospitalSystem(node: NodeName, what: HospitalSystem): string {
  return `https://${node}/${what}`;
}

export function nodeId(node: NodeName): Identifier {
  return { system: systems.nodeId, value: node };
}

export function urnIdentifier(uuid: string): Identifier {
  return { system: systems.uri, value: `urn:uuid:${uuid}` };
}

/** An extension of ours with 32 bytes in it. */
export function digestExtension(url: string, bytes: Uint8Array): Extension {
  return { url, valueBase64Binary: bytes.toBase64() };
}
