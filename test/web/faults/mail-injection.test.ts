import { afterAll, beforeAll, expect, test } from 'vitest';
import { stationColumns, type StationColumn } from '../../../node/alerts/stations/station.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { hiddenFields, type DeskClient } from '../../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { openSmtpStation, type SmtpStation } from '../../support/smtp.ts';
import { addPatient } from '../referrals/two-desks.ts';

const administrator = { id: 'tests', name: 'Ada Admin' };
let smtp: SmtpStation;
let desks: TestDesks;
let alder: TestDesk;
let admin: DeskClient;
let doctor: DeskClient;
let patient: PatientId;
let station: string;

beforeAll(async () => {
  smtp = await openSmtpStation();
  const mail = { host: '127.0.0.1', port: smtp.port, tls: 'none', from: 'alerts@alder.example' } as const;
  desks = await openDesks({ change: (config) => ({ ...config, mail }) });
  alder = desks.at('alder');
  await alder.node.settings.change(administrator, { callBackNumber: '+1 555 0100' });
  const saved = await alder.node.stations.add(administrator, good);
  if (saved.state !== 'saved') throw new Error('no station');
  station = saved.station.id;
  patient = await addPatient(alder, { csvId: 'I-1', familyName: 'Injected', policeCase: true });
  admin = await alder.client('administrator');
  doctor = await alder.client('doctor');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});

const good: Readonly<Record<StationColumn, string>> = {
  name: 'Elm',
  address: '1 Elm',
  telephone: '+1 555 0110',
  email: 'desk@elm.station.test',
  latitude: '',
  longitude: '',
  active: 'yes',
};

/** Texts that make another mail of a mail where they are believed (Node §1, F8; RFC 5321 §4.1.1). */
const injections = [
  'x\r\nBcc: evil@example.org',
  'x\nevil@example.org',
  'x\rRCPT TO:<evil@example.org>',
  'x\r\n.\r\nMAIL FROM:<evil@example.org>',
  'desk@elm.station.test, evil@example.org',
  'desk@elm.station.test;evil@example.org',
  '"Elm" <evil@example.org>\u0000',
  'x\u0085y',
  'x\u2028y',
  'x\u202Egnp',
  'x\u200By',
];

test.each(stationColumns)('the station form takes no injection in its field %s', async (field) => {
  const before = await alder.node.stations.list();
  for (const text of injections.filter((each) => !isOnlyText(field, each))) {
    const answer = await admin.submit('/admin/stations/new', '/admin/stations/new', {
      ...good,
      name: 'Other',
      [field]: text,
    });
    expect([answer.status, text]).toEqual([422, text]);
    expect(answer.headers.get('bcc')).toBeNull();
  }
  expect(await alder.node.stations.list()).toEqual(before);
});

/** A separator of addresses is one in an address alone: in a name or a street it is a letter. */
function isOnlyText(field: StationColumn, text: string): boolean {
  return (field === 'name' || field === 'address') && /^desk@[^\r\n]*;/.test(text);
}

test.each(stationColumns)(
  'a CSV file of stations takes no injection in its column %s, and nothing of the file',
  async (field) => {
    const before = await alder.node.stations.list();
    for (const text of injections.filter((each) => !isOnlyText(field, each))) {
      const cell = (value: string): string => `"${value.replaceAll('"', '""')}"`;
      const line = stationColumns.map((column) => cell(column === field ? text : { ...good, name: 'Other' }[column]));
      const whole = stationColumns.map((column) => cell({ ...good, name: 'Sound' }[column]));
      const body = new FormData();
      body.set(
        'file',
        new File([`${stationColumns.join(',')}\r\n${whole.join(',')}\r\n${line.join(',')}\r\n`], 'a.csv'),
      );
      const headers = { origin: admin.origin, 'sec-fetch-site': 'same-origin' };
      const answer = await admin.fetch('/admin/stations/import', { method: 'POST', body, headers });
      expect([answer.status, text]).toEqual([422, text]);
    }
    expect(await alder.node.stations.list()).toEqual(before);
  },
);

test.each(['callBackNumber', 'mailFrom', 'hospitalName', 'caseNumberPrefix'])(
  'the setting %s takes no injection from its form',
  async (name) => {
    const before = await alder.node.settings.values();
    for (const text of injections.filter((each) => name !== 'hospitalName' || /[\p{C}\p{Zl}]/u.test(each)))
      expect([(await admin.submit('/admin/settings', '/admin/settings', { [name]: text })).status, text]).toEqual([
        422,
        text,
      ]);
    expect(await alder.node.settings.values()).toEqual(before);
  },
);

test('the alert form takes no injection in the case number or the station, and its reason reaches no mail', async () => {
  const form = `/alerts/new?patient=${patient}`;
  const to = `/alerts?patient=${patient}`;
  const asked = { station, caseNumber: 'FIR 12/2026', reason: 'r' };
  for (const text of injections)
    for (const field of ['caseNumber', 'station'])
      expect((await doctor.submit(form, form, { ...asked, [field]: text })).status).toBe(422);
  const reason = 'x\r\n.\r\nMAIL FROM:<evil@example.org>\r\nBcc: evil@example.org';
  const preview = await doctor.submit(form, form, { ...asked, reason });
  expect(preview.status).toBe(200);
  const hidden = hiddenFields(preview.text, to);
  const sent = await doctor.post(to, {
    ...hidden,
    to: 'evil@example.org',
    email: 'evil@example.org',
    subject: 'x\r\nBcc: e@e.e',
  });
  expect(sent.status).toBe(303);
  await eventually(() => smtp.taken.length > 0);
  expect(smtp.taken.map((mail) => mail.to)).toEqual([[good.email]]);
  expect(smtp.taken[0]?.raw).not.toMatch(/evil|^bcc:|^cc:/im);
});
