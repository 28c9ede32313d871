import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsultationId, PatientId } from '../../../node/records/model.ts';
import { instantOfMs } from '../../../protocol/instant.ts';
import { hiddenFields } from '../../support/desk-client.ts';
import { eventually } from '../../support/desk.ts';
import { openTwoDesks, signedFields, submitAt, textOf, writeDraft, type TwoDesks } from '../referrals/two-desks.ts';
import { addPatient, plainPatient } from './sample-patient.ts';

const operator = { id: 'operator', name: 'operator' };
const typed = { class: 'AMB', reason: 'Fever', findings: '', diagnoses: '', prescriptions: '', practitioner: 'Dr D' };
let desks: TwoDesks;
let patient: PatientId;

/** Alder lies in India; Birch, in the same process, has set nothing. */
beforeAll(async () => {
  desks = await openTwoDesks();
  patient = await addPatient(desks.alder, plainPatient('Z-1', 'Zone'));
  const admin = await desks.alder.client('administrator');
  const wrong = await admin.submit('/admin/settings', '/admin/settings', { timeZone: 'Asia/Mumbai' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('Time zone must be a name of the IANA list');
  expect(wrong.text).toContain('value="Asia/Mumbai"');
  expect(wrong.text).toContain('<option value="Asia/Kolkata">');
  const before = desks.alder.node.log.head().size;
  const saved = await admin.submitAndOpen('/admin/settings', '/admin/settings', { timeZone: 'Asia/Kolkata' });
  expect(textOf(saved.text)).toContain('nothing → Asia/Kolkata');
  expect(desks.alder.node.log.head().size).toBe(before + 1);
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

const add = () => `/patients/${patient}/consultations/new`;
const changeOf = (place: string) => `${place}/change`;
const fieldAt = (html: string): string => /name="at"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';

async function consultationAt(place: string) {
  return await desks.alder.node.consultations.get(place.split('/').at(-1) as ConsultationId);
}

async function write(at: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { location } = await desks.atAlder.submit(add(), add(), { ...typed, at, ...more });
  if (location === undefined) throw new Error('it was not saved');
  return location;
}

test('a consultation is typed and shown by the hospital’s clock, and kept as a moment', async () => {
  const form = await desks.atAlder.open(add());
  expect(textOf(form.text)).toContain('YYYY-MM-DD HH:MM, hospital time, UTC+05:30');
  const place = await write('2024-05-05 20:53');
  expect((await consultationAt(place)).at).toBe(Date.parse('2024-05-05T15:23:00Z'));
  const shown = await desks.atAlder.open(place);
  expect(shown.text).toContain('<time datetime="2024-05-05T15:23:00.000Z">');
  expect(textOf(shown.text)).toContain('Consultation of 05-May-2024 20:53 UTC+05:30');
});

test('what lies in the future by the hospital’s clock is refused in its words', async () => {
  const answer = await desks.atAlder.submit(add(), add(), { ...typed, at: '2199-01-01 10:00' });
  expect(answer.status).toBe(422);
  expect(answer.text).toMatch(/lie in the future: it is now \d\d-\w{3}-\d{4} \d\d:\d\d UTC\+05:30/);
});

test('opening and saving a consultation without a change moves its time by nothing', async () => {
  const at = instantOfMs(Date.parse('2024-05-05T15:23:07.250Z'));
  const given = {
    reason: 'Fever',
    diagnoses: [],
    prescriptions: [],
    practitioner: 'Dr D',
    encounterClass: 'AMB',
  } as const;
  const { id } = await desks.alder.node.consultations.add(patient, { ...given, at });
  const change = `/patients/${patient}/consultations/${id}/change`;
  const field = fieldAt((await desks.atAlder.open(change)).text);
  expect(field).toBe('2024-05-05 20:53:07.250');
  const why = { kind: 'addition', why: 'more' };
  const saved = await desks.atAlder.submit(change, change, { ...typed, ...why, at: field });
  expect(saved.status).toBe(303);
  const after = await desks.alder.node.consultations.get(id);
  expect(after.version).toBe(2);
  expect(after.at).toBe(at);
});

test('a form that was begun before the zone was set keeps its own clock, as a draft too', async () => {
  const place = await write('2024-05-05 20:53', { zone: 'UTC' });
  expect((await consultationAt(place)).at).toBe(Date.parse('2024-05-05T20:53:00Z'));
  await desks.atAlder.post('/drafts', { ...typed, at: '2024-05-06 08:00', 'draft-page': add() });
  const restored = await desks.atAlder.open(`${add()}?draft=1`);
  expect(fieldAt(restored.text)).toBe('2024-05-06 08:00');
  expect(textOf(restored.text)).toContain('by the clock of UTC, as when this was begun');
  expect(hiddenFields(restored.text, add())['zone']).toBe('UTC');
  const lost = await desks.atAlder.submit(add(), add(), { ...typed, at: '2024-05-06 08:00', zone: 'Nowhere/City' });
  expect(lost.status).toBe(422);
  expect(lost.text).toContain('open it again');
});

test('two hospitals of one process show one referral each by its own clock, and its times as they were written', async () => {
  const place = await write('2024-05-05 20:53');
  const sign = await writeDraft(desks.atAlder, { patient, consultations: [place.split('/').at(-1) ?? ''] });
  const page = await desks.atAlder.get(sign);
  const sent = await submitAt(desks.atAlder, page, sign, signedFields(page.text));
  const id = sent.location?.split('/').at(-1) ?? '';
  await eventually(async () => (await desks.atBirch.get(`/received/${id}`)).status === 200);
  const [here, there] = await Promise.all([desks.atAlder.get(`/sent/${id}`), desks.atBirch.get(`/received/${id}`)]);
  for (const { text } of [page, there]) expect(textOf(text)).toContain('05-May-2024 20:53 UTC+05:30');
  const consent = /\d\d-\w{3}-\d{4} (00:00|23:59) UTC\+05:30/g;
  expect(new Set([...textOf(there.text).matchAll(consent)].map(([, time]) => time))).toEqual(
    new Set(['00:00', '23:59']),
  );
  const ownTimes = (html: string): readonly string[] =>
    [...html.matchAll(/<time.*?<\/time>/gs)].flatMap(([time]) => /UTC.*/.exec(textOf(time))?.[0] ?? []);
  expect(new Set(ownTimes(here.text))).toEqual(new Set(['UTC+05:30']));
  expect(new Set(ownTimes(there.text))).toEqual(new Set(['UTC']));
  const panel = await desks.atAlder.get(`/sent/${id}/panel`);
  expect(new Set(ownTimes(panel.text))).toEqual(new Set(['UTC+05:30']));
  expect((await desks.atAlder.get('/outbox')).text).toContain('On its way, times in UTC+05:30');
  expect((await desks.atBirch.get('/')).text).toMatch(/As of \d\d:\d\d:\d\d UTC</);
});

test('auditors’ pages stay in UTC, and say so', async () => {
  const auditor = await desks.alder.client('auditor');
  for (const path of ['/log', '/log/entries/1', '/log/consistency']) {
    const { status, text } = await auditor.open(path);
    expect(status).toBe(200);
    expect(text).toContain('Times on this page are in UTC');
    const main = text.slice(text.indexOf('<main'));
    expect(main, path).not.toContain('UTC+05:30');
    if (path !== '/log/consistency') expect(textOf(main)).toMatch(/\d\d:\d\d:\d\d UTC /);
  }
});

describe('where clocks are set', () => {
  beforeAll(async () => {
    await desks.alder.node.settings.change(operator, { timeZone: 'America/New_York' });
  });

  test('a time that no clock showed is refused with the one to type', async () => {
    const answer = await desks.atAlder.submit(add(), add(), { ...typed, at: '2024-03-10 02:30' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('such as 2024-03-10 03:30');
  });

  test('of an hour that came twice the first is taken, the page says so, and the other can be written', async () => {
    const place = await write('2024-11-03 01:30');
    expect((await consultationAt(place)).at).toBe(Date.parse('2024-11-03T05:30:00Z'));
    const page = await desks.atAlder.open(place);
    expect(textOf(page.text)).toContain('This is the first; the other is 03-Nov-2024 01:30 UTC-05:00');
    expect(fieldAt((await desks.atAlder.open(changeOf(place))).text)).toBe('2024-11-03 01:30 UTC-04:00');
    const later = await write('2024-11-03 01:30 UTC-05:00');
    expect((await consultationAt(later)).at).toBe(Date.parse('2024-11-03T06:30:00Z'));
  });

  test('the hint tells the offset of now', async () => {
    expect(textOf((await desks.atAlder.open(add())).text)).toMatch(/hospital time, now UTC-0[45]:00/);
  });
});
