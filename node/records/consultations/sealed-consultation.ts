import { utf8 } from '../../../protocol/bytes.ts';
import { parseJsonObject, type JsonRules, type JsonValue } from '../../../protocol/json.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Reader } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import { fieldBytesMax } from '../limits.ts';
import type { Consultation, ConsultationChange } from '../model.ts';
import { hasForbiddenCharacter, storedForm } from '../normalise.ts';

/** What a person writes of a consultation. */
export type NewConsultation = Omit<Consultation, 'id' | 'patient' | 'version' | 'writtenAt' | 'change'>;

/** What lies in the token of one version. */
export type ConsultationBody = Omit<NewConsultation, 'at'> & { readonly change?: ConsultationChange };

const itemsMax = 200;
const rules: JsonRules = {
  bytesMax: 32 * 1024 * 1024,
  depthMax: 4,
  nodesMax: 1000,
  stringBytesMax: 1024 * 1024,
  decimals: false,
};

/** Seals one version of a consultation; row and version are bound in, so that an older one put back does not open. */
export function sealConsultation(
  reader: Reader,
  keyring: Keyring,
  place: { readonly key: DataKeyId; readonly id: string; readonly version: number },
  body: ConsultationBody,
): Promise<Uint8Array> {
  return keyring.seal(reader, place.key, purposeOf(place), utf8(JSON.stringify({ v: 1, ...body })));
}

export async function openConsultation(
  reader: Reader,
  keyring: Keyring,
  place: { readonly key: DataKeyId; readonly id: string; readonly version: number },
  token: Uint8Array,
): Promise<ConsultationBody> {
  return readBody(await keyring.open(reader, place.key, purposeOf(place), token));
}

/** The first version has the name that every consultation had before there were others. */
function purposeOf({ id, version }: { readonly id: string; readonly version: number }): string {
  return version === 1 ? `consultation/${id}` : `consultation/${id}/${version}`;
}

/** As it is stored: NFC, lists trimmed; fails with `invalid-details` for a text that no record may hold. */
export function tidyConsultation(given: NewConsultation): NewConsultation {
  const list = (values: readonly string[], name: string): readonly string[] => {
    if (values.length > itemsMax) throw new RecordsError('invalid-details', `${name} has more than ${itemsMax} items`);
    return values.map((value) => tidyText(value.trim(), name)).filter((value) => value !== '');
  };
  return {
    at: given.at,
    encounterClass: given.encounterClass,
    reason: tidyText(given.reason, 'reason'),
    ...(given.findings === undefined || given.findings === ''
      ? {}
      : { findings: tidyText(given.findings, 'findings') }),
    diagnoses: list(given.diagnoses, 'diagnoses'),
    prescriptions: list(given.prescriptions, 'prescriptions'),
    practitioner: tidyText(given.practitioner, 'practitioner'),
    ...(given.author === undefined ? {} : { author: given.author }),
  };
}

/** One text in NFC; fails with `invalid-details` and the name of the text, never with the text. */
export function tidyText(value: string, name: string): string {
  const stored = storedForm(value);
  if (hasForbiddenCharacter(stored)) throw new RecordsError('invalid-details', `${name} holds a control character`);
  if (utf8(stored).length > fieldBytesMax)
    throw new RecordsError('invalid-details', `${name} is longer than ${fieldBytesMax} bytes`);
  return stored;
}

function readBody(plaintext: Uint8Array): ConsultationBody {
  const body = parseJsonObject(plaintext, rules);
  const { v, encounterClass, reason, findings, practitioner } = body;
  if (v !== 1 || !isClass(encounterClass) || typeof reason !== 'string' || typeof practitioner !== 'string')
    throw new RecordsError('record-damaged', 'a consultation of an unknown form: a newer program wrote it');
  return {
    encounterClass,
    reason,
    ...(typeof findings === 'string' ? { findings } : {}),
    diagnoses: textsOf(body['diagnoses']),
    prescriptions: textsOf(body['prescriptions']),
    practitioner,
    ...authorOf(body['author']),
    ...changeOf(body['change']),
  };
}

function authorOf(value: JsonValue | undefined): Pick<ConsultationBody, 'author'> {
  const { user, name, role } = membersOf(value);
  if (typeof user !== 'string' || typeof name !== 'string' || typeof role !== 'string') return {};
  return { author: { user, name, role } };
}

function changeOf(value: JsonValue | undefined): Pick<ConsultationBody, 'change'> {
  const { kind, reason } = membersOf(value);
  if ((kind !== 'addition' && kind !== 'correction') || typeof reason !== 'string') return {};
  return { change: { kind, reason } };
}

function membersOf(value: JsonValue | undefined): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function isClass(value: JsonValue | undefined): value is Consultation['encounterClass'] {
  return value === 'AMB' || value === 'EMER' || value === 'IMP';
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
