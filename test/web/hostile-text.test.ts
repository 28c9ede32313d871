import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamOnce } from '../../node/platform/files.ts';
import type { PatientDetails, PatientId } from '../../node/records/model.ts';
import { url } from '../../node/web/urls.ts';
import type { ReferralId } from '../../protocol/ids.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { findChromium, launchBrowser, openPerson, signInAt } from '../support/browser.ts';
import { eventually, openDesks, type TestDesks } from '../support/desk.ts';

/** What people and machines have put into names to run a script or to deceive an eye. */
const corpus = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "'><svg onload=alert(3)>",
  '<iframe srcdoc="<script>alert(4)</script>">',
  'javascript:alert(5)',
  '</title><script>alert(6)</script>',
  '</textarea><script>alert(7)</script>',
  '<a href="javascript:alert(8)">x</a>',
  '<math><mi xlink:href="javascript:alert(9)">x</mi></math>',
  '<style>@import "http://evil.example/x.css"</style>',
  '<meta http-equiv=refresh content="0;url=http://evil.example/">',
  '<base href="http://evil.example/">',
  '<form action="http://evil.example/"><button>Send</button>',
  '{{constructor.constructor("alert(10)")()}}',
  '${alert(11)}',
  '&lt;script&gt;alert(12)&lt;/script&gt;',
  '\u202Egnp.exe\u202C turned',
  'zero\u200Bwidth\uFEFF',
  'İstanbul ı ﬁ 𝕏 👩‍⚕️',
  '<!--',
  ']]>',
  '<![CDATA[',
] as const;

const author = { id: 'tests', name: '<img src=x onerror=alert(13)>' };
let desks: TestDesks;
const patients: PatientId[] = [];
const referrals: ReferralId[] = [];

function hostile(text: string, n: number): PatientDetails {
  const line = text.replaceAll('\n', ' ');
  return {
    csvId: `X-${n}`,
    mrn: line,
    nationalId: line,
    familyName: line,
    givenNames: line,
    nameNative: line,
    phone: line,
    email: line,
    addressLine: line,
    city: line,
    postalCode: line,
    bystander: { name: line, relation: line, phone: line },
    insurance: { insurer: line, policyNumber: line },
    allergies: [line.replaceAll(';', ',')],
    conditions: [line.replaceAll(';', ',')],
    medications: [line.replaceAll(';', ',')],
    immunizations: [],
    familyHistory: [line.replaceAll(';', ',')],
    procedures: [line.replaceAll(';', ',')],
    policeCase: true,
    policeCaseNumber: line,
    notes: text,
  };
}

beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch'] });
  const { node: alder } = desks.at('alder');
  const { node: birch } = desks.at('birch');
  for (const [n, text] of corpus.entries()) {
    const added = await alder.patients.add(hostile(text, n));
    if (added.state !== 'added') throw new Error('the patient is there already');
    const patient = added.record.id;
    patients.push(patient);
    const { id: consultation } = await alder.consultations.add(patient, {
      at: alder.clock.now(),
      encounterClass: 'AMB',
      reason: text,
      findings: text,
      diagnoses: [text],
      prescriptions: [text],
      practitioner: text,
    });
    const bytes = streamOnce(
      utf8(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(14)"><script>alert(15)</script></svg>`),
    );
    const { id: file } = await alder.attachments.add(patient, {
      title: text,
      contentType: 'image/svg+xml',
      consultation,
      bytes,
    });
    const sent = await alder.referrals.send({
      to: birch.own.name,
      patient,
      priority: 'stat',
      reason: text,
      question: text,
      specialty: text,
      note: text,
      attachments: [file],
      author,
    });
    referrals.push(sent.id);
  }
  await eventually(async () => (await birch.referrals.list('received', { limit: 50 })).length === corpus.length);
}, 60_000);
afterAll(async () => await desks[Symbol.asyncDispose]());

/** Pages on which the text of one patient stands. */
const pagesOf = (patient: PatientId, referral: ReferralId) => ({
  alder: [
    url('patient', { patient }),
    url('patient-edit', { patient }),
    url('patient-print', { patient }),
    url('patient-timeline', { patient }),
    url('consultations', { patient }),
    url('alert-new', {}, { patient }),
    url('referral-new', {}, { patient }),
    url('sent', { referral }),
  ],
  birch: [url('received', { referral }), url('received-match', { referral }), url('received-print', { referral })],
});

test('what others wrote is text in every page: no element of theirs, no handler, no link that runs', async () => {
  const clients = { alder: await desks.at('alder').client('doctor'), birch: await desks.at('birch').client('doctor') };
  const found: string[] = [];
  for (const [n, text] of corpus.entries()) {
    const [patient, referral] = [patients[n], referrals[n]];
    if (patient === undefined || referral === undefined) throw new Error('a case is missing');
    const pages = pagesOf(patient, referral);
    for (const at of ['alder', 'birch'] as const)
      for (const path of pages[at]) {
        const { status, text: html } = await clients[at].get(path);
        if (status !== 200) found.push(`${path} for ${text}: ${status}`);
        for (const [pattern, what] of forbidden) if (pattern.test(html)) found.push(`${path} for ${text}: ${what}`);
        if (/<[a-z][^>]*\son[a-z]+=/.test(withoutValues(html))) found.push(`${path} for ${text}: a handler`);
        if (turning.test(withoutFields(html))) found.push(`${path} for ${text}: a character that hides or turns`);
      }
  }
  expect(found).toEqual([]);
});

const forbidden: readonly (readonly [RegExp, string])[] = [
  [/<script(?! type="module" src="\/assets\/)/, 'a script'],
  [
    /<(?:img|svg|iframe|math|base|style|object|embed)\b[^>]*(?:onerror|onload|srcdoc|evil\.example|alert\()/,
    'an element',
  ],
  [/(?:href|src|action)="\s*javascript:/, 'a link that runs'],
  [/\sstyle="/, 'a style'],
  [/<meta[^>]+evil/, 'a redirect'],
];

const turning = /[\u202A-\u202E\u2066-\u2069\u200B\uFEFF]/;
/** Inside of a quoted value nothing is an attribute: hono writes quotes in values as entities. */
const withoutValues = (html: string): string => html.replaceAll(/="[^"]*"/g, '=""');
/** Fields that are there to be edited hold their text as it is. */
const withoutFields = (html: string): string =>
  html.replaceAll(/<textarea[^]*?<\/textarea>/g, '').replaceAll(/ value="[^"]*"/g, '');

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => await browser.close());

  test.each(['alder', 'birch'] as const)(
    'no dialog opens and no other origin is asked, at %s',
    async (at) => {
      const desk = desks.at(at);
      await using person = await openPerson(browser, desk.origin);
      await signInAt(person, desk.users.doctor);
      await person.open('/');
      await person.open(at === 'alder' ? '/patients' : '/');
      for (const [n, patient] of patients.entries()) {
        const referral = referrals[n];
        if (referral === undefined) continue;
        const [first = '/', second = '/'] = pagesOf(patient, referral)[at];
        await person.open(first);
        if (n % 4 === 0) await person.open(second);
      }
      expect(person.troubles).toEqual([]);
    },
    120_000,
  );
});
