import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBundle } from '../../../../protocol/bundle/fhir/check.ts';
import { displayOf } from '../../../../protocol/bundle/fhir/display.ts';
import type { DisplaySectionName } from '../../../../protocol/bundle/fhir/display-row.ts';
import { narrativeText } from '../../../../protocol/bundle/fhir/narrative-text.ts';
import { attachmentsOf, eventOf, findPatient, referralFactsOf } from '../../../../protocol/bundle/fhir/referral.ts';
import { utf8 } from '../../../../protocol/bytes.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import type { JsonObject } from '../../../../protocol/json.ts';
import { changed, fixture, readFixture } from './fixtures.ts';

const referral = readFixture('sample-referral.json');

function rowsOf(bundle: JsonObject, name: DisplaySectionName): string[] {
  const section = displayOf(bundle).sections.find((one) => one.name === name);
  return (section?.rows ?? []).map(({ label, text }) => `${label}: ${text}`);
}

describe('the sample as a person reads it', () => {
  test.each([
    ['patient', 'Name: ሰላም ተስፋዬ'],
    ['patient', 'Birth date: 1987-05-14'],
    ['patient', 'Record number: MRN-A-004217 of alder.example'],
    ['bystander', 'Bystander who brought the patient in: Jonas Keller, +251 900 000 555, Hotel staff house, Bole Road'],
    ['insurance', 'Insurer: Example Mutual'],
    ['reason', 'Reason: Broken lower end of the left radius, displaced; code S52.5'],
    ['problems', 'High blood pressure: code I10; active, confirmed; since 2019'],
    ['allergies', 'Penicillin: criticality high; reaction: Rash, moderate; active, confirmed; since 2011'],
    ['medicines', 'Amlodipine 5 mg tablet: 5 mg; one each morning; active; since 2019'],
    ['immunizations', 'Tetanus toxoid: 2026-11-20T21:30:00+03:00; completed; lot SYN-0042'],
    ['family-history', 'father: Type 2 diabetes at 52 a'],
    ['procedures', 'Below-elbow splint, left: 2026-11-20T21:50:00+03:00; completed'],
    ['vital-signs', 'Systolic blood pressure: 152 mmHg; 2026-11-20T20:45:00+03:00'],
    ['imaging', 'XR forearm left, AP: CR; 2026-11-20T21:35:00+03:00; images: 1'],
    ['consent', 'To: Birch General'],
  ] as const)('%s has the row %s', (section, row) => {
    expect(rowsOf(referral, section)).toContain(row);
  });

  test('no resource is left out, and no key of an attachment is shown', () => {
    const display = displayOf(referral);
    expect(display.notShown).toEqual([]);
    expect(JSON.stringify(display)).not.toContain('ayFkY2f45ydih2WU0fDCIS2jiC2rL9IdyB3KS1845u4=');
  });
});

function shown(bytes: Uint8Array): JsonObject {
  const checked = checkBundle(bytes, { layer: 'profile' });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.bundle;
}

test('what no reader knows is listed as not shown', () => {
  const bytes = changed('sample-referral', 'Patient', (patient, _, bundle) => {
    patient['extension'] = [{ url: 'http://x.example/clan', valueString: 'x' }];
    const resources = [
      { resourceType: 'Novelty' },
      { resourceType: 'Novelty' },
      { resourceType: 'Basic', code: { text: 'x' } },
    ];
    (bundle['entry'] as object[]).push(
      ...resources.map((resource, i) => ({ fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${i}`, resource })),
    );
  });
  expect(displayOf(shown(bytes)).notShown).toEqual([
    { what: 'Novelty', count: 2 },
    { what: 'Basic', count: 1 },
    { what: 'extension http://x.example/clan', count: 1 },
  ]);
});

test('nothing to say, not asked and words only are three different things', () => {
  const bytes = changed('sample-referral', 'Composition', (note) => {
    const sections = note['section'] as Record<string, unknown>[];
    const reasonOf = (code: string) => ({
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code }],
    });
    for (const [i, code] of [
      [4, 'nilknown'],
      [5, 'notasked'],
    ] as const) {
      delete sections[i]?.['entry'];
      Object.assign(sections[i] ?? {}, { emptyReason: reasonOf(code) });
    }
    delete sections[6]?.['entry'];
  });
  const display = displayOf(shown(bytes));
  const reasons = display.sections
    .filter((one) => one.emptyReason !== undefined)
    .map((one) => [one.name, one.emptyReason]);
  expect(reasons).toEqual([
    ['immunizations', 'nilknown'],
    ['family-history', 'notasked'],
  ]);
  expect(rowsOf(shown(bytes), 'procedures')).toContain('Procedures: Below-elbow splint at 21:50.');
});

test('why a section is empty is told in the sender’s words, and makes no row of an alert', () => {
  const bytes = changed('sample-referral', 'Composition', (note) => {
    for (const section of note['section'] as Record<string, unknown>[]) {
      if (!JSON.stringify(section['code']).includes('104605-1')) continue;
      delete section['entry'];
      section['text'] = {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>No alert.</p></div>',
      };
      section['emptyReason'] = {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code: 'unavailable' }],
      };
    }
  });
  expect(displayOf(shown(bytes)).sections.find(({ name }) => name === 'alerts')).toMatchObject({
    emptyReason: 'unavailable',
    emptyWords: 'No alert.',
  });
  expect(rowsOf(shown(bytes), 'alerts')).not.toContain('Alerts: No alert.');
});

test.each([
  ['<div xmlns="x"><p>a &lt;b&gt;</p><p>c&#160;d<br/>e</p></div>', 'a <b>\nc\u00a0d\ne'],
  ['<div><table><tr><td>1</td><td>2</td></tr></table></div>', '12'],
  ['<!-- <p>no</p> --><p>&unknown; &#0; &#xD800;</p>', '&unknown;'],
])('narrative %s becomes text', (xhtml, text) => {
  expect(narrativeText(xhtml)).toBe(text);
});

test('bidirectional overrides and controls are taken out of what is shown', () => {
  const bytes = changed('sample-referral', 'Patient', (patient) => {
    patient['name'] = [{ text: 'ab\u202ecd\u2066e\u0085f' }];
  });
  expect(rowsOf(shown(bytes), 'patient')).toContain('Name: abcdef');
});

test('the facts of the sample are those that its README tells', () => {
  expect(eventOf(referral)).toMatchObject({
    event: 'referral-sent',
    referral: '58e25344-5f66-5499-8d47-9847e35bccbb',
    sender: 'alder.example',
    receiver: 'birch.example',
    role: 'referrer',
    placer: 'REF-A-2026-000117',
    priority: 'urgent',
  });
  const completed = eventOf(readFixture('sample-event-completed.json'));
  expect(completed).toMatchObject({ order: { seq: 2 }, state: 'completed', filler: 'IN-B-2026-000045' });
  expect(findPatient(referral)).toMatchObject({ family: 'Tesfaye', given: ['Selam'], nativeName: 'ሰላም ተስፋዬ' });
  expect(referralFactsOf(referral).serviceRequest.value).toBe('SR-A-2026-000117');
});

test('whatever JSON comes, the check answers, and the readers fail with ProtocolError only', () => {
  const text = new TextDecoder().decode(fixture('sample-event-completed.json'));
  const damaged = fc
    .tuple(fc.nat(text.length), fc.nat(40), fc.constantFrom('', 'null', '"x"', '{}', '[]', '1'))
    .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.json({ maxDepth: 6 })), (input) => {
      expect(typeof checkBundle(utf8(input), { layer: 'profile' }).ok).toBe('boolean');
    }),
    { numRuns: 400 },
  );
  const tree = fc.object({
    key: fc.constantFrom(
      'entry',
      'resource',
      'resourceType',
      'extension',
      'section',
      'content',
      'code',
      'coding',
      'name',
      'x',
    ),
    values: [
      fc.string(),
      fc.integer(),
      fc.constant('Patient'),
      fc.constant('Composition'),
      fc.constant('Task'),
      fc.constant(null),
    ],
    maxDepth: 6,
  });
  fc.assert(
    fc.property(tree, (input) => {
      const object = input as JsonObject;
      displayOf(object);
      for (const read of [eventOf, attachmentsOf, findPatient, referralFactsOf])
        try {
          read(object);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
    }),
    { numRuns: 400 },
  );
});
