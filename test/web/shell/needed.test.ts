import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { GroundFields } from '../../../node/web/pages/referrals/ground-fields.tsx';
import { htmlOf } from '../../../node/web/answer.ts';

let desks: TestDesks;
let desk: TestDesk;
beforeAll(async () => {
  desks = await openDesks({ jobs: false });
  desk = desks.at('alder');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

/** What stands in brackets behind the label of a field. */
function bracketsOf(html: string, field: string): string {
  const label = new RegExp(`<label for="f-${field}">([^]*?)</label>`).exec(html)?.[1] ?? 'no such field';
  return /<span class="optional"> \(([^<]*)\)<\/span>/.exec(label)?.[1] ?? 'nothing';
}

test('a patient needs one name of three, and no field of them says that it is optional', async () => {
  const nurse = await desk.client('nurse');
  const { text } = await nurse.get('/patients/new');
  for (const name of ['family_name', 'given_names', 'name_native'])
    expect(bracketsOf(text, name)).toBe('one name is needed');
  expect([bracketsOf(text, 'mrn'), bracketsOf(text, 'csv_id')]).toEqual(['optional', 'nothing']);
});

test('half a position is refused, and both fields say that they go together', async () => {
  const administrator = await desk.client('administrator');
  for (const path of ['/admin/stations/new', '/admin/settings']) {
    const { text } = await administrator.get(path);
    for (const name of ['latitude', 'longitude']) expect(bracketsOf(text, name)).toBe('both or none');
  }
});

test('what a consent needs and what an emergency needs is said at each field', async () => {
  const given = {
    ground: 'consent',
    givenBy: 'patient',
    consentFrom: '',
    consentTo: '',
    breakGlassReason: '',
  } as const;
  const html = await htmlOf(GroundFields({ given, errors: [] }));
  expect(['consentFrom', 'consentTo', 'breakGlassReason'].map((field) => bracketsOf(html, field))).toEqual([
    'with consent',
    'with consent',
    'without consent',
  ]);
  expect(html).toMatch(/<legend>Consent given by<span class="optional"> \(with consent\)<\/span>/);
});
