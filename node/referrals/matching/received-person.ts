import { objectOf, objectsOf, textOf, textsOf } from '../../../protocol/bundle/fhir/elements.ts';
import { readMessage, type Message } from '../../../protocol/bundle/fhir/message.ts';
import { findPatient } from '../../../protocol/bundle/fhir/referral.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import type { Bystander, Insurance, PatientDetails, Sex } from '../../records/model.ts';

/**
 * The person of a received referral, as our own records would describe one. The sender's record number and CSV id are left
 * out: they name somebody within another hospital, and here they would name somebody else (Records §1, §2).
 */
export function receivedPerson(bundle: JsonObject): PatientDetails {
  const facts = findPatient(bundle);
  const message = readMessage(bundle);
  const resource = message.ofType('Patient')[0]?.resource;
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
  const sex = sexes.find((each) => each === facts?.gender);
  const bystander = bystanderOf(message);
  const insurance = insuranceOf(message);
  return {
    ...told(details),
    ...(sex === undefined ? {} : { sex }),
    ...(Object.keys(bystander).length === 0 ? {} : { bystander }),
    ...(Object.keys(insurance).length === 0 ? {} : { insurance }),
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

/** Whoever came along first in the document; a bystander whose relation nobody told is none of the patient's. */
function bystanderOf(message: Message): Bystander {
  const resource = message.ofType('RelatedPerson')[0]?.resource;
  const name = objectsOf(resource, 'name')[0];
  const written = [...textsOf(name, 'given'), textOf(name, 'family') ?? ''].join(' ').trim();
  const relation = textOf(objectsOf(resource, 'relationship')[0], 'text');
  return told({
    name: textOf(name, 'text') ?? written,
    relation: relation === relationUntold ? undefined : relation,
    phone: phoneOf(resource),
  });
}

function insuranceOf(message: Message): Insurance {
  const resource = message.ofType('Coverage')[0]?.resource;
  const payer = message.target(objectsOf(resource, 'payor')[0]);
  const period = objectOf(resource, 'period');
  const day = (name: string): string | undefined => textOf(period, name)?.slice(0, 'YYYY-MM-DD'.length);
  return told({
    insurer:
      payer?.type === 'Organization' ? textOf(payer.resource, 'name') : textOf(objectOf(resource, 'type'), 'text'),
    policyNumber: textOf(objectsOf(resource, 'identifier')[0], 'value') ?? textOf(resource, 'subscriberId'),
    validFrom: day('start'),
    validTo: day('end'),
  });
}

function phoneOf(resource: JsonObject | undefined): string | undefined {
  return textOf(
    objectsOf(resource, 'telecom').find((one) => textOf(one, 'system') === 'phone'),
    'value',
  );
}

/** Only the members that say something. */
function told<Name extends string>(members: Readonly<Record<Name, string | undefined>>): Partial<Record<Name, string>> {
  const present = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(present) as Partial<Record<Name, string>>;
}

/** What a document of ours says where the relation was not told. */
const relationUntold = 'Bystander';
const sexes: readonly Sex[] = ['male', 'female', 'other', 'unknown'];
