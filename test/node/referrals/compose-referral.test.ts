import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composeReferral } from '../../../node/referrals/compose/referral.ts';
import type { ReferralInput } from '../../../node/referrals/compose/input.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { checkBundle, fhirJsonRules } from '../../../protocol/bundle/fhir/check.ts';
import { documentOf } from '../../../protocol/bundle/projection.ts';
import { parseJsonObject } from '../../../protocol/json.ts';
import { oracleErrors } from '../../support/fhir-oracles.ts';
import { instantOfMs } from '../../../protocol/instant.ts';
import * as cases from './compose-cases.ts';
import { faultsOf, referralInput, parsed, resourcesOf } from './compose-cases.ts';

const rounds = { numRuns: 60 };

function compose(given: Partial<ReferralInput> = {}): ReturnType<typeof parsed> {
  return parsed(composeReferral(referralInput(given)).bytes);
}

/** Every text and key of a value with its path, to look for what may never be written. */
function walk(value: unknown, visit: (key: string, value: unknown) => void, key = ''): void {
  visit(key, value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) walk(inner, visit, Array.isArray(value) ? key : name);
}

function judged(input: ReferralInput): string[] {
  const { sender: from, receiver: to, attachments } = input;
  return faultsOf(composeReferral(input).bytes, { from, to, kind: 'referral', attachments });
}

/** What no message of ours may hold, each as a word about where. */
function formFaults(bundle: ReturnType<typeof parsed>): string[] {
  const urls = new Set((bundle.entry ?? []).map((entry) => entry.fullUrl));
  const faults = urls.size === bundle.entry?.length ? [] : ['two entries with one fullUrl'];
  walk(bundle, (key, value) => {
    if (key === 'reference' && typeof value === 'string' && !urls.has(value)) faults.push(`unresolved ${value}`);
    if (key === 'data' && typeof value === 'string') faults.push('bytes in an attachment');
    if (['contained', 'implicitRules', 'modifierExtension'].includes(key)) faults.push(key);
    if (value === '' || value === null) faults.push(`${key} is empty`);
    if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) faults.push(`${key} is bare`);
  });
  return faults;
}

describe('any referral that can be composed', () => {
  test('is without error to four validators, and to the node that takes it', () => {
    fc.assert(
      fc.property(cases.anyReferral, (input) => {
        expect(judged(input)).toEqual([]);
      }),
      rounds,
    );
  });

  test('resolves every reference inside, and fetches, contains and embeds nothing', () => {
    fc.assert(
      fc.property(cases.anyReferral, (input) => {
        const bundle = parsed(composeReferral(input).bytes);
        expect(formFaults(bundle)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('is the same bytes for the same input and ids', () => {
    fc.assert(
      fc.property(cases.anyReferral, (input) => {
        const first = composeReferral({ ...input, uuid: cases.countingUuid() }).bytes;
        expect(composeReferral({ ...input, uuid: cases.countingUuid() }).bytes).toEqual(first);
        expect(first[0]).toBe('{'.charCodeAt(0));
        expect(parsed(first)).toEqual(composeReferral({ ...input, uuid: cases.countingUuid() }).bundle);
      }),
      { numRuns: 50 },
    );
  });

  test('exports as a document that stands by itself', () => {
    fc.assert(
      fc.property(cases.anyReferral, (input) => {
        const message = parseJsonObject(composeReferral(input).bytes, fhirJsonRules);
        const name = { id: cases.uuidOf(0xd1), identifier: cases.uuidOf(0xd2) };
        const document = documentOf(message, name);
        expect(oracleErrors(document)).toEqual([]);
        expect(checkBundle(utf8(JSON.stringify(document)), { layer: 'base' })).toMatchObject({ ok: true });
      }),
      { numRuns: 20 },
    );
  });

  test('keeps each line of the record whole somewhere', () => {
    fc.assert(
      fc.property(cases.patientDetails, (patient) => {
        const texts = new Set<string>();
        walk(compose({ patient }), (_, value) => (typeof value === 'string' ? texts.add(value) : undefined));
        const lines = [patient.allergies, patient.conditions, patient.medications, patient.immunizations].flat();
        for (const line of [...lines, patient.familyName, patient.nameNative, patient.notes, patient.mrn])
          if (line !== undefined && line.trim() !== '') expect(texts).toContain(line);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the envelope', () => {
  const composed = composeReferral(referralInput());
  const bundle = parsed(composed.bytes);

  test('names sender and receiver by their node ids', () => {
    const [header] = resourcesOf(bundle, 'MessageHeader');
    const organization = (reference: string | undefined): string | undefined => {
      const found = bundle.entry?.find((entry) => entry.fullUrl === reference)?.resource;
      return found?.resourceType === 'Organization' ? found.identifier?.[0]?.value : undefined;
    };
    expect(organization(header?.sender?.reference)).toBe('alder.example');
    expect(organization(header?.destination?.[0]?.receiver?.reference)).toBe('birch.example');
    expect(header?.eventCoding?.code).toBe('I12');
    expect(header?.extension?.[0]?.extension).toEqual([{ url: 'seq', valuePositiveInt: 1 }]);
    expect(composed.messageId).toBe(header?.id);
  });

  test('writes one referral id in order and state, and the times of its zone', () => {
    const [task] = resourcesOf(bundle, 'Task');
    const [order] = resourcesOf(bundle, 'ServiceRequest');
    expect(task?.groupIdentifier).toEqual({
      system: 'urn:ietf:rfc:3986',
      value: 'urn:uuid:58e25344-5f66-5499-8d47-9847e35bccbb',
    });
    expect(order?.requisition).toEqual(task?.groupIdentifier);
    expect(task?.restriction?.period?.end).toBe('2026-12-20T22:10:00+03:00');
    expect(bundle.timestamp).toBe('2026-11-20T22:14:00+03:00');
    expect([composed.taskId, composed.serviceRequest.value]).toEqual([task?.id, order?.identifier?.[0]?.value]);
    expect(composed.patient).toEqual({ system: 'https://alder.example/mrn', value: 'MRN-A-004217' });
  });

  test('has the shape of the sample referral', () => {
    const sample = parsed(readFileSync(new URL('../../fixtures/fhir/sample-referral.json', import.meta.url)));
    const types = (one: typeof bundle): Set<string | undefined> =>
      new Set(one.entry?.map((entry) => entry.resource?.resourceType));
    const codes = (one: typeof bundle): (string | undefined)[] =>
      resourcesOf(one, 'Composition').flatMap(
        (composition) => composition.section?.map((section) => section.code?.coding?.[0]?.code) ?? [],
      );
    // What a record of ours does not hold yet: rounds of vital signs and laboratory reports.
    expect(types(sample).difference(types(bundle))).toEqual(new Set(['DiagnosticReport']));
    expect(types(bundle).difference(types(sample))).toEqual(new Set(['MedicationRequest']));
    expect(codes(bundle).filter((code) => codes(sample).includes(code))).toEqual(codes(sample));
    expect(Object.keys(resourcesOf(bundle, 'Task')[0] ?? {})).toEqual(
      Object.keys(resourcesOf(sample, 'Task')[0] ?? {}),
    );
  });
});

describe('what is not known', () => {
  const sections = resourcesOf(compose({ patient: cases.nobody, consultations: [], attachments: [] }), 'Composition')[0]
    ?.section;

  test('is said of every section that has nothing in it', () => {
    expect(sections?.map((section) => [section.title, section.emptyReason?.coding?.[0]?.code])).toEqual([
      ['Reason for referral', undefined],
      ...['Problem list', 'Allergies', 'Medication use', 'Immunizations', 'Family history', 'Procedures'].map(
        (title) => [title, 'unavailable'],
      ),
      ...['Vital signs', 'Results', 'Imaging', 'Payers', 'Alerts'].map((title) => [title, 'unavailable']),
    ]);
    expect(sections?.every((section) => section.text?.div !== undefined)).toBe(true);
  });

  test.each([
    ['none known', 'nilknown'],
    ['No known allergies.', 'nilknown'],
    ['nonesuch', undefined],
  ])('differs from nothing known: "%s" gives %s', (line, code) => {
    const bundle = compose({ patient: { ...cases.nobody, allergies: [line] } });
    const section = resourcesOf(bundle, 'Composition')[0]?.section?.find((one) => one.title === 'Allergies');
    expect(section?.emptyReason?.coding?.[0]?.code).toBe(code);
    expect(resourcesOf(bundle, 'AllergyIntolerance')).toHaveLength(code === undefined ? 1 : 0);
  });
});

describe('free text', () => {
  test.each([
    ['Tetanus 2021', '2021'],
    ['Hepatitis B (1998-03)', '1998-03'],
    ['Yellow fever 2019-05-04.', '2019-05-04'],
    ['Hepatitis B 1998, 2003', undefined],
    ['Influenza 2031', undefined],
    ['Measles 1950', undefined],
    ['Lot 20210', undefined],
    ['Tetanus 2021-02-30', undefined],
    ['2021 Tetanus', undefined],
    ['BCG', undefined],
  ])('"%s" was given in %s', (text, year) => {
    const patient = { ...cases.selam, immunizations: [text] };
    const [immunization] = resourcesOf(compose({ patient }), 'Immunization');
    expect(immunization?.vaccineCode.text).toBe(text);
    expect(immunization?.occurrenceDateTime).toBe(year);
    expect(immunization?.occurrenceString).toBe(year === undefined ? 'not known' : undefined);
  });

  test.each([
    ['Father: diabetes', 'FTH', 'Father', 'diabetes'],
    ['maternal grandmother:stroke: at 61', 'MGRMTH', 'maternal grandmother', 'stroke: at 61'],
    ['Neighbour: asthma', 'FAMMEMB', undefined, 'Neighbour: asthma'],
    ['constructor: asthma', 'FAMMEMB', undefined, 'constructor: asthma'],
    ['Father:', 'FAMMEMB', undefined, 'Father:'],
    ['diabetes', 'FAMMEMB', undefined, 'diabetes'],
  ])('"%s" is about %s', (text, code, word, illness) => {
    const [history] = resourcesOf(
      compose({ patient: { ...cases.nobody, familyHistory: [text] } }),
      'FamilyMemberHistory',
    );
    expect(history?.relationship.coding?.[0]?.code).toBe(code);
    expect(history?.relationship.text).toBe(word);
    expect(history?.condition?.[0]?.code.text).toBe(illness);
  });

  test.each([
    ['Paracetamol 1 g, every six hours', 'Paracetamol 1 g', 'every six hours'],
    ['Paracetamol 1,000 mg', 'Paracetamol 1,000 mg', 'Paracetamol 1,000 mg'],
    ['Eye drops: twice; left eye', 'Eye drops', 'twice; left eye'],
  ])('"%s" prescribes %s', (text, medicine, dosage) => {
    const consultations = [{ ...cases.evening, prescriptions: [text] }];
    const [request] = resourcesOf(compose({ consultations }), 'MedicationRequest');
    expect(request?.medicationCodeableConcept?.text).toBe(medicine);
    expect(request?.dosageInstruction?.[0]?.text).toBe(dosage);
  });

  test('with markup stays text in the narrative', () => {
    const notes = compose({ reason: '<script>alert("1")</script> & \u202Egpj.exe' });
    const div = resourcesOf(notes, 'Composition')[0]?.section?.[0]?.text?.div;
    expect(div).toContain('<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; gpj.exe</p>');
  });
});

describe('people and payers', () => {
  test('a patient known by the native name alone has that name and a title from it', () => {
    const bundle = compose({ patient: { ...without(cases.nobody), nameNative: '小明' } });
    expect(resourcesOf(bundle, 'Patient')[0]?.name).toEqual([{ use: 'official', text: '小明' }]);
    expect(resourcesOf(bundle, 'Composition')[0]?.title).toBe('Referral note: 小明');
  });

  test('the CSV id is an Identifier of the sender', () => {
    expect(resourcesOf(compose(), 'Patient')[0]?.identifier).toContainEqual({
      system: 'https://alder.example/csv-id',
      value: 'A-000217',
    });
  });

  test('an unnamed bystander is told by the relationship', () => {
    const bundle = compose({ patient: { ...cases.nobody, bystander: { phone: '+251 1' } } });
    expect(resourcesOf(bundle, 'RelatedPerson')[0]).toMatchObject({ relationship: [{ text: 'Bystander' }] });
    expect(resourcesOf(bundle, 'RelatedPerson')[0]).not.toHaveProperty('name');
  });

  test.each([
    ['Example Mutual', 'Organization'],
    ['Self-pay', 'Patient'],
    [undefined, 'Organization'],
  ])('insurer %s makes the payer a %s', (insurer, type) => {
    const insurance = { policyNumber: '0007', ...(insurer === undefined ? {} : { insurer }) };
    const bundle = compose({ patient: { ...cases.nobody, insurance } });
    const payor = resourcesOf(bundle, 'Coverage')[0]?.payor[0]?.reference;
    expect(bundle.entry?.find((entry) => entry.fullUrl === payor)?.resource?.resourceType).toBe(type);
  });

  test('nobody pays where nothing was told', () => {
    expect(resourcesOf(compose({ patient: cases.nobody }), 'Coverage')).toEqual([]);
  });

  test.each([
    ['2026-01-01', '2026-12-31', true],
    ['2026-05', '2026-05', true],
    ['2026-05', '2027', true],
    ['2026-05', '2026', false],
    ['2027', '2026-01-01', false],
    [undefined, '2026', true],
  ])('a policy from %s to %s has a period: %s', (validFrom, validTo, legal) => {
    const insurance = { validTo, ...(validFrom === undefined ? {} : { validFrom }) };
    const bundle = compose({ patient: { ...cases.nobody, insurance } });
    expect(resourcesOf(bundle, 'Coverage')[0]?.period !== undefined).toBe(legal);
  });
});

describe('police', () => {
  const types = (given: Partial<ReferralInput>): string[] =>
    (compose(given).entry ?? [])
      .map((entry) => entry.resource?.resourceType ?? '')
      .filter((type) => type === 'Flag' || type === 'Communication');
  const station = { name: 'Police station, Bole' };

  test.each([
    ['no case', { patient: { ...cases.selam, policeCase: false } }, []],
    ['a case', { police: { station } }, ['Flag']],
    ['a case told by e-mail', { police: { station, mailSentAt: cases.earlier } }, ['Flag', 'Communication']],
  ])('%s gives %j', (_, given, expected) => {
    expect(types(given)).toEqual(expected);
  });

  test('the case number stands in words, told by e-mail or not', () => {
    const [flag] = resourcesOf(compose({ police: { station } }), 'Flag');
    expect(flag?.code.text).toBe('Medico-legal case MLC-A-2026-0031');
    expect(flag?.identifier?.[0]).toEqual({ system: 'https://alder.example/police-cases', value: 'MLC-A-2026-0031' });
  });

  test('the e-mail names the case and nothing of the illness', () => {
    const [mail] = resourcesOf(compose(), 'Communication');
    expect(mail?.payload?.[0]?.contentString).toBe(
      'Medico-legal case MLC-A-2026-0031 registered. No clinical detail is sent by e-mail.',
    );
  });
});

describe('by what right', () => {
  test('the consent names the receiver and holds at the time of sending', () => {
    const bundle = compose();
    const [consent] = resourcesOf(bundle, 'Consent');
    const receiver = consent?.provision?.actor?.[0]?.reference?.reference;
    const found = bundle.entry?.find((entry) => entry.fullUrl === receiver)?.resource;
    expect(found).toMatchObject({ identifier: [{ value: 'birch.example' }] });
    expect(consent?.provision?.period).toEqual({
      start: '2026-11-20T20:40:00+03:00',
      end: '2027-11-20T22:00:00+03:00',
    });
  });

  test('a broken glass has its reason in the Provenance and its purpose in the envelope', () => {
    const bundle = compose({ ground: { kind: 'break-glass', reason: 'unconscious' } });
    expect(resourcesOf(bundle, 'Consent')).toEqual([]);
    expect(resourcesOf(bundle, 'Provenance')[0]?.reason?.[0]).toMatchObject({ text: 'unconscious' });
    expect(bundle.meta?.security?.map((label) => label.code)).toEqual(['R', 'ETREAT']);
  });

  test.each([
    ['a consent that begins a second later', { ground: consent(1000, 2000) }, 'consent-not-valid'],
    ['a consent that ended a second ago', { ground: consent(-2000, -1000) }, 'consent-not-valid'],
    ['a broken glass without a reason', { ground: { kind: 'break-glass', reason: ' ' } }, 'reason-missing'],
    ['no reason in words', { reason: ' ' }, 'reason-missing'],
    ['no question in words', { question: '' }, 'reason-missing'],
    ['an expiry that has come', { expiresAt: cases.now }, 'expiry-not-ahead'],
    ['a patient without a name', { patient: { ...cases.nobody, familyName: ' ' } }, 'patient-without-name'],
    ['a date that is none', { patient: { ...cases.nobody, birthDate: '03/04/1990' } }, 'malformed-date'],
    ['a day that does not exist', { patient: { ...cases.nobody, birthDate: '2025-02-29' } }, 'malformed-date'],
  ] as const)('%s is not composed', (_, given, code) => {
    expect(() => compose(given)).toThrow(expect.objectContaining({ code }));
  });

  test('a consent holds at both of its ends', () => {
    expect(() => compose({ ground: consent(0, 0) })).not.toThrow();
  });
});

describe('attachments', () => {
  test('carry size, digest and key, and their bytes go another way', () => {
    const [document] = resourcesOf(compose(), 'DocumentReference');
    expect(document?.content[0]?.attachment).toEqual({
      extension: [
        {
          url: 'https://fernpost.example/fhir/StructureDefinition/attachment-sha256',
          valueBase64Binary: cases.xray.sha256.toBase64(),
        },
        {
          url: 'https://fernpost.example/fhir/StructureDefinition/attachment-key',
          valueBase64Binary: cases.xray.key.toBase64(),
        },
      ],
      contentType: 'application/dicom',
      url: 'urn:uuid:cc810815-ce58-5523-8e31-dbe7cb35b4e8',
      size: 188_524,
      title: 'XR forearm left AP.dcm',
      creation: '2026-11-20T20:40:00+03:00',
    });
  });

  test('of one study share an ImagingStudy, and one without legal uids has none', () => {
    const dicom = { study: '2.25.7', series: '2.25.8', instance: '2.25.9', sopClass: '1.2.3', modality: 'CT' };
    const file = (n: number, change: object): typeof cases.xray => ({
      ...cases.xray,
      id: cases.uuidOf(n) as typeof cases.xray.id,
      dicom: { ...dicom, ...change },
    });
    const attachments = [
      file(1, {}),
      file(2, { instance: '2.25.10' }),
      file(3, { series: '2.25.11', instance: '2.25.12' }),
      file(4, { study: '../2.25' }),
    ];
    const bundle = compose({ attachments });
    const [study, ...others] = resourcesOf(bundle, 'ImagingStudy');
    expect(others).toEqual([]);
    expect(study).toMatchObject({ numberOfSeries: 2, numberOfInstances: 3 });
    const related = resourcesOf(bundle, 'DocumentReference').map((one) => one.context?.related?.length ?? 0);
    expect(related).toEqual([1, 1, 1, 0]);
  });
});

test('consultations come in order of time, and the referral comes from the last', () => {
  const consultations = [cases.evening, { ...cases.evening, id: 'older' as never, at: instantOfMs(cases.earlier - 1) }];
  const bundle = compose({ consultations });
  const encounters = resourcesOf(bundle, 'Encounter');
  expect(encounters.map((one) => one.identifier?.[0]?.value)).toEqual(['older', cases.evening.id]);
  expect(resourcesOf(bundle, 'Task')[0]?.encounter?.reference).toBe(`urn:uuid:${encounters[1]?.id}`);
  expect(resourcesOf(bundle, 'MedicationRequest').map((one) => one.status)).toEqual(['unknown', 'active']);
});

test('a referral that follows a rejected one names it, and says so', () => {
  const input = referralInput({ basedOn: cases.uuidOf(0xb1) as ReferralInput['referral'] });
  expect(judged(input)).toEqual([]);
  const bundle = parsed(composeReferral(input).bytes);
  expect(resourcesOf(bundle, 'MessageHeader')[0]?.reason?.coding?.[0]?.code).toBe('forwarded');
  expect(resourcesOf(bundle, 'ServiceRequest')[0]?.basedOn?.[0]?.identifier?.value).toBe(
    `urn:uuid:${cases.uuidOf(0xb1)}`,
  );
});

function consent(fromMs: number, toMs: number): ReferralInput['ground'] {
  return { kind: 'consent', from: instantOfMs(cases.now + fromMs), to: instantOfMs(cases.now + toMs) };
}

function without({ familyName: _, ...others }: typeof cases.nobody): Omit<typeof cases.nobody, 'familyName'> {
  return others;
}
