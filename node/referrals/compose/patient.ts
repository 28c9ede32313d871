import type {
  Address,
  CodeableConcept,
  ContactPoint,
  HumanName,
  Identifier,
  Patient,
  RelatedPerson,
} from '@medplum/fhirtypes';
import { ourBase } from '../../../protocol/bundle/fhir/terms.ts';
import type { Bystander, PatientDetails } from '../../records/model.ts';
import { ComposeError } from './errors.ts';
import type { Frame } from './frame.ts';
import { coding, concept, hospitalSystem } from './terms.ts';
import { dateOf, present, textOf } from './values.ts';

/** BCP 47 as far as a reader needs it: subtags of letters and digits joined by hyphens. */
const languageForm = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;

/** The patient as A knows the person; absent members were not told (Spec bundle §3). */
export function patientResource(id: string, details: PatientDetails, frame: Frame, nationalIdSystem?: string): Patient {
  const names = humanNames(details);
  if (names.length === 0) throw new ComposeError('patient-without-name', 'a patient needs a name to be referred');
  const address = addressOf(details);
  const language = textOf(details.language);
  return {
    resourceType: 'Patient',
    id,
    identifier: identifiersOf(details, frame, nationalIdSystem),
    active: true,
    name: names,
    ...present({
      telecom: contactPoints(details.phone, details.email),
      gender: details.sex,
      birthDate: dateOf(details.birthDate),
      address: address === undefined ? undefined : [address],
      communication: language === undefined ? undefined : [{ language: languageConcept(language), preferred: true }],
    }),
    managingOrganization: frame.hospital,
  };
}

/** How an event names this patient without any of the data: the hospital's own record number, else the CSV id. */
export function patientIdentifier(
  details: PatientDetails,
  frame: Pick<Frame, 'node'>,
): { system: string; value: string } {
  const mrn = textOf(details.mrn);
  if (mrn !== undefined) return { system: hospitalSystem(frame.node, 'mrn'), value: mrn };
  return { system: hospitalSystem(frame.node, 'csv-id'), value: textOf(details.csvId) ?? details.csvId };
}

function identifiersOf(details: PatientDetails, frame: Frame, nationalIdSystem?: string): Identifier[] {
  const mrn = textOf(details.mrn);
  const csvId = textOf(details.csvId);
  const nationalId = textOf(details.nationalId);
  const identifiers: Identifier[] = [];
  if (mrn !== undefined)
    identifiers.push({
      use: 'usual',
      type: concept('v2Identifier', 'MR', 'Medical record number'),
      system: hospitalSystem(frame.node, 'mrn'),
      value: mrn,
      assigner: frame.hospital,
    });
  if (csvId !== undefined) identifiers.push({ system: hospitalSystem(frame.node, 'csv-id'), value: csvId });
  if (nationalId !== undefined)
    identifiers.push({
      type: concept('v2Identifier', 'NI', 'National unique individual identifier'),
      system: nationalIdSystem ?? `${ourBase}/national-id`,
      value: nationalId,
    });
  return identifiers;
}

/** Given names stay one text, as the hospital wrote them; a name in the native script is a second HumanName. */
function humanNames(details: PatientDetails): HumanName[] {
  const family = textOf(details.familyName);
  const given = textOf(details.givenNames);
  const native = textOf(details.nameNative);
  const names: HumanName[] = [];
  if (family !== undefined || given !== undefined)
    names.push({ use: 'official', ...present({ family, given: given === undefined ? undefined : [given] }) });
  if (native !== undefined) names.push({ use: 'official', text: native });
  return names;
}

/** The name for a title: the Latin one where there is one. */
export function displayName(details: PatientDetails): string {
  const latin = [details.givenNames, details.familyName].flatMap((part) => textOf(part) ?? []).join(' ');
  return latin === '' ? (textOf(details.nameNative) ?? '') : latin;
}

function contactPoints(phone: string | undefined, email: string | undefined): ContactPoint[] {
  const points = [
    { system: 'phone', value: textOf(phone) },
    { system: 'email', value: textOf(email) },
  ] as const;
  return points.flatMap(({ system, value }) => (value === undefined ? [] : [{ system, value }]));
}

function addressOf(details: PatientDetails): Address | undefined {
  const line = textOf(details.addressLine);
  const address: Address = present({
    line: line === undefined ? undefined : [line],
    city: textOf(details.city),
    postalCode: textOf(details.postalCode),
    country: textOf(details.country),
  });
  return Object.keys(address).length === 0 ? undefined : { use: 'home', ...address };
}

function languageConcept(language: string): CodeableConcept {
  return languageForm.test(language) ? { coding: [coding('language', language)] } : { text: language };
}

/** Who came with the patient; perhaps unnamed, then the relationship says who it is. Undefined when nobody is known. */
export function bystanderResource(bystander: Bystander | undefined, frame: Frame): RelatedPerson | undefined {
  const name = textOf(bystander?.name);
  const relation = textOf(bystander?.relation);
  const telecom = contactPoints(bystander?.phone, undefined);
  if (name === undefined && relation === undefined && telecom.length === 0) return undefined;
  return {
    resourceType: 'RelatedPerson',
    id: frame.uuid(),
    active: true,
    patient: frame.patient,
    relationship: [{ ...concept('v2Relationship', 'C', 'Emergency Contact'), text: relation ?? 'Bystander' }],
    ...present({ name: name === undefined ? undefined : [{ text: name }], telecom }),
  };
}
