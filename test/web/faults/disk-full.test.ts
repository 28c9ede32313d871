import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PatientId } from '../../../node/records/model.ts';
import type { Role } from '../../../node/accounts/roles.ts';
import { hiddenFields, type DeskClient } from '../../support/desk-client.ts';
import { addPatient, openTwoDesks, refer, submitAt, textOf, type TwoDesks } from '../referrals/two-desks.ts';
import { append, begin, begun, offset, sample } from '../uploads/upload-support.ts';

let desks: TwoDesks;
let patient: PatientId;
let doctor: DeskClient;

beforeEach(async () => {
  desks = await openTwoDesks();
  doctor = desks.atAlder;
  patient = await addPatient(desks.alder, { csvId: 'F-1', familyName: 'Roomless', birthDate: '1979-03-14' });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await desks[Symbol.asyncDispose]();
});

/** The disk has no room until the returned function is called: ordinary changes are refused, as the store does it. */
function fill(node = desks.alder.node): () => void {
  const full = vi.spyOn(node.store, 'isFull').mockReturnValue(true);
  return () => full.mockRestore();
}

const told = 'The disk of the node is full';

test('every role is told on every page, reads on, and can sign in and out', async () => {
  const pages: readonly (readonly [Role, string])[] = [
    ['doctor', '/patients'],
    ['doctor', `/patients/${patient}`],
    ['nurse', '/'],
    ['coordinator', '/outbox'],
    ['auditor', '/log'],
    ['administrator', '/admin'],
  ];
  fill();
  for (const [role, path] of pages) {
    const client = await desks.alder.client(role);
    const { status, text } = await client.get(path);
    expect([path, status, text.includes(told)]).toEqual([path, 200, true]);
    expect(text).not.toContain('may be unreadable');
    expect((await client.post('/sign-out', {})).location).toBe('/sign-in?out=1');
  }
  expect((await doctor.get(`/patients/${patient}`)).text).toContain('14-Mar-1979');
});

test('a form that cannot be saved keeps what was typed on the page, and goes through once there is room', async () => {
  const shown = await doctor.get('/patients/new');
  const free = fill();
  const typed = {
    csv_id: 'F-2',
    family_name: 'O’Neill & <b>',
    notes: 'line 1\nline 2',
    allergies: 'Latex\nPenicillin',
  };
  const refused = await submitAt(doctor, shown, '/patients/new', typed);
  expect(refused.status).toBe(503);
  expect(textOf(refused.text)).toContain('Not possible right now');
  expect(textOf(refused.text)).toContain('Send it again');
  expect(refused.text).toContain(told);
  const kept = hiddenFields(refused.text, '/patients/new');
  expect(kept).toMatchObject(typed);
  expect((await doctor.post('/patients/new', kept)).status).toBe(503);
  free();
  const saved = await doctor.post('/patients/new', kept);
  expect(saved.status).toBe(303);
  expect((await doctor.post('/patients/new', kept)).location).toBe(saved.location);
  const record = await desks.alder.node.patients.findByCsvId('F-2');
  expect(record?.details).toMatchObject({ familyName: 'O’Neill & <b>', notes: 'line 1\nline 2' });
});

test('a session that ends while the disk is full leads to the sign-in, and back to what was typed', async () => {
  const shown = await doctor.get('/patients/new');
  fill();
  const later = desks.alder.node.clock.now() + 13 * 3_600_000;
  vi.spyOn(desks.alder.node.clock, 'now').mockReturnValue(later as never);
  const answer = await submitAt(doctor, shown, '/patients/new', { csv_id: 'F-3', family_name: 'Late' });
  expect([answer.status, answer.location?.startsWith('/sign-in')], textOf(answer.text)).toEqual([303, true]);
  const back = await doctor.submit(answer.location ?? '', '/sign-in', desks.alder.users.doctor);
  expect((await doctor.open(back.location ?? '')).text).toContain('value="Late"');
});

test('an upload waits where it is, with words, and goes on once there is room', async () => {
  const bytes = sample(300_000);
  const place = await begun(doctor, bytes.length, { patient });
  const free = fill();
  expect((await begin(doctor, 10, { patient, filename: 'other' })).status).toBe(503);
  const refused = await append(doctor, place, 0, bytes);
  expect(refused.status).toBeGreaterThanOrEqual(500);
  expect(await refused.text()).toMatch(/full/);
  expect((await offset(doctor, place)).headers.get('upload-offset')).toBe('0');
  free();
  const stored = await append(doctor, place, 0, bytes);
  expect([stored.status, stored.headers.get('upload-offset')]).toEqual([204, String(bytes.length)]);
});

test('of files sent in one form each is answered for: nothing is half stored, and sent again it is there once', async () => {
  const page = `/patients/${patient}/uploads/new`;
  const shown = await doctor.get(page);
  const action = /<form[^>]*action="([^"]*uploads\/new[^"]*)"/.exec(shown.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const form = new FormData();
  form.set('guard', '1979');
  form.append('file', new Blob(['one']), 'one.txt');
  form.append('file', new Blob(['two']), 'two.txt');
  const headers = { origin: doctor.origin, 'sec-fetch-site': 'same-origin', referer: `${doctor.origin}${page}` };
  const send = () => doctor.fetch(action, { method: 'POST', body: form, headers });
  const free = fill();
  const refused = await send();
  const text = textOf(await refused.text());
  expect([refused.status, text.match(/\w+\.txt: the disk is full/g)]).toEqual([
    422,
    expect.arrayContaining(['one.txt: the disk is full', 'two.txt: the disk is full']),
  ]);
  free();
  expect((await send()).status).toBe(303);
  const titles = (await desks.alder.node.attachments.list(patient)).map(({ title }) => title);
  expect(titles.toSorted()).toEqual(['one.txt', 'two.txt']);
});

test('a referral is refused at the full hospital with words, and arrives by itself once there is room', async () => {
  const free = fill(desks.birch.node);
  const sent = refer(desks, { patient });
  await vi.waitFor(
    async () => {
      const text = textOf((await doctor.get('/outbox')).text);
      expect(text).toMatch(/full|no room|cannot store/i);
    },
    { timeout: 10_000 },
  );
  free();
  await sent;
});
