import type { CodeableConcept, Coding, Extension, Identifier } from '@medplum/fhirtypes';
import type { NodeName } from '../../../protocol/ids.ts';

/**
 * The codes that our messages carry. Codes of HL7 and LOINC are single codes with a display; our own lie under
 * `fhirBase` (clinical.md §3, §11).
 */
export const fhirBase = 'https://fernpost.example/fhir';

const hl7 = 'http://terminology.hl7.org/CodeSystem';
const systems = {
  loinc: 'http://loinc.org',
  bser: 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS',
  taskCode: 'http://hl7.org/fhir/CodeSystem/task-code',
  language: 'urn:ietf:bcp:47',
  dicom: 'http://dicom.nema.org/resources/ontology/DCM',
  confidentiality: `${hl7}/v3-Confidentiality`,
  actReason: `${hl7}/v3-ActReason`,
  actCode: `${hl7}/v3-ActCode`,
  roleCode: `${hl7}/v3-RoleCode`,
  participation: `${hl7}/v3-ParticipationType`,
  participationMode: `${hl7}/v3-ParticipationMode`,
  dataOperation: `${hl7}/v3-DataOperation`,
  v2Event: `${hl7}/v2-0003`,
  v2Identifier: `${hl7}/v2-0203`,
  v2Contact: `${hl7}/v2-0131`,
  organizationType: `${hl7}/organization-type`,
  practitionerRole: `${hl7}/practitioner-role`,
  provenanceParticipant: `${hl7}/provenance-participant-type`,
  conditionClinical: `${hl7}/condition-clinical`,
  conditionCategory: `${hl7}/condition-category`,
  diagnosisRole: `${hl7}/diagnosis-role`,
  allergyClinical: `${hl7}/allergyintolerance-clinical`,
  observationCategory: `${hl7}/observation-category`,
  flagCategory: `${hl7}/flag-category`,
  communicationCategory: `${hl7}/communication-category`,
  consentScope: `${hl7}/consentscope`,
  consentAction: `${hl7}/consentaction`,
  subscriberRelationship: `${hl7}/subscriber-relationship`,
  emptyReason: `${hl7}/list-empty-reason`,
  event: `${fhirBase}/CodeSystem/referral-event`,
  state: `${fhirBase}/CodeSystem/referral-state`,
  role: `${fhirBase}/CodeSystem/role`,
  flag: `${fhirBase}/CodeSystem/flag`,
  taskInput: `${fhirBase}/CodeSystem/task-input`,
  taskOutput: `${fhirBase}/CodeSystem/task-output`,
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
  return { system: `${fhirBase}/node-id`, value: node };
}

export function urnIdentifier(uuid: string): Identifier {
  return { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${uuid}` };
}

export function structureDefinition(name: string): string {
  return `${fhirBase}/StructureDefinition/${name}`;
}

/** An extension of ours with 32 bytes in it. */
export function digestExtension(url: string, bytes: Uint8Array): Extension {
  return { url, valueBase64Binary: bytes.toBase64() };
}
