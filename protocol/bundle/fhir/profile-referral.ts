import type { JsonObject } from '../../json.ts';
import type { CheckOptions } from './check-options.ts';
import { codesOf, hasElement, isCoded, objectOf, objectsOf, textOf } from './elements.ts';
import type { Issues } from './issue.ts';
import { codingCodes, nodeOfReference, uuidOfIdentifier, type Entry, type Message } from './message.ts';
import { isLater } from './primitives.ts';
import { exactlyOne } from './profile-count.ts';
import { sectionCodes, systems, type SectionName } from './terms.ts';

/** What a referral must hold beyond the envelope: order, patient, note, legal ground (Spec bundle §2, §3). */
export function checkReferral(message: Message, options: CheckOptions, issues: Issues): void {
  for (const type of ['ServiceRequest', 'Composition', 'Patient']) exactlyOne(message, type, issues);
  const [order] = message.ofType('ServiceRequest');
  const [note] = message.ofType('Composition');
  const [patient] = message.ofType('Patient');
  if (order !== undefined) checkOrder(message, order, issues);
  if (note !== undefined) checkNote(note, issues);
  if (patient !== undefined) checkPatient(message, patient, issues);
  checkGround(message, options, issues);
}

function checkOrder(message: Message, { resource, path }: Entry, issues: Issues): void {
  const id = uuidOfIdentifier(objectOf(resource, 'requisition'));
  if (id === undefined || id !== uuidOfIdentifier(objectOf(message.task?.resource, 'groupIdentifier')))
    issues.add('business-rule', `${path}.requisition`, 'the referral id, the same as Task.groupIdentifier');
  if (textOf(resource, 'status') !== 'active')
    issues.add('business-rule', `${path}.status`, 'the order of a referral that is sent is active');
  if (textOf(resource, 'intent') !== 'order') issues.add('business-rule', `${path}.intent`, 'a referral is an order');
  if (message.event === 'forwarded' && !hasElement(resource, 'basedOn'))
    issues.add('required', `${path}.basedOn`, 'a forwarded referral names the one it follows');
}

function checkNote({ resource, path }: Entry, issues: Issues): void {
  if (!isCoded(objectOf(resource, 'type'), systems.loinc, '57133-1'))
    issues.add('business-rule', `${path}.type`, 'a referral note, LOINC 57133-1');
  const present = new Set(
    objectsOf(resource, 'section').flatMap((section) => codesOf(objectOf(section, 'code'), systems.loinc)),
  );
  if (!present.has(sectionCodes.reason))
    issues.add('required', `${path}.section`, `the section reason for referral, LOINC ${sectionCodes.reason}`);
  const missing = (Object.keys(sectionCodes) as SectionName[]).filter((name) => !present.has(sectionCodes[name]));
  if (missing.length > 0)
    issues.warn('business-rule', `${path}.section`, `sections that say nothing, not even why: ${missing.join(', ')}`);
}

/** Every clinical resource speaks of the one patient (Spec bundle §2). */
function checkPatient(message: Message, patient: Entry, issues: Issues): void {
  const whole = objectsOf(patient.resource, 'identifier').some(
    (one) => textOf(one, 'system') !== undefined && textOf(one, 'value') !== undefined,
  );
  if (!whole) issues.add('required', `${patient.path}.identifier`, 'an identifier with system and value');
  for (const { resource, path, type } of message.entries) {
    if (type === 'Provenance' || type === 'Task') continue;
    for (const name of ['subject', 'patient', 'beneficiary']) {
      const reference = objectOf(resource, name);
      const kind = message.target(reference)?.type ?? textOf(reference, 'type');
      if (kind === 'Patient' && message.target(reference) !== patient && !namesPatient(patient, reference))
        issues.add('business-rule', `${path}.${name}`, 'not the patient of this referral');
    }
  }
}

function namesPatient(patient: Entry, reference: JsonObject | undefined): boolean {
  const named = objectOf(reference, 'identifier');
  return objectsOf(patient.resource, 'identifier').some(
    (one) => textOf(one, 'system') === textOf(named, 'system') && textOf(one, 'value') === textOf(named, 'value'),
  );
}

/** A Consent that names the receiver and holds now, or a broken glass with its reason (Spec bundle §2, §3). */
function checkGround(message: Message, options: CheckOptions, issues: Issues): void {
  const emergency = codingCodes(objectsOf(objectOf(message.bundle, 'meta'), 'security'), systems.actReason).includes(
    'ETREAT',
  );
  const reason = message
    .ofType('Provenance')
    .some(({ resource }) =>
      objectsOf(resource, 'reason').some((one) => textOf(one, 'text') !== undefined || hasElement(one, 'coding')),
    );
  if (emergency !== reason)
    issues.add(
      'business-rule',
      emergency ? 'Bundle.entry.resource.ofType(Provenance).reason' : 'Bundle.meta.security',
      'break-glass: the purpose ETREAT and Provenance.reason go together',
    );
  if (emergency && reason) return;
  const consents = message.ofType('Consent');
  if (consents.length === 0) {
    issues.add('required', 'Bundle.entry.resource.ofType(Consent)', 'a Consent, or a break-glass reason, is required');
    return;
  }
  const receiver =
    options.receiver ??
    nodeOfReference(message, objectOf(objectsOf(message.header?.resource, 'destination')[0], 'receiver'));
  const faults = consents.map((consent) => consentFaults(message, consent, receiver));
  if (faults.every((list) => list.length > 0))
    for (const [at, why] of faults.flat()) issues.add('business-rule', at, why);
}

type Fault = readonly [at: string, why: string];

function consentFaults(message: Message, { resource, path }: Entry, receiver: string | undefined): readonly Fault[] {
  const provision = objectOf(resource, 'provision');
  const period = objectOf(provision, 'period');
  const [start, end] = [textOf(period, 'start'), textOf(period, 'end')];
  const now = textOf(message.bundle, 'timestamp');
  const named = objectsOf(provision, 'actor').some(
    (actor) =>
      isCoded(objectOf(actor, 'role'), systems.participationType, 'IRCP') &&
      receiver !== undefined &&
      nodeOfReference(message, objectOf(actor, 'reference')) === receiver,
  );
  const patient = objectOf(resource, 'patient');
  const rules: readonly (readonly [boolean, string, string])[] = [
    [textOf(resource, 'status') === 'active', 'status', 'a Consent that is active'],
    [isCoded(objectOf(resource, 'scope'), systems.consentScope, 'patient-privacy'), 'scope', 'scope patient-privacy'],
    [isCoded(objectOf(resource, 'policyRule'), systems.actCode, 'OPTIN'), 'policyRule', 'policyRule OPTIN'],
    [message.target(patient)?.type === 'Patient', 'patient', 'the patient of this referral'],
    [textOf(provision, 'type') === 'permit', 'provision.type', 'a provision that permits'],
    [named, 'provision.actor', 'the Consent names the receiving node as information recipient (IRCP)'],
    [
      objectsOf(provision, 'action').some((one) => isCoded(one, systems.consentAction, 'disclose')),
      'provision.action',
      'the action disclose',
    ],
    [
      codingCodes(objectsOf(provision, 'purpose'), systems.actReason).includes('TREAT'),
      'provision.purpose',
      'the purpose TREAT',
    ],
    [
      start !== undefined && end !== undefined && !isLater(start, now) && !isLater(now, end),
      'provision.period',
      'a period that holds Bundle.timestamp',
    ],
    [
      !hasElement(provision ?? {}, 'provision'),
      'provision.provision',
      'no exceptions: they cannot be judged by machine',
    ],
  ];
  return rules.flatMap(([holds, at, why]) => (holds ? [] : [[`${path}.${at}`, why] as const]));
}
