import { describe, expect, test } from 'vitest';
import { checkBundle } from '../../../../protocol/bundle/fhir/check.ts';
import { utf8 } from '../../../../protocol/bytes.ts';

function faultsOf(resource: object): readonly string[] {
  const checked = checkBundle(utf8(JSON.stringify(resource)), { layer: 'base' });
  return checked.ok ? [] : checked.issues.map(({ expression }) => expression);
}

const patient = { resourceType: 'Patient' };
const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
const div = (inner: string, attributes = 'xmlns="http://www.w3.org/1999/xhtml"'): object => ({
  resourceType: 'Patient',
  text: { status: 'generated', div: `<div ${attributes}>${inner}</div>` },
});

describe('legal R4 passes', () => {
  test.each([
    [
      'an extension in place of a value',
      { ...patient, _birthDate: { extension: [{ url: 'http://x.example/why', valueCode: 'unknown' }] } },
    ],
    ['an id beside a value', { ...patient, birthDate: '1987', _birthDate: { id: 'b' } }],
    [
      'a list of primitives with gaps',
      {
        ...patient,
        name: [
          { given: ['A', null], _given: [null, { extension: [{ url: 'http://x.example/y', valueBoolean: true }] }] },
        ],
      },
    ],
    [
      'meta, language and implicitRules',
      {
        ...patient,
        meta: { versionId: '1', tag: [{ code: 'x' }] },
        language: 'am-ET',
        implicitRules: 'http://x.example/r',
      },
    ],
    ['a modifierExtension', { ...patient, modifierExtension: [{ url: 'http://x.example/m', valueString: 'y' }] }],
    [
      'contained resources',
      { ...observation, subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] },
    ],
    [
      'an unknown resource type in a Bundle',
      { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { resourceType: 'Novelty', a: null } }] },
    ],
    [
      'a leap second and a fine fraction',
      { ...observation, issued: '2016-12-31T23:59:60.123456Z', effectiveDateTime: '2016-02-29' },
    ],
    ['a text with a no-break space and emoji', { ...patient, name: [{ text: 'Ana\u00a0María 🙂' }] }],
    [
      'nested extensions',
      { ...patient, extension: [{ url: 'http://x.example/e', extension: [{ url: 'part', valueDecimal: -1.5e3 }] }] },
    ],
    [
      'narrative with table, link and entities',
      div(
        '<p class="a">a &amp; b&#160;&eacute;</p><table border="1"><tr><td colspan="2">x</td></tr></table><a href="http://x.example/">l</a><br/><img src="#i" alt="i"/>',
      ),
    ],
    [
      'a document',
      {
        resourceType: 'Bundle',
        type: 'document',
        identifier: { system: 'urn:ietf:rfc:3986', value: 'x' },
        timestamp: '2026-01-01T00:00:00Z',
        entry: [
          {
            fullUrl: 'http://x.example/Composition/1',
            resource: {
              resourceType: 'Composition',
              id: '1',
              status: 'final',
              type: { text: 'x' },
              date: '2026',
              author: [{ display: 'x' }],
              title: 'x',
            },
          },
        ],
      },
    ],
  ] as const)('%s', (_, resource) => {
    expect(faultsOf(resource)).toEqual([]);
  });
});

describe('what R4 forbids is named', () => {
  const ext = (value: object): object => ({ ...patient, extension: [{ url: 'http://x.example/e', ...value }] });
  test.each([
    ['a day that does not exist', { ...patient, birthDate: '2026-02-30' }, 'Patient.birthDate'],
    ['a dateTime without zone', { ...observation, effectiveDateTime: '2026-02-01T10:00:00' }, 'effective'],
    ['an instant that is a day', { ...observation, issued: '2026-02-01' }, 'Observation.issued'],
    ['a boolean as text', { ...patient, active: 'true' }, 'Patient.active'],
    ['a single value where a list belongs', { ...patient, name: { family: 'x' } }, 'Patient.name'],
    ['a list where a value belongs', { ...patient, gender: ['male'] }, 'Patient.gender'],
    ['an empty list', { ...patient, name: [] }, 'Patient.name'],
    ['an empty object', { ...patient, name: [{}] }, 'Patient.name[0]'],
    ['an empty text', { ...patient, name: [{ family: '' }] }, 'Patient.name[0].family'],
    ['null', { ...patient, gender: null }, 'Patient.gender'],
    ['null in a list without a twin', { ...patient, name: [{ given: [null] }] }, 'Patient.name[0].given[0]'],
    ['a code of another set', { ...patient, gender: 'F' }, 'Patient.gender'],
    ['a code with outer spaces', { ...patient, language: ' am' }, 'Patient.language'],
    ['an id with a slash', { ...patient, id: 'a/b' }, 'Patient.id'],
    ['two values of a choice', { ...patient, deceasedBoolean: true, deceasedDateTime: '2026' }, 'Patient.deceased'],
    ['a type that the choice does not have', { ...patient, deceasedString: 'yes' }, 'Patient.deceasedString'],
    ['a missing code', { resourceType: 'Observation', status: 'final' }, 'Observation.code'],
    [
      'a reference to the wrong type',
      { ...observation, subject: { reference: 'Practitioner/1' } },
      'Observation.subject',
    ],
    [
      'a reference whose type differs',
      { ...observation, subject: { reference: 'Patient/1', type: 'Group' } },
      'subject',
    ],
    ['a contained resource that is not there', { ...observation, subject: { reference: '#p' } }, 'subject.reference'],
    [
      'a contained resource that nobody names',
      { ...patient, contained: [{ resourceType: 'Patient', id: 'p' }] },
      'contained',
    ],
    [
      'dataAbsentReason beside a value (obs-6)',
      { ...observation, valueString: 'x', dataAbsentReason: { text: 'x' } },
      'dataAbsentReason',
    ],
    [
      'an abated condition that is active (con-4)',
      {
        resourceType: 'Condition',
        subject: { display: 'x' },
        abatementString: 'x',
        clinicalStatus: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
        },
      },
      'abatement',
    ],
    [
      'a clinicalStatus in words only',
      { resourceType: 'Condition', subject: { display: 'x' }, clinicalStatus: { text: 'active' } },
      'clinicalStatus',
    ],
    [
      'a period that ends before it begins (per-1)',
      { ...patient, name: [{ period: { start: '2026-02', end: '2026-01-31' } }] },
      'period.start',
    ],
    ['a telecom without system (cpt-2)', { ...patient, telecom: [{ value: '1' }] }, 'telecom[0].system'],
    ['a unit code without system (qty-3)', { ...observation, valueQuantity: { value: 1, code: 'g' } }, 'system'],
    [
      'a comparator in a simple quantity (sqty-1)',
      { ...observation, referenceRange: [{ low: { value: 1, comparator: '<' } }] },
      'low.comparator',
    ],
    [
      'a value and extensions in one extension (ext-1)',
      ext({ valueString: 'x', extension: [{ url: 'a', valueString: 'y' }] }),
      'extension[0]',
    ],
    ['an extension with nothing (ext-1)', ext({}), 'extension[0]'],
    ['an extension without url', { ...patient, extension: [{ valueString: 'x' }] }, 'extension[0].url'],
    [
      'an organization without name and identifier (org-1)',
      { resourceType: 'Organization', active: true },
      'Organization',
    ],
    [
      'a booked appointment without end (app-2)',
      {
        resourceType: 'Appointment',
        status: 'booked',
        start: '2026-01-01T00:00:00Z',
        participant: [{ status: 'accepted', actor: { display: 'x' } }],
      },
      'Appointment.start',
    ],
    [
      'base64 with a stray character',
      { ...patient, photo: [{ contentType: 'image/png', data: 'a_b=' }] },
      'photo[0].data',
    ],
    ['a number above 32 bits', { ...patient, photo: [{ size: 3_000_000_000 }] }, 'photo[0].size'],
    [
      'an upper-case urn:uuid',
      { ...patient, identifier: [{ system: 'urn:uuid:5F6A4C1E-9C2D-4A59-8A39-0D2A6C6B9F11' }] },
      'identifier[0].system',
    ],
    ['narrative that is not a div', { ...patient, text: { status: 'generated', div: '<p>x</p>' } }, 'text.div'],
    ['narrative that does not nest', div('<p><b>x</p></b>'), 'text.div'],
    ['narrative without namespace', div('x', 'class="a"'), 'text.div'],
    ['narrative without content (txt-2)', div(' '), 'text.div'],
    ['narrative with a handler', div('<p onclick="x()">x</p>'), 'text.div'],
    ['narrative with a form', div('<form><input/></form>x'), 'text.div'],
    ['an unknown root type', { resourceType: 'Novelty' }, 'Resource'],
  ] as const)('%s', (_, resource, element) => {
    const faults = faultsOf(resource);
    expect(faults.some((one) => one.includes(element))).toBe(true);
  });
});
