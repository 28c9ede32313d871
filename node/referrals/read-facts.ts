import { objectOf, objectsOf, textOf } from '../../protocol/bundle/fhir/elements.ts';
import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { readMessage, uuidOfUrn, type Message } from '../../protocol/bundle/fhir/message.ts';
import {
  attachmentKeyUrl,
  attachmentSha256Url,
  attachmentSizeUrl,
  eventOrderUrl,
  roles,
  systems,
  type Role,
} from '../../protocol/bundle/fhir/terms.ts';
import { parseBase64 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { isUuid, parseAttachmentId, type NodeName } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { parseJsonObject, type JsonObject } from '../../protocol/json.ts';
import type { LogicalId } from './compose/event-input.ts';
import type { NamedAttachment } from './open-bundle.ts';
import type { ReferralSummary } from './referrals.ts';
import { eventNames, type ReferralEvent } from './state.ts';

/** What the workflow needs of a message that the profile has accepted (clinical.md §2). */
export interface MessageFacts {
  readonly messageId: string;
  readonly name: ReferralEvent['name'];
  readonly role: Role;
  readonly seq: number;
  readonly prev: Uint8Array | undefined;
  readonly seen: Uint8Array | undefined;
  readonly taskId: string;
  readonly number: string;
  readonly authoredAt: Instant;
  readonly expiresAt: Instant | undefined;
  readonly statusReason: string;
}

const digestBytes = 32;
const attachmentsMax = 100;

export function readFacts(bundle: JsonObject): MessageFacts {
  const message = readMessage(bundle);
  const header = message.header?.resource;
  const task = message.task?.resource;
  const order = objectsOf(
    objectsOf(header, 'extension').find((each) => textOf(each, 'url') === eventOrderUrl),
    'extension',
  );
  const member = (url: string): JsonObject | undefined => order.find((each) => textOf(each, 'url') === url);
  const digest = (url: string): Uint8Array | undefined => {
    const value = textOf(member(url), 'valueBase64Binary');
    return value === undefined ? undefined : parseBase64(value, digestBytes);
  };
  const name = message.event as string | undefined;
  const known = [...eventNames, 'rescheduled' as const].find((each) => each === name);
  const seq = member('seq')?.['valuePositiveInt'];
  if (known === undefined || typeof seq !== 'number')
    throw new ProtocolError('malformed-fhir', 'a message without event or order');
  return {
    messageId: textOf(header, 'id') ?? '',
    name: known,
    role: roleOf(message),
    seq,
    prev: digest('prev'),
    seen: digest('seen'),
    taskId: textOf(task, 'id') ?? '',
    number: textOf(objectsOf(task, 'identifier')[0], 'value') ?? '',
    authoredAt: timeOf(textOf(task, 'authoredOn')) ?? instantOfMs(0),
    expiresAt: timeOf(textOf(objectOf(objectOf(task, 'restriction'), 'period'), 'end')),
    statusReason: textOf(objectOf(task, 'statusReason'), 'text') ?? '',
  };
}

/** The attachments that a document names, or `undefined` when it does not name them as clinical.md §8 asks. */
export function readAttachments(plaintext: Uint8Array): readonly NamedAttachment[] | undefined {
  try {
    const message = readMessage(parseJsonObject(plaintext, fhirJsonRules));
    const documents = message.ofType('DocumentReference');
    const found = documents.flatMap(({ resource }) =>
      objectsOf(resource, 'content').flatMap((content) => attachmentOf(objectOf(content, 'attachment')) ?? []),
    );
    return found.length > attachmentsMax ? undefined : found;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Who and why, for a list; opened only for people who may see it. */
export function readSummary(bundle: JsonObject, sender: NodeName): ReferralSummary {
  const message = readMessage(bundle);
  const patient = message.ofType('Patient')[0]?.resource;
  const order = message.ofType('ServiceRequest')[0]?.resource;
  const name = objectsOf(patient, 'name')[0];
  const given = Array.isArray(name?.['given']) ? (name['given'] as readonly string[]).join(' ') : '';
  const family = textOf(name, 'family') ?? '';
  const csvId = objectsOf(patient, 'identifier').find((each) => textOf(each, 'system') === `https://${sender}/csv-id`);
  return {
    patientName: [family, given].filter((part) => part !== '').join(', ') || (textOf(name, 'text') ?? ''),
    csvId: textOf(csvId, 'value') ?? '',
    sex: textOf(patient, 'gender') ?? '',
    birthDate: textOf(patient, 'birthDate') ?? '',
    reason: objectsOf(order, 'reasonCode')
      .map((each) => textOf(each, 'text') ?? '')
      .join('; '),
    question: textOf(objectOf(order, 'code'), 'text') ?? '',
  };
}

/** What later events repeat of the referral (compose/event-input.ts). */
export function readLogicalIds(bundle: JsonObject): {
  readonly serviceRequest: LogicalId;
  readonly patient: LogicalId;
} {
  const message = readMessage(bundle);
  const idOf = (type: string): LogicalId => {
    const identifier = objectsOf(message.ofType(type)[0]?.resource, 'identifier')[0];
    return { system: textOf(identifier, 'system') ?? '', value: textOf(identifier, 'value') ?? '' };
  };
  return { serviceRequest: idOf('ServiceRequest'), patient: idOf('Patient') };
}

function attachmentOf(attachment: JsonObject | undefined): NamedAttachment | undefined {
  const extension = (url: string): Uint8Array | undefined => {
    const found = objectsOf(attachment, 'extension').filter((each) => textOf(each, 'url') === url);
    const value = found.length === 1 ? textOf(found[0], 'valueBase64Binary') : undefined;
    return value === undefined ? undefined : parseBase64(value, digestBytes);
  };
  const id = uuidOfUrn(textOf(attachment, 'url'));
  const sha256 = extension(attachmentSha256Url);
  const key = extension(attachmentKeyUrl);
  const large = objectsOf(attachment, 'extension').find((each) => textOf(each, 'url') === attachmentSizeUrl);
  const size = attachment?.['size'] ?? large?.['valueDecimal'];
  if (id === undefined || !isUuid(id) || sha256 === undefined || key === undefined || typeof size !== 'number')
    return undefined;
  return {
    id: parseAttachmentId(id),
    size,
    sha256,
    key,
    title: textOf(attachment, 'title') ?? '',
    contentType: textOf(attachment, 'contentType') ?? 'application/octet-stream',
  };
}

function roleOf(message: Message): Role {
  const codes = message
    .ofType('Provenance')
    .flatMap(({ resource }) =>
      objectsOf(resource, 'agent').flatMap((agent) =>
        objectsOf(agent, 'role').flatMap((role) =>
          objectsOf(role, 'coding').filter((each) => textOf(each, 'system') === systems.role),
        ),
      ),
    );
  const code = codes.map((each) => textOf(each, 'code')).find((each) => each !== undefined);
  return roles.find((each) => each === code) ?? 'machine';
}

function timeOf(text: string | undefined): Instant | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isSafeInteger(ms) ? instantOfMs(ms) : undefined;
}
