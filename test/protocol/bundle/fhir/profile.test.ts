import { describe, expect, test } from 'vitest';
import { checkBundle } from '../../../../protocol/bundle/fhir/check.ts';
import { changed, type Loose } from './fixtures.ts';

type Change = (resource: Loose, of: (type: string) => Loose, bundle: Loose) => void;

function expectFault(bytes: Uint8Array, element: string): void {
  const checked = checkBundle(bytes, { layer: 'profile' });
  const found = checked.ok ? [] : checked.issues.map(({ expression }) => expression);
  expect(found.filter((one) => one.includes(element))).not.toEqual([]);
  const base = checkBundle(bytes, { layer: 'base' });
  expect(base.ok ? [] : base.issues).toEqual([]);
}

const set =
  (name: string, value: unknown): Change =>
  (resource) => {
    resource[name] = value;
  };
const drop =
  (name: string): Change =>
  (resource) => {
    delete resource[name];
  };
const seqOf = (header: Loose, parts: readonly object[]): void => {
  header['extension'] = [{ url: 'https://fernpost.example/fhir/StructureDefinition/event-order', extension: parts }];
};
const digest = 'IsJcLkerHUIgBJWYBC8QnEczpr8hn3bTWLwUclAiQuY=';
const add =
  (resource: object): Change =>
  (_, __, bundle) => {
    (bundle['entry'] as object[]).push({ fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001', resource });
  };

describe('legal FHIR that is no referral of ours', () => {
  const cases: readonly (readonly [string, string, Change, string])[] = [
    ['another type of Bundle', 'Bundle', set('type', 'collection'), 'Bundle.type'],
    ['no identifier', 'Bundle', drop('identifier'), 'Bundle.identifier'],
    ['no timestamp', 'Bundle', drop('timestamp'), 'Bundle.timestamp'],
    ['no profile and no label', 'Bundle', drop('meta'), 'Bundle.meta.security'],
    [
      'break-glass without a reason',
      'Bundle',
      (one) => {
        const security = (one['meta'] as { security: Loose[] }).security;
        Object.assign(security[1] ?? {}, { code: 'ETREAT' });
      },
      'Provenance).reason',
    ],
    ['a reason without break-glass', 'Provenance', set('reason', [{ text: 'x' }]), 'Bundle.meta.security'],
    ['a second Patient', 'Bundle', add({ resourceType: 'Patient' }), 'Patient'],
    ['a second Task', 'Bundle', (_, of, bundle) => add({ ...of('Task') })(of('Task'), of, bundle), 'Task'],
    [
      'a reference that leads nowhere',
      'Observation',
      set('subject', { reference: 'urn:uuid:00000000-0000-4000-8000-000000000009' }),
      'subject.reference',
    ],
    ['a relative reference', 'Observation', set('subject', { reference: 'Patient/1' }), 'subject.reference'],
    [
      'a reference by search',
      'Observation',
      set('subject', { reference: 'Patient?identifier=x' }),
      'subject.reference',
    ],
    ['a reference by name only', 'Observation', set('subject', { display: 'x' }), 'Observation).subject'],
    [
      'another patient by identifier',
      'Observation',
      set('subject', { type: 'Patient', identifier: { system: 'https://alder.example/mrn', value: 'MRN-B' } }),
      'Observation).subject',
    ],
    ['implicitRules', 'Patient', set('implicitRules', 'http://x.example/'), 'Patient).implicitRules'],
    [
      'a modifierExtension',
      'Patient',
      set('modifierExtension', [{ url: 'http://x.example/', valueString: 'x' }]),
      'Patient).modifierExtension',
    ],
    [
      'contained',
      'Patient',
      (one) => {
        one['contained'] = [{ resourceType: 'Organization', id: 'o', name: 'x' }];
        one['managingOrganization'] = { reference: '#o' };
      },
      'Patient).contained',
    ],
    [
      'a photo to fetch',
      'Patient',
      set('photo', [{ contentType: 'image/png', url: 'https://x.example/p.png' }]),
      'photo[0].url',
    ],
    [
      'a link that runs',
      'Patient',
      set('text', {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:x()">x</a></div>',
      }),
      'text.div',
    ],
    [
      'script in an unknown resource',
      'Bundle',
      add({ resourceType: 'Novelty', text: { div: '<script>x</script>' } }),
      'Novelty).text.div',
    ],
    ['no event-order', 'MessageHeader', drop('extension'), 'event-order'],
    [
      'a referral that is not first',
      'MessageHeader',
      (one) =>
        seqOf(one, [
          { url: 'seq', valuePositiveInt: 2 },
          { url: 'prev', valueBase64Binary: digest },
        ]),
      'MessageHeader).extension',
    ],
    [
      'seq 1 with a prev',
      'MessageHeader',
      (one) =>
        seqOf(one, [
          { url: 'seq', valuePositiveInt: 1 },
          { url: 'prev', valueBase64Binary: digest },
        ]),
      "extension('prev')",
    ],
    [
      'an unknown part of event-order',
      'MessageHeader',
      (one) =>
        seqOf(one, [
          { url: 'seq', valuePositiveInt: 1 },
          { url: 'x', valueString: 'x' },
        ]),
      'event-order',
    ],
    [
      'a seen of 31 bytes',
      'MessageHeader',
      (one) =>
        seqOf(one, [
          { url: 'seq', valuePositiveInt: 1 },
          { url: 'seen', valueBase64Binary: 'AAAA' },
        ]),
      "extension('seen')",
    ],
    ['an unknown event', 'MessageHeader', set('reason', { text: 'x' }), 'MessageHeader).reason'],
    [
      'another v2 event',
      'MessageHeader',
      set('eventCoding', { system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: 'I14' }),
      'MessageHeader).event',
    ],
    ['no sender', 'MessageHeader', drop('sender'), 'MessageHeader).sender'],
    [
      'two destinations',
      'MessageHeader',
      (one) => {
        one['destination'] = [one['destination'], one['destination']].flat();
      },
      'destination',
    ],
    [
      'a state that is not that of the event',
      'Task',
      (one) => {
        one['status'] = 'accepted';
        one['businessStatus'] = {
          coding: [
            { system: 'https://fernpost.example/fhir/CodeSystem/referral-state', code: 'accepted' },
            { system: 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS', code: '3.0' },
          ],
        };
      },
      'Task).businessStatus',
    ],
    ['a status that is not that of the state', 'Task', set('status', 'accepted'), 'Task).status'],
    ['no referral id', 'Task', drop('groupIdentifier'), 'Task).groupIdentifier'],
    [
      'another id in the order',
      'ServiceRequest',
      set('requisition', { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:00000000-0000-4000-8000-000000000002' }),
      'ServiceRequest).requisition',
    ],
    ['no number of the sender', 'Task', drop('identifier'), 'Task).identifier'],
    ['no day of expiry', 'Task', drop('restriction'), 'restriction.period.end'],
    ['an order that is a plan', 'ServiceRequest', set('intent', 'plan'), 'ServiceRequest).intent'],
    ['no occurredDateTime', 'Provenance', drop('occurredDateTime'), 'Provenance).occurred'],
    [
      'an author without role',
      'Provenance',
      (one) => {
        delete (one['agent'] as Loose[])[0]?.['role'];
      },
      'Provenance).agent.role',
    ],
    ['a consent that was withdrawn', 'Consent', set('status', 'inactive'), 'Consent).status'],
    [
      'a consent that has ended',
      'Consent',
      (one) => {
        (one['provision'] as Loose)['period'] = { start: '2026-01-01', end: '2026-11-19' };
      },
      'provision.period',
    ],
    [
      'a consent that denies',
      'Consent',
      (one) => {
        (one['provision'] as Loose)['type'] = 'deny';
      },
      'provision.type',
    ],
    [
      'an attachment without its hash',
      'DocumentReference',
      (one) => {
        delete (one['content'] as { attachment: Loose }[])[0]?.attachment['extension'];
      },
      'attachment-sha256',
    ],
    [
      'a prescription without words',
      'Bundle',
      add({
        resourceType: 'MedicationRequest',
        status: 'active',
        intent: 'order',
        authoredOn: '2026',
        medicationCodeableConcept: { text: 'x' },
        subject: { reference: 'urn:uuid:d21bf4c0-a3bb-5ebf-8c1e-2b50b52e9688' },
        requester: { reference: 'urn:uuid:ab25a15e-7730-54de-8492-987d53054ad6' },
      }),
      'dosageInstruction',
    ],
    [
      'a nameless bystander without words',
      'RelatedPerson',
      (one) => {
        delete one['name'];
        one['relationship'] = [{ coding: [{ code: 'C' }] }];
      },
      'RelatedPerson).relationship',
    ],
  ];
  test.each(cases)('%s is refused', (_, type, change, element) => {
    expectFault(changed('sample-referral', type, change), element);
  });
});

describe('an event that lacks what it must carry', () => {
  const cases: readonly (readonly [string, string, Change, string])[] = [
    [
      'no number of the receiver',
      'Task',
      (one) => {
        one['identifier'] = (one['identifier'] as object[]).slice(0, 1);
      },
      'Task).identifier',
    ],
    [
      'two Provenances',
      'Bundle',
      (_, of, bundle) => add({ ...of('Provenance') })(of('Task'), of, bundle),
      'Provenance',
    ],
    [
      'a person of another house',
      'Provenance',
      (one) => {
        Object.assign((one['agent'] as Loose[])[0] ?? {}, {
          who: { type: 'Practitioner', identifier: { system: 'https://cedar.example/user', value: 'u' } },
        });
      },
      'agent.who',
    ],
    [
      'a machine that is a person',
      'Provenance',
      (one) => {
        Object.assign((one['agent'] as Loose[])[0] ?? {}, {
          role: [{ coding: [{ system: 'https://fernpost.example/fhir/CodeSystem/role', code: 'machine' }] }],
        });
      },
      'agent.who',
    ],
  ];
  test.each(cases)('accepted: %s', (_, type, change, element) => {
    expectFault(changed('sample-event-accepted', type, change), element);
  });

  const state = (code: string, ...bser: string[]): object => ({
    coding: [
      { system: 'https://fernpost.example/fhir/CodeSystem/referral-state', code },
      ...bser.map((one) => ({ system: 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS', code: one })),
    ],
  });
  const turnInto =
    (event: string, status: string, business: object, v2 = 'I13'): Change =>
    (_, of) => {
      of('MessageHeader')['reason'] = {
        coding: [{ system: 'https://fernpost.example/fhir/CodeSystem/referral-event', code: event }],
      };
      of('MessageHeader')['eventCoding'] = { system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: v2 };
      Object.assign(of('Task'), { status, businessStatus: business });
    };
  test.each([
    ['referral-rejected', turnInto('referral-rejected', 'rejected', state('rejected', '4.0')), 'statusReason.text'],
    ['info-requested', turnInto('info-requested', 'received', state('info-requested')), 'Communication).payload'],
    ['info-provided', turnInto('info-provided', 'received', state('received', '2.0')), 'Bundle.entry'],
    ['scheduled', turnInto('scheduled', 'in-progress', state('scheduled', '5.1.1')), 'Appointment).start'],
    ['not-attended', turnInto('not-attended', 'in-progress', state('not-attended', '5.1.2')), 'Appointment).status'],
    [
      'appointment-cancelled',
      turnInto('appointment-cancelled', 'in-progress', state('appointment-cancelled', '5.1.3')),
      'statusReason.text',
    ],
    ['started', turnInto('started', 'in-progress', state('in-progress')), 'Encounter).period.start'],
    ['interim-note', turnInto('interim-note', 'in-progress', state('in-progress')), 'ofType(Composition)'],
    ['referral-completed', turnInto('referral-completed', 'completed', state('completed', '7.0')), 'Task).output'],
    ['withdrawn', turnInto('withdrawn', 'cancelled', state('cancelled', '6.0'), 'I14'), 'statusReason.text'],
    [
      'cancel-requested',
      turnInto('cancel-requested', 'received', state('cancel-requested', '5.2'), 'I14'),
      'statusReason.text',
    ],
    ['cancel-declined', turnInto('cancel-declined', 'accepted', state('accepted', '3.0')), 'statusReason.text'],
    ['voided', turnInto('voided', 'entered-in-error', state('void')), 'Provenance).agent'],
  ] as const)('%s', (_, change, element) => {
    expectFault(changed('sample-event-accepted', 'Bundle', change), element);
  });

  test.each([
    ['cancel-confirmed', turnInto('cancel-confirmed', 'cancelled', state('cancelled', '6.0'))],
    ['expired', turnInto('expired', 'cancelled', state('expired'))],
  ] as const)('%s needs nothing more and passes', (_, change) => {
    const checked = checkBundle(changed('sample-event-accepted', 'Bundle', change), { layer: 'profile' });
    expect(checked.ok ? [] : checked.issues).toEqual([]);
  });
});

test('a broken glass with its reason stands in for the consent', () => {
  const bytes = changed('sample-referral', 'Bundle', (bundle, of) => {
    Object.assign((bundle['meta'] as { security: Loose[] }).security[1] ?? {}, { code: 'ETREAT' });
    of('Provenance')['reason'] = [{ text: 'Unconscious, bleeding' }];
    of('Consent')['status'] = 'inactive';
  });
  const checked = checkBundle(bytes, { layer: 'profile' });
  expect(checked.ok ? [] : checked.issues).toEqual([]);
});

test('unknown resource types and extensions survive and are listed', () => {
  const bytes = changed('sample-referral', 'Bundle', add({ resourceType: 'Novelty', what: [null] }));
  expect(checkBundle(bytes, { layer: 'profile' })).toMatchObject({
    ok: true,
    notShown: ['Bundle.entry[46].resource.ofType(Novelty)'],
  });
});

test('sections of the note that are missing are a warning, not a refusal', () => {
  const bytes = changed('sample-referral', 'Composition', (one) => {
    one['section'] = (one['section'] as object[]).slice(0, 3);
  });
  const checked = checkBundle(bytes, { layer: 'profile' });
  expect(checked.ok && checked.warnings.map(({ expression }) => expression)).toEqual([
    'Bundle.entry[3].resource.ofType(Composition).section',
  ]);
});
