import { describe, expect, test } from 'vitest';
import { checkBundle, type Checked } from '../../../../protocol/bundle/fhir/check.ts';
import { operationOutcome } from '../../../../protocol/bundle/fhir/issue.ts';
import { attachmentsOf } from '../../../../protocol/bundle/fhir/referral.ts';
import { documentBytesMax } from '../../../../protocol/bundle/limits.ts';
import { utf8 } from '../../../../protocol/bytes.ts';
import { sha256 } from '../../../../protocol/crypto/hash.ts';
import { parseNodeName } from '../../../../protocol/ids.ts';
import { oracleErrors } from '../../../support/fhir-oracles.ts';
import { fixture, fixtureNames, readFixture, sampleNames } from './fixtures.ts';

function expressionsOf(checked: Checked): readonly string[] {
  return checked.ok ? [] : checked.issues.map(({ expression }) => expression);
}

test.each(sampleNames)('%s passes both layers without a word', (name) => {
  const bytes = fixture(`${name}.json`);
  expect(checkBundle(bytes, { layer: 'base' })).toMatchObject({ ok: true, warnings: [], notShown: [] });
  expect(checkBundle(bytes, { layer: 'profile' })).toMatchObject({ ok: true, warnings: [], notShown: [] });
});

/** The element that each broken file breaks. */
const faults: readonly (readonly [file: string, element: string])[] = [
  ['01-header-not-first', 'Bundle.entry[0].resource'],
  ['03-coverage-no-payor', 'ofType(Coverage).payor'],
  ['04-bad-birthdate', 'ofType(Patient).birthDate'],
  ['05-unknown-property', 'ofType(Patient).bloodGroup'],
  ['06-two-onsets', 'ofType(Condition).onset'],
  ['07-consent-no-policy', 'ofType(Consent).policy'],
  ['08-value-wrong-type', 'ofType(Observation).value.ofType(Quantity).value'],
  ['10-task-modified-before-authored', 'ofType(Task).lastModified'],
  ['11-duplicate-fullurl', 'fullUrl'],
  ['13-task-status-unknown', 'ofType(Task).status'],
  ['14-gender-unknown-code', 'ofType(Patient).gender'],
  ['16-no-consent', 'ofType(Consent)'],
  ['17-consent-other-recipient', 'ofType(Consent).provision.actor'],
  ['19-inline-binary', 'content[0].attachment.data'],
  ['21-remote-reference', 'ofType(Observation).subject.reference'],
  ['22-script-in-narrative', 'ofType(Composition).section[0].text.div'],
];

test.each(faults)('%s is refused, and the refusal names %s', (file, element) => {
  const checked = checkBundle(fixture(`invalid/${file}.json`), { layer: 'profile' });
  expect(checked.ok).toBe(false);
  expect(expressionsOf(checked).some((one) => one.includes(element))).toBe(true);
});

test('every broken file is in the table, and base layer refuses what FHIR itself forbids', () => {
  expect(faults.map(([file]) => `${file}.json`).toSorted()).toEqual(fixtureNames('invalid').toSorted());
  const index = readFixture('invalid/index.json') as unknown as { file: string; layer: string }[];
  for (const { file, layer } of index)
    if (layer !== 'profile') expect(checkBundle(fixture(`invalid/${file}`), { layer: 'base' }).ok).toBe(false);
});

const trulyInvalid = new Set(['lantana-QuestionnaireResponse_01.json', 'lantana-medicationStatement.json']);

test.each(fixtureNames('realworld'))('what others wrote is judged as FHIR judges it: %s', (name) => {
  expect(checkBundle(fixture(`realworld/${name}`), { layer: 'base' }).ok).toBe(!trulyInvalid.has(name));
});

test('no refusal quotes a value of the bundle', () => {
  const texts = fixtureNames('invalid').map((name) => {
    const checked = checkBundle(fixture(`invalid/${name}`), { layer: 'profile' });
    return JSON.stringify(checked.ok ? [] : operationOutcome(checked.issues));
  });
  for (const secret of ['Selam', 'Tesfaye', '14/05/1987', 'MRN-A-004217', '2026-11', 'script>'])
    expect(texts.join('\n')).not.toContain(secret);
});

test('a refusal is itself a good OperationOutcome', () => {
  const checked = checkBundle(fixture('invalid/13-task-status-unknown.json'), { layer: 'profile' });
  expect(oracleErrors(operationOutcome(checked.ok ? [] : checked.issues))).toEqual([]);
});

describe('what a message says of its way', () => {
  const [alder, birch, cedar] = ['alder.example', 'birch.example', 'cedar.example'].map(parseNodeName);
  const bytes = fixture('sample-referral.json');
  const attachments = [{ id: 'cc810815-ce58-5523-8e31-dbe7cb35b4e8', size: 188_524 }];

  test.each([
    ['the node that signed and we', { sender: alder, receiver: birch, attachments }, []],
    ['another sender', { sender: cedar }, ['MessageHeader).sender']],
    ['another destination', { receiver: cedar }, ['MessageHeader).destination.receiver', 'provision.actor']],
    ['an event by its manifest', { kind: 'event' }, ['MessageHeader).reason']],
    ['no attachment in the manifest', { attachments: [] }, ['content[0].attachment.url']],
    [
      'an attachment of another size',
      { attachments: [{ ...attachments[0], size: 1 }] },
      ['content[0].attachment.size'],
    ],
    [
      'an attachment too many',
      { attachments: [...attachments, { id: '00000000-0000-4000-8000-000000000000', size: 0 }] },
      ['ofType(DocumentReference)'],
    ],
  ] as const)('is held against %s', (_, options, elements) => {
    const checked = checkBundle(bytes, { layer: 'profile', ...options } as Parameters<typeof checkBundle>[1]);
    const found = expressionsOf(checked);
    expect(found.length).toBe(elements.length);
    for (const element of elements) expect(found.some((one) => one.includes(element))).toBe(true);
  });
});

describe('before any schema runs', () => {
  const good = new TextDecoder().decode(fixture('sample-referral.json'));
  const refusals: readonly (readonly [string, string | Uint8Array])[] = [
    ['nothing at all', ''],
    ['a byte order mark', `\ufeff${good}`],
    ['two values', `${good}{}`],
    ['a list', '[]'],
    ['a duplicate key', good.replace('"type": "message"', '"type": "message", "type": "message"')],
    ['__proto__', good.replace('"type": "message"', '"type": "message", "__proto__": {}')],
    ['constructor', good.replace('"type": "message"', '"type": "message", "constructor": {}')],
    ['a lone surrogate', good.replace('"Selam"', '"\\ud800"')],
    ['a NUL', good.replace('"Selam"', '"Selam\\u0000"')],
    ['41 levels', `{"resourceType":"Bundle","a":${'['.repeat(41)}${']'.repeat(41)}}`],
    ['a million levels', `{"resourceType":"Bundle","a":${'['.repeat(1_000_000)}`],
    ['a string above 1 MiB', good.replace('Selam', 'S'.repeat(1024 * 1024 + 1))],
    ['plaintext above 5 MiB', utf8(' '.repeat(documentBytesMax) + good)],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['null for a value', good.replace('"Selam"', 'null')],
    ['5,001 entries', JSON.stringify({ resourceType: 'Bundle', type: 'message', entry: Array(5001).fill({}) })],
  ];
  test.each(refusals)('%s is refused', (_, input) => {
    const checked = checkBundle(typeof input === 'string' ? utf8(input) : input, { layer: 'base' });
    expect(checked).toMatchObject({ ok: false });
  });

  test('a string of exactly 1 MiB passes', () => {
    const long = good.replace('"Mild leucocytosis, otherwise normal."', `"${'S'.repeat(1024 * 1024)}"`);
    expect(checkBundle(utf8(long), { layer: 'base' })).toMatchObject({ ok: true });
  });

  test('a thousand faults are listed up to the limit and counted beyond', () => {
    const many = { resourceType: 'Patient', name: Array(1000).fill({ use: 'nickname!' }) };
    const checked = checkBundle(utf8(JSON.stringify(many)), { layer: 'base' });
    expect(checked).toMatchObject({ ok: false, left: 900 });
    expect(expressionsOf(checked).length).toBe(100);
  });
});

test('the DICOM file beside the sample is the one that its DocumentReference proves', () => {
  const file = fixture('dicom/synthetic-xray.dcm');
  const [attachment] = attachmentsOf(readFixture('sample-referral.json'));
  expect(attachment?.size).toBe(file.length);
  expect(attachment?.sha256).toEqual(sha256(file));
});
