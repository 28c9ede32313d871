import type { JsonObject } from '../../json.ts';
import { hasElement, objectOf, objectsOf, textOf } from './elements.ts';
import type { Issues } from './issue.ts';
import type { Message } from './message.ts';
import type { MessageEvent } from './terms.ts';

type Need = (message: Message, task: JsonObject) => readonly (readonly [holds: boolean, at: string, why: string])[];

const someType = (type: string): string => `Bundle.entry.resource.ofType(${type})`;
const taskPath = someType('Task');

const reasonInTask: Need = (_, task) => [
  [
    textOf(objectOf(task, 'statusReason'), 'text') !== undefined,
    `${taskPath}.statusReason.text`,
    'this event says its reason',
  ],
];

const appointmentOf =
  (...statuses: readonly string[]): Need =>
  (message) => {
    const fitting = message
      .ofType('Appointment')
      .filter((one) => statuses.includes(textOf(one.resource, 'status') ?? ''));
    return [
      [
        fitting.length === 1,
        `${someType('Appointment')}.status`,
        `exactly one Appointment that is ${statuses.join(' or ')}`,
      ],
    ];
  };

/** What an event must carry beyond Task, Provenance and both Organizations (Spec bundle §6, last column). */
const needs: Readonly<Partial<Record<MessageEvent, Need>>> = {
  'referral-rejected': reasonInTask,
  'info-requested': (message) => [
    [
      message.ofType('Communication').some(({ resource }) => objectsOf(resource, 'payload').length > 0),
      `${someType('Communication')}.payload`,
      'the question is a Communication with its words',
    ],
  ],
  'info-provided': (message) => [
    [
      message.entries.some(({ type }) => !frameTypes.has(type)),
      'Bundle.entry',
      'an answer is a Communication, resources or attachments',
    ],
  ],
  scheduled: (message, task) => scheduled(message, task),
  rescheduled: (message, task) => scheduled(message, task),
  'not-attended': appointmentOf('noshow'),
  'appointment-cancelled': (message, task) => [
    [
      textOf(objectOf(task, 'statusReason'), 'text') !== undefined ||
        message.ofType('Appointment').some(({ resource }) => hasElement(resource, 'cancelationReason')),
      `${taskPath}.statusReason.text`,
      'this event says its reason',
    ],
  ],
  started: (message) => [
    [
      message.ofType('Encounter').some(({ resource }) => textOf(objectOf(resource, 'period'), 'start') !== undefined),
      `${someType('Encounter')}.period.start`,
      'when the visit began, in an Encounter',
    ],
  ],
  'interim-note': (message) => [
    [message.ofType('Composition').length > 0, someType('Composition'), 'the note is a Composition'],
  ],
  'referral-completed': (message, task) => [
    [
      objectsOf(task, 'output').some((one) => message.target(objectOf(one, 'valueReference'))?.type === 'Composition'),
      `${taskPath}.output`,
      'the report is a Composition of this Bundle, named by Task.output',
    ],
  ],
  withdrawn: reasonInTask,
  'cancel-requested': reasonInTask,
  'cancel-declined': reasonInTask,
  voided: (message, task) => [
    ...reasonInTask(message, task),
    [personsOf(message) >= 2, `${someType('Provenance')}.agent`, 'two persons void together'],
  ],
};

/** What every event has, so that it is no answer by itself. */
const frameTypes: ReadonlySet<string> = new Set([
  'MessageHeader',
  'Task',
  'Organization',
  'Provenance',
  'Practitioner',
  'PractitionerRole',
]);

export function checkEvent(message: Message, event: MessageEvent, issues: Issues): void {
  const task = message.task?.resource ?? {};
  for (const [holds, at, why] of needs[event]?.(message, task) ?? [])
    if (!holds) issues.add('required', at, `${event}: ${why}`);
}

function scheduled(message: Message, task: JsonObject): ReturnType<Need> {
  const booked = message.ofType('Appointment').find(({ resource }) => textOf(resource, 'status') === 'booked');
  const placed = objectsOf(booked?.resource, 'participant').some((one) => {
    const actor = objectOf(one, 'actor');
    return (message.target(actor)?.type ?? textOf(actor, 'type')) === 'Location';
  });
  return [
    ...appointmentOf('booked')(message, task),
    [textOf(booked?.resource, 'start') !== undefined, `${someType('Appointment')}.start`, 'when'],
    [placed, `${someType('Appointment')}.participant`, 'where: a participant that is a Location'],
  ];
}

function personsOf(message: Message): number {
  const agents = message.ofType('Provenance').flatMap(({ resource }) => objectsOf(resource, 'agent'));
  const persons = agents.map((agent) => {
    const who = objectOf(agent, 'who');
    const identifier = objectOf(who, 'identifier');
    return textOf(who, 'reference') ?? `${textOf(identifier, 'system') ?? ''}|${textOf(identifier, 'value') ?? ''}`;
  });
  return new Set(persons).size;
}
