import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Bundle, Task } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import type { StateName } from '../../../protocol/bundle/fhir/terms.ts';
import { composeEvent } from '../../../node/referrals/compose/event.ts';
import type { EventContent, EventInput } from '../../../node/referrals/compose/event-input.ts';
import { composeReferral } from '../../../node/referrals/compose/referral.ts';
import { instantOfMs } from '../../../protocol/instant.ts';
import {
  alder,
  birch,
  countingUuid,
  earlier,
  faultsOf,
  freeText,
  nextMonth,
  now,
  parsed,
  referralId,
  referralInput,
  resourcesOf,
  uuidOf,
  xray,
} from './compose-cases.ts';

const digest = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const facts: EventInput['referral'] = {
  id: referralId,
  referrer: alder.name,
  number: 'REF-A-2026-000117',
  serviceRequest: { system: 'https://alder.example/service-requests', value: 'REF-A-2026-000117' },
  patient: { system: 'https://alder.example/mrn', value: 'MRN-A-004217' },
  messageId: uuidOf(0xe1),
  taskId: uuidOf(0xe2),
  priority: 'urgent',
  writtenAt: earlier,
  expiresAt: nextMonth,
};
const appointment = { start: instantOfMs(now + 86_400_000), end: instantOfMs(now + 90_000_000), place: 'Clinic 3' };

function eventInput(content: EventContent, given: Partial<EventInput> = {}): EventInput {
  return {
    from: birch,
    to: alder,
    referral: facts,
    order: { seq: 1, seen: digest(7) },
    content,
    before: 'received',
    accepted: false,
    author: { role: 'triage', id: 'u-0207', name: 'Dr Noor Iversen' },
    now,
    zone: 'Africa/Addis_Ababa',
    version: '0.1.0',
    uuid: countingUuid(),
    ...given,
  };
}

function compose(content: EventContent, given: Partial<EventInput> = {}): Bundle {
  return parsed(composeEvent(eventInput(content, given)).bytes);
}

function judged(content: EventContent, given: Partial<EventInput> = {}): string[] {
  const input = eventInput(content, given);
  const attachments = 'attachments' in content ? content.attachments : [];
  return faultsOf(composeEvent(input).bytes, { from: input.from, to: input.to, kind: 'event', attachments });
}

function taskOf(bundle: Bundle): Task | undefined {
  return resourcesOf(bundle, 'Task')[0];
}

const byAlder = {
  from: alder,
  to: birch,
  author: { role: 'referrer', id: 'u-0031', name: 'Dr Amina Rahman' },
} as const;
const machine = { author: { role: 'machine' } } as const;
const reason = 'in words';

/** Each event of Spec bundle §6 with what it must leave behind: v2 event, state, status, BSeR code and what it carries. */
const events: readonly [EventContent, Partial<EventInput>, string, StateName, string, string | undefined, string[]][] =
  [
    [{ event: 'referral-accepted', number: 'IN-B-1' }, {}, 'I13', 'accepted', 'accepted', '3.0', []],
    [{ event: 'referral-rejected', reason, advice: 'Try Cedar' }, {}, 'I13', 'rejected', 'rejected', '4.0', []],
    [
      { event: 'info-requested', question: 'Which arm?' },
      {},
      'I13',
      'info-requested',
      'received',
      undefined,
      ['Communication'],
    ],
    [
      { event: 'info-requested', question: 'Which arm?' },
      { before: 'scheduled', accepted: true },
      'I13',
      'info-requested',
      'on-hold',
      undefined,
      ['Communication'],
    ],
    [
      { event: 'info-provided', answer: 'The left.', attachments: [xray], backTo: 'scheduled' },
      { ...byAlder, before: 'info-requested', accepted: true },
      'I13',
      'scheduled',
      'in-progress',
      '5.1.1',
      ['Communication', 'ImagingStudy', 'DocumentReference'],
    ],
    [
      { event: 'scheduled', appointment },
      { before: 'accepted' },
      'I13',
      'scheduled',
      'in-progress',
      '5.1.1',
      ['Appointment', 'Location'],
    ],
    [
      { event: 'rescheduled', appointment },
      { before: 'scheduled' },
      'I13',
      'scheduled',
      'in-progress',
      '5.1.1',
      ['Appointment', 'Location'],
    ],
    [
      { event: 'not-attended', appointment },
      {},
      'I13',
      'not-attended',
      'in-progress',
      '5.1.2',
      ['Appointment', 'Location'],
    ],
    [
      { event: 'appointment-cancelled', reason },
      {},
      'I13',
      'appointment-cancelled',
      'in-progress',
      '5.1.3',
      ['Appointment'],
    ],
    [
      { event: 'appointment-cancelled', reason, appointment },
      {},
      'I13',
      'appointment-cancelled',
      'in-progress',
      '5.1.3',
      ['Appointment'],
    ],
    [
      { event: 'started', at: earlier, encounterClass: 'EMER' },
      {},
      'I13',
      'in-progress',
      'in-progress',
      undefined,
      ['Encounter'],
    ],
    [{ event: 'interim-note', text: 'Doing well.' }, {}, 'I13', 'in-progress', 'in-progress', '5.1.4', ['Composition']],
    [
      {
        event: 'referral-completed',
        report: 'Healed.\nReview.',
        treated: { from: earlier, to: now },
        attachments: [xray],
      },
      {},
      'I13',
      'completed',
      'completed',
      '7.0',
      ['Composition', 'ImagingStudy', 'DocumentReference'],
    ],
    [{ event: 'withdrawn', reason }, byAlder, 'I14', 'cancelled', 'cancelled', '6.0', []],
    [
      { event: 'cancel-requested', reason },
      { ...byAlder, before: 'accepted' },
      'I14',
      'cancel-requested',
      'accepted',
      '5.2',
      [],
    ],
    [
      { event: 'cancel-requested', reason },
      { ...byAlder, before: 'info-requested', accepted: true },
      'I14',
      'cancel-requested',
      'on-hold',
      '5.2',
      [],
    ],
    [{ event: 'cancel-confirmed' }, machine, 'I13', 'cancelled', 'cancelled', '6.0', []],
    [{ event: 'cancel-declined', reason, backTo: 'accepted' }, {}, 'I13', 'accepted', 'accepted', '3.0', []],
    [{ event: 'expired' }, { ...byAlder, ...machine }, 'I13', 'expired', 'cancelled', undefined, []],
    [
      { event: 'voided', reason, second: { id: 'u-2', name: 'Dr B' } },
      {},
      'I13',
      'void',
      'entered-in-error',
      undefined,
      [],
    ],
  ];

describe.each(events)('%j', (content, given, v2Event, state, status, bser, carried) => {
  const bundle = compose(content, given);

  test('is without error to four validators, and to the node that takes it', () => {
    expect(judged(content, given)).toEqual([]);
  });

  test(`leads to ${state} and carries what it must`, () => {
    const [header] = resourcesOf(bundle, 'MessageHeader');
    const task = taskOf(bundle);
    expect([header?.eventCoding?.code, header?.reason?.coding?.[0]?.code]).toEqual([v2Event, content.event]);
    expect(task?.businessStatus?.coding?.map((one) => one.code)).toEqual(bser === undefined ? [state] : [state, bser]);
    expect(task?.status).toBe(status);
    expect(bundle.entry?.map((entry) => entry.resource?.resourceType)).toEqual([
      'MessageHeader',
      'Task',
      'Organization',
      'Organization',
      ...carried,
      'Provenance',
    ]);
    if ('reason' in content) expect(task?.statusReason?.text).toBe(reason);
  });
});

describe('an event', () => {
  test('repeats its sample, member for member', () => {
    for (const [file, content] of [
      ['sample-event-accepted.json', { event: 'referral-accepted', number: 'IN-B-2026-000045' }],
      [
        'sample-event-completed.json',
        { event: 'referral-completed', report: 'Healed.', treated: { from: earlier, to: now }, attachments: [] },
      ],
    ] as const) {
      const sample = parsed(readFileSync(new URL(`../../fixtures/fhir/${file}`, import.meta.url)));
      const made = compose(content, {
        referral: { ...facts, filler: { node: birch.name, number: 'IN-B-2026-000045' } },
      });
      for (const type of ['MessageHeader', 'Task', 'Composition', 'Provenance'] as const)
        expect(Object.keys(resourcesOf(made, type)[0] ?? {}).toSorted()).toEqual(
          Object.keys(resourcesOf(sample, type)[0] ?? {}).toSorted(),
        );
      expect(taskOf(made)?.businessStatus).toEqual(taskOf(sample)?.businessStatus);
      expect(taskOf(made)?.identifier?.map((one) => [one.type, one.value])).toEqual(
        taskOf(sample)?.identifier?.map((one) => [one.type, one.value]),
      );
    }
  });

  test('belongs to its referral by order, state and patient', () => {
    const sent = composeReferral(referralInput());
    const referral = {
      ...facts,
      messageId: sent.messageId,
      taskId: sent.taskId,
      serviceRequest: sent.serviceRequest,
      patient: sent.patient,
    };
    const task = taskOf(compose({ event: 'referral-accepted', number: 'IN-B-1' }, { referral }));
    const before = taskOf(parsed(sent.bytes));
    expect([task?.id, task?.groupIdentifier, task?.restriction?.period?.end, task?.code]).toEqual([
      before?.id,
      before?.groupIdentifier,
      before?.restriction?.period?.end,
      before?.code,
    ]);
    expect(task?.for).toEqual({ type: 'Patient', identifier: sent.patient });
  });

  test('of the receiver answers the referral; one of the sender answers nothing', () => {
    const response = (bundle: Bundle): string | undefined =>
      resourcesOf(bundle, 'MessageHeader')[0]?.response?.identifier;
    expect(response(compose({ event: 'cancel-confirmed' }))).toBe(facts.messageId);
    expect(response(compose({ event: 'withdrawn', reason }, byAlder))).toBeUndefined();
  });

  test('names the other side of the Task alike, whoever writes', () => {
    for (const given of [{}, byAlder]) {
      const bundle = compose({ event: 'cancel-confirmed' }, given);
      const nameOf = (reference: string | undefined): string | undefined => {
        const found = bundle.entry?.find((entry) => entry.fullUrl === reference)?.resource;
        return found?.resourceType === 'Organization' ? found.name : undefined;
      };
      expect(nameOf(taskOf(bundle)?.requester?.reference)).toBe('St. Alder Hospital');
      expect(nameOf(taskOf(bundle)?.owner?.reference)).toBe('Birch General');
    }
  });

  test('has the second person of a voiding beside the author', () => {
    const bundle = compose({ event: 'voided', reason, second: { id: 'u-2', name: 'Dr B' } });
    const agents = resourcesOf(bundle, 'Provenance')[0]?.agent.map((agent) => [
      agent.type?.coding?.[0]?.code,
      agent.who.identifier?.value,
    ]);
    expect(agents).toEqual([
      ['author', 'u-0207'],
      ['verifier', 'u-2'],
    ]);
  });

  test('of a machine is the act of its hospital', () => {
    const [provenance] = resourcesOf(compose({ event: 'cancel-confirmed' }, machine), 'Provenance');
    expect(provenance?.agent[0]?.role?.[0]?.coding?.[0]?.code).toBe('machine');
    expect(provenance?.agent[0]?.who).toEqual(provenance?.agent[0]?.onBehalfOf);
  });

  test.each([
    ['the first', { seq: 1 }, ['seq']],
    ['the first after something was seen', { seq: 1, seen: digest(1) }, ['seq', 'seen']],
    ['the second', { seq: 2, prev: digest(1), seen: digest(2) }, ['seq', 'prev', 'seen']],
  ])('says its place: %s', (_, order, names) => {
    const header = resourcesOf(compose({ event: 'cancel-confirmed' }, { order }), 'MessageHeader')[0];
    expect(header?.extension?.[0]?.extension?.map((one) => one.url)).toEqual(names);
  });

  test.each([
    ['a first event that names one before it', { seq: 1, prev: digest(1) }],
    ['a second event that names none', { seq: 2 }],
  ])('refuses %s', (_, order) => {
    expect(() => compose({ event: 'cancel-confirmed' }, { order })).toThrow(
      expect.objectContaining({ code: 'malformed-order' }),
    );
  });

  test('refuses a rejection without a reason in words', () => {
    expect(() => compose({ event: 'referral-rejected', reason: ' \n' })).toThrow(
      expect.objectContaining({ code: 'reason-missing' }),
    );
  });

  test('with any words in it is without error', () => {
    const words = freeText.filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(words, words, fc.constantFrom(0, 1, 2, 3, 4, 5), (first, second, which) => {
        const contents: EventContent[] = [
          { event: 'referral-rejected', reason: first, advice: second },
          { event: 'info-requested', question: first },
          { event: 'scheduled', appointment: { ...appointment, place: first }, note: second },
          { event: 'appointment-cancelled', reason: first },
          { event: 'interim-note', text: first, title: second },
          { event: 'referral-completed', report: first, title: second, attachments: [{ ...xray, title: second }] },
        ];
        const content = contents[which];
        if (content !== undefined) expect(judged(content)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
