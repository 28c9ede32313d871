import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/desk.ts';
import {
  addFile,
  addPatient,
  openTwoDesks,
  refer,
  signedFields,
  submitAt,
  textOf,
  writeDraft,
  type TwoDesks,
} from './two-desks.ts';

let desks: TwoDesks;

const png = Uint8Array.fromBase64(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
);

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const told = [...desks.alder.told, ...desks.birch.told].filter((line) => line.startsWith('error'));
  await desks[Symbol.asyncDispose]();
  expect(told).toEqual([]);
});

/** What stands between two headings of the page. */
function part(html: string, from: string, to: string): string {
  const start = html.indexOf(from);
  const end = html.indexOf(to, start);
  expect(start, from).toBeGreaterThan(-1);
  return html.slice(start, end === -1 ? undefined : end);
}

test('a doctor refers in four steps, and the preview is what the other hospital reads', async () => {
  const { alder, atAlder, atBirch } = desks;
  const patient = await addPatient(alder, {
    csvId: 'A-1',
    familyName: 'Tesfaye',
    givenNames: 'Selam',
    nameNative: 'ሰላም',
    birthDate: '1979-03-14',
    sex: 'female',
    allergies: ['Penicillin'],
    medications: ['Ramipril 5 mg'],
  });
  const file = await addFile(alder, patient, { title: 'Chest film', contentType: 'image/png', bytes: png });
  const sign = await writeDraft(atAlder, { patient, attachments: [file], note: 'Comes by ambulance' });
  const page = await atAlder.get(sign);
  expect(page.status).toBe(200);
  expect(page.text).toContain('Electrocardiogram (ECG)');
  const sent = await submitAt(atAlder, page, sign, signedFields(page.text));
  expect(sent.status).toBe(303);
  const id = sent.location?.split('/').at(-1) ?? '';
  await eventually(async () => (await atBirch.get(`/received/${id}`)).status === 200);
  const there = await atBirch.get(`/received/${id}`);
  const recordOf = (html: string): string => textOf(part(html, 'id="record-title"', '</section>'));
  const seconds = (text: string): string =>
    text.replaceAll(/:\d\d(\.\d+)?(Z|\+00:00)/g, ':00Z').replaceAll(/:\d\d UTC/g, ' UTC');
  expect(seconds(recordOf(there.text))).toBe(seconds(recordOf(page.text)));
  expect(there.text).toContain('TESFAYE, Selam');
  expect(there.text).toContain('ሰላም');
  expect(there.text).toContain('14-Mar-1979');
  expect(textOf(there.text)).toContain('✓ Verified:');
  expect(textOf(there.text)).toContain('First opened by Dr Dora Doctor');
});

test('sending twice, by the back button or a second tab, makes one referral', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-2', familyName: 'Twice', sex: 'male' });
  const sign = await writeDraft(atAlder, { patient });
  const [one, two] = [await atAlder.get(sign), await atAlder.get(sign)];
  const answers = await Promise.all([
    submitAt(atAlder, one, sign, signedFields(one.text)),
    submitAt(atAlder, one, sign, signedFields(one.text)),
    submitAt(atAlder, two, sign, signedFields(two.text)),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
  expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
  expect((await atAlder.get(sign)).location).toBe(answers[0]?.location);
  expect(await alder.node.referralDesk.sentOf(patient)).toHaveLength(1);
});

test('going back and changing a step changes the draft, in the first step as well', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-9', familyName: 'Back' });
  const first = await atAlder.get(`/referrals/new?patient=${patient}`);
  const begin = (department: string) => submitAt(atAlder, first, '/referrals/new', { to: 'birch.example', department });
  const [one, again] = [await begin('Cardiology'), await begin('Neurology')];
  expect(again.location).toBe(one.location);
  const why = one.location ?? '';
  expect((await atAlder.get(why.replace('/why', '/to'))).text).toContain('value="Neurology"');
  const page = await atAlder.get(why);
  const typed = { priority: 'urgent', question: 'First words?', reason: 'Because' };
  await submitAt(atAlder, page, why, typed);
  await submitAt(atAlder, page, why, { ...typed, question: 'Second words?' });
  expect((await atAlder.get(why)).text).toContain('Second words?');
});

test('what is missing in a step is told beside its field, and what was typed stays', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-3', familyName: 'Missing' });
  const first = await submitAt(atAlder, await atAlder.get(`/referrals/new?patient=${patient}`), '/referrals/new', {
    department: 'Neurology',
  });
  expect(first.status).toBe(422);
  expect(first.text).toContain('Choose the hospital that is asked');
  expect(first.text).toContain('value="Neurology"');
  const sign = await writeDraft(atAlder, { patient });
  const why = sign.replace('/sign', '/why');
  const refused = await submitAt(atAlder, await atAlder.get(why), why, { reason: '<b>Kept</b>', question: '' });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('&lt;b&gt;Kept&lt;/b&gt;');
  expect(refused.text).toContain('Say how urgent it is');
  const unsigned = await submitAt(atAlder, await atAlder.get(sign), sign, {
    ...signedFields((await atAlder.get(sign)).text),
    signed: '',
  });
  expect(unsigned.status).toBe(422);
  expect(unsigned.text).toContain('Tick that you sign');
});

test('a changed ground is previewed again before anything is sent', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-4', familyName: 'Ground' });
  const sign = await writeDraft(atAlder, { patient });
  const page = await atAlder.get(sign);
  const broken = { ...signedFields(page.text), ground: 'break-glass', breakGlassReason: '' };
  expect((await submitAt(atAlder, page, sign, broken)).text).toContain('Say why it is sent without consent');
  const changed = await submitAt(atAlder, await atAlder.get(sign), sign, {
    ...broken,
    breakGlassReason: 'Unconscious',
  });
  expect(changed.location).toBe(`${sign}?changed=ground`);
  const again = await atAlder.get(changed.location ?? '');
  expect(again.text).toContain('nothing was sent yet');
  expect(textOf(again.text)).toContain('Emergency, without consent');
  const sent = await submitAt(atAlder, again, sign, { ...broken, breakGlassReason: 'Unconscious' });
  expect(sent.location).toMatch(/^\/sent\//);
});

test('a draft changed in another tab is not sent before it was looked at', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-5', familyName: 'Tabs' });
  const sign = await writeDraft(atAlder, { patient });
  const page = await atAlder.get(sign);
  const why = sign.replace('/sign', '/why');
  await submitAt(atAlder, await atAlder.get(why), why, { priority: 'stat', question: 'Other?', reason: 'Other' });
  const refused = await submitAt(atAlder, page, sign, signedFields(page.text));
  expect(refused.status).toBe(409);
  expect(refused.text).toContain('changed after this preview');
  expect(await alder.node.referralDesk.sentOf(patient)).toEqual([]);
});

test('a record that a colleague changed after the preview is not signed before it was looked at', async () => {
  const { alder, atAlder } = desks;
  const { patients, consultations, referralDesk } = alder.node;
  const patient = await addPatient(alder, { csvId: 'A-51', familyName: 'Changing', allergies: ['Latex'] });
  const sign = await writeDraft(atAlder, { patient });
  const first = await atAlder.get(sign);
  const { details, version } = await patients.get(patient);
  await patients.change(patient, version, { ...details, allergies: ['Latex', 'Penicillin'] });
  const refused = await submitAt(atAlder, first, sign, signedFields(first.text));
  expect(refused.status).toBe(409);
  expect(textOf(refused.text)).toContain('record was changed after this preview was made. Nothing was sent');
  expect(textOf(refused.text)).toContain('Penicillin');
  expect(await referralDesk.sentOf(patient)).toEqual([]);

  const visit = { encounterClass: 'AMB', reason: 'Not chosen', diagnoses: [], prescriptions: [] } as const;
  await consultations.add(patient, { ...visit, at: alder.node.clock.now(), practitioner: 'Dr X' });
  expect((await submitAt(atAlder, refused, sign, signedFields(refused.text))).location).toMatch(/^\/sent\//);
});

test('the minimum needed and everything are one button each', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-6', familyName: 'Preset' });
  const file = await addFile(alder, patient, { title: 'Loose', contentType: 'image/png', bytes: png });
  const sign = await writeDraft(atAlder, { patient });
  const what = sign.replace('/sign', '/what');
  const ticked = (html: string): boolean => new RegExp(`value="${file}"[^>]*checked`).test(html);
  await submitAt(atAlder, await atAlder.get(what), what, { preset: 'all' });
  expect(ticked((await atAlder.get(what)).text)).toBe(true);
  await submitAt(atAlder, await atAlder.get(what), what, { preset: 'minimum', attachments: [file] });
  expect(ticked((await atAlder.get(what)).text)).toBe(false);
});

test('an open referral of the same patient is warned of, and drafts belong to their author alone', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-7', familyName: 'Again' });
  await refer(desks, { patient });
  const sign = await writeDraft(atAlder, { patient });
  expect((await atAlder.get(sign)).text).toContain('referred to this hospital already');
  const nurse = await alder.client('nurse');
  expect((await nurse.get(sign)).status).toBe(403);
  const discarded = await submitAt(atAlder, await atAlder.get(sign), sign.replace('/sign', '/discard'), {});
  expect(discarded.location).toBe(`/patients/${patient}`);
  expect((await atAlder.get(sign)).status).toBe(404);
});

test('a police case shows the mail to the police before the referral is signed, and what keeps it from being made keeps nobody from signing', async () => {
  const { alder, atAlder } = desks;
  const details = { familyName: 'Stabbed', givenNames: 'Sam', policeCase: true, policeCaseNumber: 'PC-2026-88' };
  const patient = await addPatient(alder, { csvId: 'A-88', ...details });
  const quiet = await addPatient(alder, { csvId: 'A-89', familyName: 'Quiet' });
  const sign = await writeDraft(atAlder, { patient });
  const mailPart = (html: string): string => textOf(part(html, 'id="police-mail-title"', '</section>'));
  expect(mailPart((await atAlder.get(sign)).text)).toContain('There is no police station in the list');

  const by = { id: 'tests', name: 'Ada Admin' };
  await alder.node.stations.add(by, {
    name: 'River',
    address: '7 Quay',
    telephone: '+1 555 0140',
    email: 'r@police.test',
  });
  expect(mailPart((await atAlder.get(sign)).text)).toContain('No call-back number is set');

  await alder.node.settings.change(by, { callBackNumber: '+1 555 0130' });
  const page = await atAlder.get(sign);
  const mail = mailPart(page.text);
  for (const text of ['To River', 'r@police.test', 'Case number: PC-2026-88', 'Please call: +1 555 0130'])
    expect(mail).toContain(text);
  expect(mail).not.toMatch(/Stabbed|Sam\b/i);
  expect((await submitAt(atAlder, page, sign, signedFields(page.text))).status).toBe(303);
  expect(await alder.node.alerts.ofPatient(patient, 1)).toEqual([]);

  const ticked = await atAlder.get(await writeDraft(atAlder, { patient: quiet, policeCase: true }));
  expect(mailPart(ticked.text)).toMatch(/Case number: [A-Z]+-\d{4}-0001/);
  const other = await addPatient(alder, { csvId: 'A-90', familyName: 'Quieter' });
  const unticked = await atAlder.get(await writeDraft(atAlder, { patient: other }));
  expect(unticked.text).not.toContain('police-mail');
});

test('the tracking page shows no delivery before a receipt, then the receipt, then who decided', async () => {
  const { alder, birch, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'A-8', familyName: 'Track' });
  const id = await refer(desks, { patient, policeCase: true });
  await eventually(async () => (await atAlder.get(`/sent/${id}`)).text.includes('signed receipt'));
  const page = await atAlder.get(`/sent/${id}`);
  expect(page.text).toContain('Receiver’s log entry');
  expect(page.text).toContain(`/alerts/new?patient=${patient}`);
  const receipt = /\/sent\/[0-9a-f-]+\/receipts\/[0-9a-f-]+/.exec(page.text)?.[0] ?? '';
  expect((await atAlder.get(receipt)).text).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  await birch.node.referrals.reject(id as never, { reason: 'No bed <script>', author: { id: 'x', name: 'Dr X' } });
  await eventually(async () => (await atAlder.get(`/sent/${id}/panel`)).text.includes('Declined'));
  const panel = await atAlder.get(`/sent/${id}/panel`);
  expect(panel.text).toContain('No bed &lt;script&gt;');
  expect(textOf(panel.text)).toContain('Dr X');
});
