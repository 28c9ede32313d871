import { objectOf, objectsOf, textOf, textsOf } from '../../../protocol/bundle/fhir/elements.ts';
import { readMessage } from '../../../protocol/bundle/fhir/message.ts';
import { findPatient } from '../../../protocol/bundle/fhir/referral.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import type { PatientDetails, Sex } from '../../records/model.ts';

/**
 * The person of a received referral, as our own records would describe one. The sender's record number and CSV id are left
 * out: they name somebody within another hospital, and here they would name somebody else (Records §1, §2).
 */
export function receivedPerson(bundle: JsonObject): PatientDetails {
  const facts = findPatient(bundle);
  const resource = readMessage(bundle).ofType('Patient')[0]?.resource;
  const address = objectsOf(resource, 'address')[0];
  const email = objectsOf(resource, 'telecom').find((one) => textOf(one, 'system') === 'email');
  const language = objectOf(objectsOf(resource, 'communication')[0], 'language');
  const details: Readonly<Record<string, string | undefined>> = {
    nationalId: facts?.identifiers.find(({ type }) => type === 'NI')?.value,
    familyName: facts?.family,
    givenNames: facts === undefined || facts.given.length === 0 ? undefined : facts.given.join(' '),
    nameNative: facts?.nativeName,
    birthDate: facts?.birthDate,
    phone: facts?.phones[0],
    email: textOf(email, 'value'),
    addressLine: textsOf(address, 'line')[0],
    city: facts?.city,
    postalCode: textOf(address, 'postalCode'),
    country: textOf(address, 'country'),
    language: objectsOf(language, 'coding').flatMap((one) => textOf(one, 'code') ?? [])[0],
  };
  const told = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined && value !== ''));
  const sex = sexes.find((each) => each === facts?.gender);
  return {
    ...told,
    ...(sex === undefined ? {} : { sex }),
    csvId: '',
    allergies: [],
    conditions: [],
    medications: [],
    immunizations: [],
    familyHistory: [],
    procedures: [],
    policeCase: false,
  };
}

const sexes: readonly Sex[] = ['male', 'female', 'other', 'unknown'];
