import { HtmlValidate } from 'html-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { columns } from '../../../node/records/csv/columns.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { htmlRules } from '../../support/html-rules.ts';

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'] });
  desk = desks.at('alder');
  doctor = await desk.client('doctor');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

/** Texts that a page must show as text: markup, ends of attributes and of elements, templates, entities, turned text. */
const corpus: readonly (readonly [what: string, text: string])[] = [
  ['a script', `<script>alert(1)</script>`],
  ['an image that fails', `<img src=x onerror=alert(1)>`],
  ['the end of an attribute', `" onfocus="alert(1)" autofocus="`],
  ['the end of a text area', `</textarea><script>alert(1)</script>`],
  ['the end of a title', `</title></head><svg onload=alert(1)>`],
  ['an entity', `&lt;b&gt; &amp;amp; &#x3c;script&#x3e;`],
  ['a link that runs', `javascript:alert(1)`],
  ['a template', '{{7*7}} ${7*7} <%= 7*7 %>'],
  ['a comment', `<!-- --> <![CDATA[ ]]>`],
  ['turned text', `abc\u202Egnp.exe\u2066x\u200Bhidden`],
];

const free = columns.filter(
  (column) =>
    !['sex', 'birth_date', 'policy_valid_from', 'policy_valid_to', 'police_case', 'updated_at', 'csv_id'].includes(
      column,
    ),
);

/** A form refuses what is no code; a file brings it all the same. */
const codes: ReadonlySet<string> = new Set(['country', 'language']);

describe.each(corpus)('%s', (what, text) => {
  const suffix = String(corpus.findIndex(([name]) => name === what));

  test('in every field of a record stands as text on every page about it', async () => {
    const fields = Object.fromEntries(
      free.filter((column) => !codes.has(column)).map((column) => [column, `${text} ${column}`]),
    );
    const registered = await doctor.submit('/patients/new', '/patients/new', {
      ...fields,
      csv_id: `X${suffix} ${text}`.slice(0, 200),
      police_case: 'yes',
      seen: '',
    });
    const place = registered.location ?? (await registeredAllTheSame(registered.text, fields, suffix, text));
    const id = place.split('/').at(-1) ?? '';
    const { version, details } = await desk.node.patients.get(id as PatientId);
    const asImported = { ...details, country: `${text} country`, language: `${text} language` };
    await desk.node.patients.change(id as PatientId, version, asImported);
    const add = `${place}/consultations/new`;
    const consultation = await doctor.submit(add, add, {
      at: '2026-01-02 10:30',
      class: 'AMB',
      reason: text,
      findings: text,
      diagnoses: text,
      prescriptions: text,
      practitioner: text,
    });
    const seen = consultation.location ?? '';
    const change = `${seen}/change`;
    await doctor.submit(change, change, {
      at: '2026-01-02 10:30',
      class: 'AMB',
      reason: `${text}!`,
      practitioner: text,
      kind: 'correction',
      why: text,
    });
    await doctor.submit(`${place}/restriction`, `${place}/restriction`, { reason: text });
    const pages = ['', '/edit', '/print', '/versions', '/timeline', '/consultations', '/restriction', '/void'];
    const list = `/patients?q=${encodeURIComponent(text.slice(0, 150))}`;
    for (const page of [...pages.map((page) => place + page), seen, change, list]) await expectSafe(page);
    expect(desk.told.join('\n')).not.toContain(text);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('typed into a form that is refused comes back as it was typed', async () => {
    const answer = await doctor.submit('/patients/new', '/patients/new', {
      csv_id: '',
      family_name: text,
      notes: text,
    });
    expect(answer.status).toBe(422);
    expectNoMarkup(answer.text);
  });
});

test.each([
  ['NUL', '\u0000'],
  ['a bell', '\u0007'],
  ['escape', '\u001B[31m'],
])('%s in a field is refused with the field named, and nothing is saved', async (_, text) => {
  const count = await desk.node.patients.count();
  for (const column of free) {
    const fields = { csv_id: 'Y-1', family_name: 'Y', [column]: `a${text}b` };
    const answer = await doctor.submit('/patients/new', '/patients/new', fields);
    expect([column, answer.status]).toEqual([column, 422]);
    expect(answer.text).toContain(`href="#f-${column}"`);
  }
  expect(await desk.node.patients.count()).toBe(count);
});

async function expectSafe(page: string): Promise<void> {
  const answer = await doctor.open(page);
  expect([page, answer.status]).toEqual([page, 200]);
  expectNoMarkup(answer.text);
  const { results } = await new HtmlValidate(htmlRules).validateString(answer.text);
  expect(
    results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${page} ${ruleId}: ${message}`)),
  ).toEqual([]);
}

/** None of the corpus is markup, and none turns other text: it stands escaped, its controls as marks. */
function expectNoMarkup(html: string): void {
  expect(html).not.toMatch(/<script>|<img src=x|<svg onload|onfocus="alert|<!-- -->|href="javascript:/);
  const withoutFields = html.replaceAll(/<(?:input|textarea)\b[^]*?(?:\/>|<\/textarea>)/g, '');
  expect(withoutFields).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B]/);
}

/** Records of one corpus look alike: the person goes on. */
async function registeredAllTheSame(
  html: string,
  fields: Record<string, string>,
  suffix: string,
  text: string,
): Promise<string> {
  const seen = /name="seen" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const once = /name="once" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const csvId = `X${suffix} ${text}`.slice(0, 200);
  const answer = await doctor.post('/patients/new', { ...fields, csv_id: csvId, police_case: 'yes', seen, once });
  expect(answer.status).toBe(303);
  return answer.location ?? '';
}
