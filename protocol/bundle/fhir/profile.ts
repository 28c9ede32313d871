import type { JsonObject, JsonValue } from '../../json.ts';
import type { BaseFindings } from './base.ts';
import type { CheckOptions } from './check-options.ts';
import { asObject, codesOf, objectOf, objectsOf, textOf, textsOf } from './elements.ts';
import type { Issues } from './issue.ts';
import { codingCodes, nodeOfReference, uuidOfIdentifier, uuidOfUrn, type Message } from './message.ts';
import { isActive } from './narrative.ts';
import { exactlyOne } from './profile-count.ts';
import { checkEvent } from './profile-event.ts';
import { checkReferral } from './profile-referral.ts';
import { checkResources } from './profile-resources.ts';
import { checkTask } from './profile-task.ts';
import { eventRows, messageEvents, profileUrl, systems } from './terms.ts';

/** What every message of ours keeps beyond FHIR: its envelope, its references, what it must never hold (Spec bundle §2). */
export function checkProfile(message: Message, findings: BaseFindings, options: CheckOptions, issues: Issues): void {
  checkEnvelope(message.bundle, issues);
  checkEntries(message, issues);
  checkReferences(message, findings, issues);
  checkForbidden(message, findings, issues);
  exactlyOne(message, 'MessageHeader', issues);
  exactlyOne(message, 'Task', issues);
  checkHeader(message, options, issues);
  checkTask(message, options, issues);
  checkResources(message, options, issues);
  const isReferral = message.event === 'referral-sent' || message.event === 'forwarded';
  if (options.kind !== undefined && message.event !== undefined && (options.kind === 'referral') !== isReferral)
    issues.add('business-rule', `${headerPath(message)}.reason`, 'not an event of the kind that the manifest names');
  if (isReferral) checkReferral(message, options, issues);
  else if (message.event !== undefined) checkEvent(message, message.event, issues);
}

function headerPath(message: Message): string {
  return message.header?.path ?? 'Bundle.entry.resource.ofType(MessageHeader)';
}

function checkEnvelope(bundle: JsonObject, issues: Issues): void {
  const need = (holds: boolean, at: string, why: string): void => {
    if (!holds) issues.add('business-rule', `Bundle.${at}`, why);
  };
  const meta = objectOf(bundle, 'meta');
  need(textOf(bundle, 'type') === 'message', 'type', 'a referral travels as a message');
  need(textOf(bundle, 'id') !== undefined, 'id', 'required');
  need(uuidOfIdentifier(objectOf(bundle, 'identifier')) !== undefined, 'identifier', 'urn:ietf:rfc:3986, urn:uuid:…');
  need(textOf(bundle, 'timestamp') !== undefined, 'timestamp', 'an instant with a zone is required');
  need(textsOf(meta, 'profile').includes(profileUrl), 'meta.profile', 'the profile referral-message is required');
  const security = objectsOf(meta, 'security');
  const confidentiality = codingCodes(security, systems.confidentiality);
  const purpose = codingCodes(security, systems.actReason);
  need(
    confidentiality.length === 1 && ['R', 'V'].includes(confidentiality[0] ?? ''),
    'meta.security',
    'one v3-Confidentiality, R or V',
  );
  need(
    purpose.length === 1 && ['TREAT', 'ETREAT'].includes(purpose[0] ?? ''),
    'meta.security',
    'one purpose, TREAT or ETREAT',
  );
}

function checkEntries({ bundle }: Message, issues: Issues): void {
  const seen = new Set<string>();
  objectsOf(bundle, 'entry').forEach((entry, i) => {
    const path = `Bundle.entry[${i}]`;
    const url = textOf(entry, 'fullUrl');
    if (uuidOfUrn(url) === undefined)
      issues.add('value', `${path}.fullUrl`, 'urn:uuid: and a lower-case UUID is required');
    if (url !== undefined && seen.has(url)) issues.add('duplicate', `${path}.fullUrl`, 'a fullUrl is unique');
    if (url !== undefined) seen.add(url);
    if (objectOf(entry, 'resource') === undefined) issues.add('required', `${path}.resource`, 'required');
  });
}

/** Every reference resolves inside the Bundle, or is logical: nobody ever has to fetch (Spec bundle §1, decision 5). */
function checkReferences(message: Message, findings: BaseFindings, issues: Issues): void {
  for (const { path, reference } of findings.references) {
    const literal = textOf(reference, 'reference');
    const identifier = objectOf(reference, 'identifier');
    if (literal !== undefined) {
      if (message.target(reference) === undefined)
        issues.add(
          uuidOfUrn(literal) === undefined ? 'business-rule' : 'not-found',
          `${path}.reference`,
          'a reference names an entry of this Bundle by its fullUrl; nothing is ever fetched',
        );
    } else if (textOf(identifier, 'value') === undefined || textOf(reference, 'type') === undefined) {
      issues.add('business-rule', path, 'a reference names an entry of this Bundle, or a type and an identifier');
    }
  }
}

function checkForbidden(message: Message, findings: BaseFindings, issues: Issues): void {
  for (const path of findings.contained) issues.add('business-rule', path, 'contained resources are not allowed');
  for (const path of findings.inlineData)
    issues.add('business-rule', path, 'bytes travel as encrypted chunks beside the Bundle, never inside');
  for (const path of findings.implicit) issues.add('business-rule', path, 'implicitRules change meaning: refused');
  for (const path of findings.modified)
    issues.add('extension', `${path}.modifierExtension`, 'an unknown modifierExtension changes meaning: refused');
  for (const path of findings.attachmentUrls)
    issues.add('business-rule', path, 'urn:uuid: and the id of an attachment; nothing is ever fetched');
  for (const { resource, path } of message.entries) forbidActive(resource, path, issues);
}

/** Script hides in any narrative, of unknown resources too; the depth was bounded when the JSON was read. */
function forbidActive(value: JsonValue, path: string, issues: Issues): void {
  if (Array.isArray(value)) {
    (value as readonly JsonValue[]).forEach((one, i) => forbidActive(one, `${path}[${i}]`, issues));
    return;
  }
  for (const [name, one] of Object.entries(asObject(value) ?? {})) {
    const here = /^[A-Za-z_][A-Za-z0-9]{0,63}$/.test(name) ? `${path}.${name}` : path;
    if (name === 'div' && typeof one === 'string' && isActive(one))
      issues.add('security', here, 'active content in a narrative (script, handler, frame, or a link that runs)');
    else if (typeof one === 'object' && one !== null) forbidActive(one, here, issues);
  }
}

function checkHeader(message: Message, options: CheckOptions, issues: Issues): void {
  const { header } = message;
  if (header === undefined) return;
  const { resource, path } = header;
  const event = codesOf(objectOf(resource, 'reason'), systems.event);
  if (event.length !== 1 || message.event === undefined)
    issues.add('business-rule', `${path}.reason`, `one code of referral-event: ${messageEvents.join(', ')}`);
  const coding = objectOf(resource, 'eventCoding');
  const allowed = message.event === undefined ? ['I12', 'I13', 'I14'] : eventRows[message.event].v2Events;
  if (textOf(coding, 'system') !== systems.v2Event || !allowed.includes(textOf(coding, 'code') ?? ''))
    issues.add('business-rule', `${path}.event`, `v2-0003 ${allowed.join(' or ')} for this event`);
  if (textOf(resource, 'id') === undefined)
    issues.add('required', `${path}.id`, 'names the message, so that a repetition is known');
  const focus = objectsOf(resource, 'focus');
  if (focus.length !== 1 || message.target(focus[0])?.type !== 'Task')
    issues.add('business-rule', `${path}.focus`, 'exactly the Task');
  checkParties(message, resource, path, options, issues);
}

function checkParties(message: Message, header: JsonObject, path: string, options: CheckOptions, issues: Issues): void {
  const sender = nodeOfReference(message, objectOf(header, 'sender'));
  const destinations = objectsOf(header, 'destination');
  const receiver = nodeOfReference(message, objectOf(destinations[0], 'receiver'));
  if (message.target(objectOf(header, 'sender'))?.type !== 'Organization' || sender === undefined)
    issues.add('business-rule', `${path}.sender`, 'an Organization of this Bundle with one node-id');
  else if (options.sender !== undefined && sender !== options.sender)
    issues.add('business-rule', `${path}.sender`, 'the node-id is not the node whose key signed');
  if (destinations.length !== 1) issues.add('business-rule', `${path}.destination`, 'exactly one destination');
  if (message.target(objectOf(destinations[0], 'receiver'))?.type !== 'Organization' || receiver === undefined)
    issues.add('business-rule', `${path}.destination.receiver`, 'an Organization of this Bundle with one node-id');
  else if (options.receiver !== undefined && receiver !== options.receiver)
    issues.add('business-rule', `${path}.destination.receiver`, 'the node-id of the destination is not ours');
  else if (receiver === sender)
    issues.add('business-rule', `${path}.destination.receiver`, 'sender and destination are the same node');
}
