import type { JsonObject } from '../../json.ts';
import type { CheckOptions } from './check-options.ts';
import { codesOf, isCoded, objectOf, objectsOf, textOf } from './elements.ts';
import { readEventOrder } from './extensions.ts';
import type { Issues } from './issue.ts';
import { nodeOfReference, uuidOfIdentifier, type Entry, type Message } from './message.ts';
import { eventRows, roles, stateNames, stateRows, systems, type StateName } from './terms.ts';

/** The Task and what every event says around it: state, referral id, order, actor (Spec bundle §2, §5). */
export function checkTask(message: Message, options: CheckOptions, issues: Issues): void {
  const { header, task } = message;
  if (header !== undefined) {
    const order = readEventOrder(header.resource, header.path, issues);
    if (order !== undefined && isReferral(message) && (order.seq !== 1 || order.seen !== undefined))
      issues.add('business-rule', `${header.path}.extension`, 'event-order: a referral is seq 1 and has seen nothing');
  }
  if (task !== undefined) {
    checkState(message, task, issues);
    checkIdentifiers(message, task, options, issues);
    checkFocus(message, task, issues);
    if (textOf(objectOf(objectOf(task.resource, 'restriction'), 'period'), 'end') === undefined)
      issues.add('required', `${task.path}.restriction.period.end`, 'when the referral expires is required');
    if (textOf(task.resource, 'intent') !== 'order')
      issues.add('business-rule', `${task.path}.intent`, 'a referral is an order');
  }
  checkProvenance(message, issues);
}

function isReferral({ event }: Message): boolean {
  return event === 'referral-sent' || event === 'forwarded';
}

/** Both codings, and a Task.status that is the one of the state (Spec bundle §5). */
function checkState(message: Message, { resource, path }: Entry, issues: Issues): void {
  const business = objectOf(resource, 'businessStatus');
  const codes = codesOf(business, systems.state);
  const [state] = codes;
  if (codes.length !== 1 || !isState(state))
    return issues.add('business-rule', `${path}.businessStatus`, 'one code of referral-state is required');
  const { statuses, bser } = stateRows[state];
  if (!statuses.includes(textOf(resource, 'status') ?? ''))
    issues.add('business-rule', `${path}.status`, `the state of businessStatus goes with ${statuses.join(' or ')}`);
  const bserCodes = codesOf(business, systems.bser);
  if (bser !== undefined && (bserCodes.length !== 1 || bserCodes[0] !== bser))
    issues.add('business-rule', `${path}.businessStatus`, `BSeR's code ${bser} stands beside ours`);
  if (message.event !== undefined && !eventRows[message.event].states.includes(state))
    issues.add('business-rule', `${path}.businessStatus`, 'not a state that this event leads to');
}

function isState(code: string | undefined): code is StateName {
  return (stateNames as readonly string[]).includes(code ?? '');
}

function checkIdentifiers(message: Message, task: Entry, options: CheckOptions, issues: Issues): void {
  const { resource, path } = task;
  const id = uuidOfIdentifier(objectOf(resource, 'groupIdentifier'));
  if (id === undefined)
    issues.add('business-rule', `${path}.groupIdentifier`, 'the referral id, urn:ietf:rfc:3986 and urn:uuid:…');
  else if (options.referral !== undefined && id !== options.referral)
    issues.add('business-rule', `${path}.groupIdentifier`, 'not the referral that the manifest names');
  const typed = (code: string): readonly JsonObject[] =>
    objectsOf(resource, 'identifier').filter((one) => isCoded(objectOf(one, 'type'), systems.v2Identifier, code));
  const whole = (one: JsonObject | undefined): boolean =>
    textOf(one, 'system') !== undefined && textOf(one, 'value') !== undefined;
  if (typed('PLAC').length !== 1 || !whole(typed('PLAC')[0]))
    issues.add('business-rule', `${path}.identifier`, 'exactly one of type PLAC with system and value');
  if (typed('FILL').length > 1 || (message.event === 'referral-accepted' && !whole(typed('FILL')[0])))
    issues.add('business-rule', `${path}.identifier`, 'the number of the receiver, one of type FILL');
}

function checkFocus(message: Message, { resource, path }: Entry, issues: Issues): void {
  const pairs = [
    ['focus', 'ServiceRequest'],
    ['for', 'Patient'],
  ] as const;
  for (const [name, type] of pairs) {
    const reference = objectOf(resource, name);
    const target = message.target(reference);
    const logical = textOf(reference, 'type') === type && objectOf(reference, 'identifier') !== undefined;
    if (target === undefined ? isReferral(message) || !logical : target.type !== type)
      issues.add('business-rule', `${path}.${name}`, `the ${type} of the referral`);
  }
}

/** Who did it, in which role, and when (Spec bundle §2). */
function checkProvenance(message: Message, issues: Issues): void {
  const all = message.ofType('Provenance');
  if (all.length === 0)
    return issues.add('required', 'Bundle.entry.resource.ofType(Provenance)', 'who did it is required');
  if (!isReferral(message) && all.length > 1)
    issues.add('duplicate', all[1]?.path ?? '', 'an event has exactly one Provenance');
  const task = message.task?.fullUrl;
  const ofTask = all.find(({ resource }) =>
    objectsOf(resource, 'target').some((one) => textOf(one, 'reference') === task),
  );
  if (ofTask === undefined)
    return issues.add('business-rule', `${all[0]?.path ?? ''}.target`, 'one Provenance targets the Task');
  const { resource, path } = ofTask;
  if (textOf(resource, 'occurredDateTime') === undefined)
    issues.add('required', `${path}.occurred`, 'occurredDateTime is required');
  const authors = objectsOf(resource, 'agent').filter((one) => isAuthor(one));
  if (authors.length !== 1)
    return issues.add('business-rule', `${path}.agent`, 'exactly one agent of type author is required');
  checkAuthor(message, authors[0] ?? {}, `${path}.agent`, issues);
}

function isAuthor(agent: JsonObject): boolean {
  return isCoded(objectOf(agent, 'type'), systems.participantType, 'author');
}

function checkAuthor(message: Message, agent: JsonObject, path: string, issues: Issues): void {
  const codes = objectsOf(agent, 'role').flatMap((role) => codesOf(role, systems.role));
  if (codes.length !== 1 || !(roles as readonly string[]).includes(codes[0] ?? ''))
    issues.add('business-rule', `${path}.role`, `one code of role: ${roles.join(', ')}`);
  const sender = nodeOfReference(message, objectOf(message.header?.resource, 'sender'));
  const who = objectOf(agent, 'who');
  const target = message.target(who);
  const onBehalfOf = objectOf(agent, 'onBehalfOf');
  if (onBehalfOf !== undefined && sender !== undefined && nodeOfReference(message, onBehalfOf) !== sender)
    issues.add('business-rule', `${path}.onBehalfOf`, 'the author acts for the sender');
  if (codes[0] === 'machine') {
    if (sender !== undefined && nodeOfReference(message, who) !== sender)
      issues.add('business-rule', `${path}.who`, 'a machine is named by the Organization of its node');
    return;
  }
  const kind = target?.type ?? textOf(who, 'type');
  if (kind !== 'Practitioner' && kind !== 'PractitionerRole')
    issues.add('business-rule', `${path}.who`, 'a Practitioner of this Bundle or a logical one');
  else if (sender !== undefined && !userIds(message, who, target).includes(`https://${sender}/user`))
    issues.add('business-rule', `${path}.who`, 'the user id of the sender, system https://<node>/user');
}

/** The systems of the identifiers that name a person; a PractitionerRole is named by its Practitioner. */
function userIds(message: Message, who: JsonObject | undefined, target: Entry | undefined): readonly string[] {
  if (target === undefined) return [textOf(objectOf(who, 'identifier'), 'system') ?? ''];
  const person = target.type === 'Practitioner' ? target : message.target(objectOf(target.resource, 'practitioner'));
  return objectsOf(person?.resource, 'identifier').map((one) => textOf(one, 'system') ?? '');
}
