import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PatientId } from '../../../node/records/model.ts';
import { hiddenFields, unescape, type DeskClient } from '../../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { openSmtpStation, type SmtpMood, type SmtpStation } from '../../support/smtp.ts';
import { addPatient, textOf } from '../referrals/two-desks.ts';

const administrator = { id: 'tests', name: 'Ada Admin' };
const telephone = '+1 555 0110';
let smtp: SmtpStation;
let desks: TestDesks;
let alder: TestDesk;
let doctor: DeskClient;
let patient: PatientId;
let station: string;

beforeEach(async () => {
  smtp = await openSmtpStation();
  const mail = { host: '127.0.0.1', port: smtp.port, tls: 'none', from: 'alerts@alder.example' } as const;
  desks = await openDesks({ change: (config) => ({ ...config, mail }) });
  alder = desks.at('alder');
  await alder.node.settings.change(administrator, { callBackNumber: '+1 555 0100' });
  const input = { name: 'Elm', address: '1 Elm', telephone, email: 'desk@elm.station.test', active: 'yes' };
  const saved = await alder.node.stations.add(administrator, { ...input, latitude: '', longitude: '' });
  if (saved.state !== 'saved') throw new Error('no station');
  station = saved.station.id;
  patient = await addPatient(alder, { csvId: 'M-1', familyName: 'Canaryname', policeCase: true });
  doctor = await alder.client('doctor');
});
afterEach(async () => {
  await desks[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});

const form = () => `/alerts/new?patient=${patient}`;
const to = () => `/alerts?patient=${patient}`;
const asked = () => ({ station, caseNumber: 'FIR 12/2026', reason: 'assault' });

async function sendOne(): Promise<{ readonly path: string; readonly shown: string }> {
  const preview = await doctor.submit(form(), form(), asked());
  const sent = await doctor.post(to(), hiddenFields(preview.text, to()));
  expect(sent.status, textOf(sent.text)).toBe(303);
  return { path: sent.location ?? '', shown: unescape(/<pre[^>]*>([^]*?)<\/pre>/.exec(preview.text)?.[1] ?? '') };
}

const page = async (path: string): Promise<string> => textOf((await doctor.get(path)).text);

test.each<SmtpMood>(['refuses the recipient', 'refuses after DATA'])(
  'a mail server that %s: failed at once, and every page says to telephone',
  async (mood) => {
    smtp.become(mood);
    const { path } = await sendOne();
    await eventually(async () => /Telephone Elm now: \+1 555 0110/.test(await page('/patients')));
    const told = await page(path);
    expect(told).toContain(telephone);
    expect(told).toMatch(/Not sent Telephone the station now/);
    expect(told).toContain('Try the mail again now');
    expect(smtp.taken).toEqual([]);
  },
);

test.each<SmtpMood>(['says later', 'never answers'])(
  'a mail server that %s: the page says that it waits and whom to call, and never that it was sent',
  async (mood) => {
    smtp.become(mood);
    const { path } = await sendOne();
    await eventually(() => smtp.connections() > 0);
    const told = await page(path);
    expect(told).toContain(telephone);
    expect(told).toMatch(/Not sent yet|waits|Waiting|being sent|on its way/i);
    expect(told).not.toMatch(/✓ Sent/);
    expect(alder.told.filter((line) => /Canaryname|FIR 12|assault/.test(line))).toEqual([]);
  },
);

test('a mail server that is down: nothing is lost, and a person may try again from the page', async () => {
  const { port } = smtp;
  await smtp[Symbol.asyncDispose]();
  const { path, shown } = await sendOne();
  await eventually(() => alder.told.some((line) => /alert|mail/.test(line) && !line.startsWith('info')));
  expect(await page(path)).toContain(telephone);
  smtp = await openSmtpStation({ port });
  const again = await doctor.submit(path, `${path}/again`, {});
  if (again.status !== 303) expect(textOf(again.text)).toBe('');
  await eventually(() => smtp.taken.length === 1, 70_000);
  expect(smtp.taken[0]?.text.trim()).toBe(shown.trim());
  expect(smtp.taken[0]?.raw).not.toContain('Canaryname');
}, 90_000);

test('a mail server that drops after DATA: the page never says sent, and the next try has the same Message-ID', async () => {
  smtp.become('drops after DATA');
  const { path } = await sendOne();
  await eventually(() => smtp.taken.length === 1);
  expect(await page(path)).toContain(telephone);
  smtp.become('takes');
  await doctor.submit(path, `${path}/again`, {});
  await eventually(() => smtp.taken.length === 2, 70_000);
  expect(new Set(smtp.taken.map(({ messageId }) => messageId)).size).toBe(1);
}, 90_000);
