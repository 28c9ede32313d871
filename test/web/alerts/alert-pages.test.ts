import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Station } from '../../../node/alerts/stations/station.ts';
import { statement } from '../../../node/store/statement.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { openDesks, eventually, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { hiddenFields, unescape, type DeskClient } from '../../support/desk-client.ts';
import { openSmtpStation, type SmtpStation } from '../../support/smtp.ts';
import { patient } from '../../node/records/hospital.ts';

const twelveHoursMs = 12 * 3_600_000;
const aged = statement<{ at: number }>()((db, values) =>
  db.updateTable('account_session').set({ created_at: values.at }),
);
const operator = { id: 'operator', name: 'operator' };
let smtp: SmtpStation;
let desks: TestDesks;
let alder: TestDesk;
let doctor: DeskClient;
let near: Station;
let amina: PatientId;

async function open(mail = true): Promise<void> {
  smtp = await openSmtpStation();
  const server = { host: '127.0.0.1', port: smtp.port, tls: 'none', from: 'alerts@alder.example' } as const;
  desks = await openDesks({ change: (config) => (mail ? { ...config, mail: server } : config) });
  alder = desks.at('alder');
  await alder.node.settings.change(operator, { callBackNumber: '+1 555 0100', latitude: '47.5', longitude: '19' });
  const input = { address: '12 Elm Street', telephone: '+1 555 0110', email: 'desk@elm.station.test' };
  const saved = await alder.node.stations.add(operator, { ...input, name: 'Elm', latitude: '47.5', longitude: '19.1' });
  if (saved.state !== 'saved') throw new Error('no station');
  near = saved.station;
  await alder.node.stations.add(operator, { ...input, name: 'Harbour', latitude: '48', longitude: '20' });
  const details = patient({
    csvId: 'A-77',
    familyName: 'Okafor',
    givenNames: 'Amina',
    policeCase: true,
    policeCaseNumber: 'FIR 12/2026',
  });
  const added = await alder.node.patients.add({ ...details, conditions: ['Canary fever'] });
  if (added.state !== 'added') throw new Error('no patient');
  amina = added.record.id;
  doctor = await alder.client('doctor');
}

beforeEach(() => open());
afterEach(async () => {
  await desks[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});

const newAlert = () => `/alerts/new?patient=${amina}`;
const fields = () => ({ station: near.id, caseNumber: 'FIR 12/2026', reason: 'Canary reason: assault' });

/** Fills the form, and sends what the preview shows. */
async function sendOne(change: Readonly<Record<string, string>> = {}) {
  const preview = await doctor.submit(newAlert(), newAlert(), { ...fields(), ...change });
  return { preview, sent: await doctor.post(sendPath(), hiddenOf(preview.text)) };
}

const sendPath = () => `/alerts?patient=${amina}`;
const hiddenOf = (html: string) => hiddenFields(html, sendPath());

test('a doctor fills the form, sees the exact mail, confirms it, and the station has that mail', async () => {
  const form = await doctor.get(newAlert());
  expect(form.text).toContain('FIR 12/2026');
  expect(form.text.indexOf('Elm')).toBeLessThan(form.text.indexOf('Harbour'));
  const { preview, sent } = await sendOne();
  expect(preview.status).toBe(200);
  expect(sent.status).toBe(303);
  await eventually(() => smtp.taken.length === 1);
  const [mail] = smtp.taken;
  const shown = /<pre[^>]*aria-label="Text of the mail"[^>]*>([^]*?)<\/pre>/.exec(preview.text)?.[1] ?? '';
  expect(unescape(shown).trim()).toBe(mail?.text.trim());
  expect(unescape(preview.text)).toContain(mail?.subject);
  expect(preview.text).toContain('alerts@alder.example');
  expect(mail?.raw).not.toMatch(/okafor|amina|canary/i);
  await eventually(async () => (await doctor.open(sent.location ?? '')).text.includes('✓ done'));
});

test('the form is never sent to a case number that names somebody', async () => {
  const answer = await doctor.submit(newAlert(), newAlert(), { ...fields(), caseNumber: 'OKAFOR 1' });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('There is no preview yet');
  expect(answer.text).toContain('Canary reason: assault');
});

test('sent twice, by a double click or with the back button, it is one alert', async () => {
  const preview = await doctor.submit(newAlert(), newAlert(), fields());
  const shown = hiddenOf(preview.text);
  const [first, second] = [await doctor.post(sendPath(), shown), await doctor.post(sendPath(), shown)];
  expect(second.location).toBe(first.location);
  const again = await doctor.post(sendPath(), { ...shown, once: '11111111-1111-4111-8111-111111111111' });
  expect(again.location).toBe(first.location);
  expect(await alder.node.alerts.list({ limit: 9 })).toHaveLength(1);
});

test('a preview that an administrator has overtaken is shown anew, and nothing is sent', async () => {
  const preview = await doctor.submit(newAlert(), newAlert(), fields());
  await alder.node.settings.change(operator, { callBackNumber: '+1 555 0777' });
  const answer = await doctor.post(sendPath(), hiddenOf(preview.text));
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('Nothing was sent');
  expect(answer.text).toContain('+1 555 0777');
  expect((await doctor.post(sendPath(), hiddenOf(answer.text))).status).toBe(303);
});

test('from the preview one can go back and change something', async () => {
  const preview = await doctor.submit(newAlert(), newAlert(), fields());
  const answer = await doctor.post(newAlert(), { ...hiddenOf(preview.text), change: 'yes' });
  expect(answer.text).toContain('Canary reason: assault');
});

test.each([
  ['a token of nobody', { token: 'AAAA' }, 422],
  ['no token', { token: '' }, 422],
])('%s sends nothing', async (_, change, status) => {
  const preview = await doctor.submit(newAlert(), newAlert(), fields());
  const answer = await doctor.post(sendPath(), { ...hiddenOf(preview.text), ...change });
  expect(answer.status).toBe(status);
  expect(await alder.node.alerts.list({ limit: 9 })).toEqual([]);
});

test('a failure is loud on every page of doctors and coordinators, and on no other page', async () => {
  smtp.become('refuses the recipient');
  const { sent } = await sendOne();
  await eventually(async () => (await alder.node.alerts.loud()).length === 1);
  for (const role of ['doctor', 'coordinator'] as const) {
    const page = await (await alder.client(role)).open('/alerts');
    expect(page.text).toContain('Telephone Elm now: +1 555 0110');
    const banner = page.text.slice(page.text.indexOf('id="banners"'), page.text.indexOf('<main'));
    expect(banner).not.toMatch(/okafor|canary|FIR 12/i);
  }
  for (const role of ['nurse', 'administrator', 'auditor'] as const)
    expect((await (await alder.client(role)).open('/help')).text).not.toContain('An alert to the police needs you');
  const page = await doctor.open(sent.location ?? '');
  expect(page.text).toContain('Telephone the station now');
  expect(page.text).toContain('Alert a further station');
  const answered = await doctor.submitAndOpen(sent.location ?? '', `${sent.location}/acknowledge`, {});
  expect(answered.text).toContain('Answered');
  expect((await doctor.open('/alerts')).text).not.toContain('An alert to the police needs you');
});

test('the parts of pages that renew themselves come with the same rights', async () => {
  smtp.become('refuses the recipient');
  const { sent } = await sendOne();
  await eventually(async () => (await alder.node.alerts.loud()).length === 1);
  const banner = await doctor.get('/alerts/banner');
  expect(banner.text).toContain('Telephone Elm now');
  expect(banner.text).not.toContain('<main');
  expect((await doctor.get(`${sent.location}/state`)).text).toContain('Telephone the station now');
  const nurse = await alder.client('nurse');
  expect((await nurse.get('/alerts/banner')).status).toBe(403);
  expect((await nurse.get(`${sent.location}/state`)).status).toBe(403);
});

test('a failed alert is tried again by a person, or goes to the next station', async () => {
  smtp.become('refuses the recipient');
  const { sent } = await sendOne();
  await eventually(async () => (await alder.node.alerts.loud()).length === 1);
  const id = (sent.location ?? '').split('/').at(-1) ?? '';
  const further = await doctor.get(`/alerts/new?patient=${amina}&follows=${id}`);
  expect(further.text).toContain('Harbour');
  expect(further.text).not.toContain('value="' + near.id);
  expect(further.text).toContain('Canary reason: assault');
  smtp.become('takes');
  await doctor.submit(sent.location ?? '', `${sent.location}/again`, {});
  await eventually(() => smtp.taken.length === 1);
});

test('without a mail server the preview and the page say to telephone', async () => {
  await desks[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
  await open(false);
  const { preview, sent } = await sendOne();
  expect(preview.text).toContain('This hospital has no mail server');
  expect((await doctor.open(sent.location ?? '')).text).toContain('Telephone Elm now');
});

test('each look at the case is in the access journal before the page', async () => {
  await doctor.get(newAlert());
  const { sent } = await sendOne();
  await doctor.open(sent.location ?? '');
  const acts = (await alder.node.access.ofSubject({ kind: 'patient', id: amina }, 20)).map(({ act }) => act);
  expect(acts).toContain('view');
  expect(acts).toContain('alert');
});

test('a session that ends in the form loses nothing: it is filled again after signing in', async () => {
  await doctor.get(newAlert());
  await alder.node.store.write((writer) => writer.run(aged, { at: alder.node.clock.now() - twelveHoursMs }));
  const referer = new URL(newAlert(), alder.origin).href;
  const ended = await doctor.post(newAlert(), fields(), { headers: { referer } });
  expect(ended.status).toBe(303);
  const signedIn = await doctor.submit(ended.location ?? '', '/sign-in', alder.users.doctor);
  expect(signedIn.location).toContain('draft=1');
  const form = await doctor.open(signedIn.location ?? '');
  expect(form.text).toContain('Canary reason: assault');
  expect(form.text).toContain('What you had typed is here again');
  await sendOne();
  expect((await doctor.open(newAlert())).text).not.toContain('You have text here');
});

describe('who may', () => {
  test.each(['nurse', 'administrator', 'auditor'] as const)('a %s does not reach alerts', async (role) => {
    const client = await alder.client(role);
    for (const path of ['/alerts', newAlert()]) expect((await client.get(path)).status).toBe(403);
    expect((await client.post('/alerts', { token: 'x', once: 'y' })).status).toBe(403);
  });

  test('somebody without a part in a restricted record sees that there is an alert, and whom to call, but not the case', async () => {
    const { sent } = await sendOne();
    const user = { id: alder.users.doctor.id, login: '', name: '', roles: ['doctor'], department: '' } as never;
    await alder.node.access.restrict(user, { kind: 'patient', id: amina }, 'a known person');
    const page = await (await alder.client('coordinator')).open(sent.location ?? '');
    expect(page.text).toContain('Elm');
    expect(page.text).not.toMatch(/FIR 12|Canary/);
    expect((await (await alder.client('coordinator')).open('/alerts')).text).not.toContain('FIR 12');
  });
});

test.each(['not-an-id', "' OR 1=1 --", '../../etc'])('a link with the patient %j is not found', async (id) => {
  expect((await doctor.get(`/alerts/new?patient=${encodeURIComponent(id)}`)).status).toBe(404);
});

test('markup in names stays text', async () => {
  const name = '<img src=x onerror=alert(1)> Elm';
  await alder.node.stations.add(operator, { name, address: 'x', telephone: '+1 555 0110', email: 'a@b.test' });
  const page = await doctor.get('/alerts/new');
  expect(page.text).not.toContain('<img');
  expect(page.text).toContain('&lt;img');
});
