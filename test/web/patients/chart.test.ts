import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatientId } from '../../../node/records/model.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { textOf } from '../referrals/two-desks.ts';
import { addConsultations, addPatient, plainPatient, wholePatient } from './sample-patient.ts';

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;
let nurse: DeskClient;
let coordinator: DeskClient;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'] });
  desk = desks.at('alder');
  [doctor, nurse, coordinator] = await Promise.all([
    desk.client('doctor'),
    desk.client('nurse'),
    desk.client('coordinator'),
  ]);
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

const consultation = {
  at: '2026-01-02 10:30',
  class: 'AMB',
  reason: 'Cough for three weeks',
  findings: 'Crackles, right lung',
  diagnoses: 'Bronchitis\nAnaemia',
  prescriptions: 'Amoxicillin 500 mg, three times a day',
  practitioner: 'Dr Dora Doctor',
};

describe('a chart', () => {
  test('shows every section, and the journal says who looked before it did', async () => {
    const id = await addPatient(desk, { ...wholePatient, csvId: 'C-1' });
    const chart = await doctor.open(`/patients/${id}`);
    for (const section of ['key-facts', 'consultations', 'files', 'referrals', 'anamnesis', 'personal', 'bystander'])
      expect(chart.text).toContain(`id="${section}"`);
    for (const text of ['Omar Haddad', 'HM-88417', 'Jan-2025', '31-Dec-2027', 'Appendectomy 1998', 'MLC-A-2026-0031'])
      expect(chart.text).toContain(text);
    expect(chart.headers.get('cache-control')).toBe('no-store');
    const entries = await desk.node.access.ofSubject({ kind: 'patient', id }, 10);
    expect(entries).toMatchObject([{ act: 'view', user: desk.users.doctor.id }]);
  });

  test('with 1,000 consultations opens the newest and leads to each of the others once', async () => {
    const id = await addPatient(desk, { ...wholePatient, csvId: 'C-2' });
    await addConsultations(desk, id, 1000);
    const chart = await doctor.open(`/patients/${id}`);
    expect(chart.text).toContain('Consultations (1000)');
    expect(new Set(chart.text.match(/visit \d+</g)).size).toBe(14); // And the registration: 15 lines of the timeline.
    const seen: string[] = [];
    let next: string | undefined = `/patients/${id}/consultations`;
    for (let pages = 0; next !== undefined && pages < 60; pages += 1) {
      const { text } = await doctor.open(next);
      seen.push(...[...text.matchAll(/visit (\d+)</g)].map(([, visit = '']) => visit));
      next = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen.map(Number)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  test('goes as CSV in one click, under a name that names nobody', async () => {
    const id = await addPatient(desk, { ...wholePatient, csvId: 'C-3', notes: '=1+1' });
    const csv = await doctor.get(`/patients/${id}/csv`);
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="patient-spreadsheet\.csv"/);
    expect(csv.text).toContain(`"'=1+1"`);
    expect((await doctor.get(`/patients/${id}/csv?form=interchange`)).text).toContain('"=1+1"');
    expect(await desk.node.access.ofSubject({ kind: 'patient', id }, 1)).toMatchObject([{ act: 'export' }]);
  });

  test('on paper holds the whole record and who printed it', async () => {
    const id = await addPatient(desk, { ...wholePatient, csvId: 'C-4' });
    await addConsultations(desk, id, 12);
    const { text } = await doctor.open(`/patients/${id}/print`);
    for (const part of ['Printed by', 'Dr Dora Doctor', 'visit 12', 'Hypertension', 'Tetanus 2021'])
      expect(text).toContain(part);
    expect(await desk.node.access.ofSubject({ kind: 'patient', id }, 1)).toMatchObject([{ act: 'print' }]);
  });

  test.each(['not-a-uuid', '00000000-0000-4000-8000-000000000000', "'--"])('of nobody is not found: %s', async (id) => {
    const answer = await doctor.open(`/patients/${id}`);
    expect(answer.status).toBe(404);
  });
});

describe('a consultation', () => {
  test('is written, corrected with a reason, and keeps what it said', async () => {
    const id = await addPatient(desk, plainPatient('D-1', 'Cough'));
    const add = `/patients/${id}/consultations/new`;
    const added = await doctor.submit(add, add, consultation);
    expect(added.status).toBe(303);
    const place = added.location ?? '';
    const first = await doctor.open(place);
    for (const text of ['Crackles, right lung', 'Anaemia', 'Dr Dora Doctor', 'Doctor', '02-Jan-2026 10:30 UTC'])
      expect(textOf(first.text)).toContain(text);

    const change = `${place}/change`;
    const without = await nurse.submit(change, change, { ...consultation, findings: 'Crackles, left lung' });
    expect(without.status).toBe(422);
    expect(without.text).toContain('href="#f-why"');
    const corrected = await nurse.submitAndOpen(change, change, {
      ...consultation,
      findings: 'Crackles, left lung',
      kind: 'correction',
      why: 'the sides were exchanged',
    });
    expect(corrected.status).toBe(200);
    for (const text of ['left lung', 'right lung', 'the sides were exchanged', 'Nia Nurse'])
      expect(corrected.text).toContain(text);
  });

  test('that somebody else changed meanwhile shows both texts', async () => {
    const id = await addPatient(desk, plainPatient('D-2', 'Cough'));
    const add = `/patients/${id}/consultations/new`;
    const change = `${(await doctor.submit(add, add, consultation)).location ?? ''}/change`;
    const stale = (await doctor.open(change)).text;
    const version = /name="version" value="(\d+)"/.exec(stale)?.[1] ?? '';
    const once = /name="once" value="([^"]+)"/.exec(stale)?.[1] ?? '';
    const why = { kind: 'addition', why: 'more' };
    await nurse.submit(change, change, { ...consultation, ...why, findings: 'hers' });
    const answer = await doctor.post(change, { ...consultation, ...why, findings: 'mine', version, once });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('hers');
    expect(answer.text).toContain('mine');
    expect(answer.text).toContain('name="version" value="2"');
  });

  test.each([
    ['a day that does not exist', { at: '2026-02-30 10:00' }, 'at'],
    ['the future', { at: '2199-01-01 10:00' }, 'at'],
    ['no time', { at: '' }, 'at'],
    ['no reason', { reason: '  ' }, 'reason'],
    ['an unknown kind', { class: 'XXX' }, 'class'],
    ['a control character', { findings: 'bell \u0007' }, 'findings'],
  ])('with %s is refused at its field', async (_, fields, field) => {
    const id = await addPatient(desk, plainPatient(`D-${JSON.stringify(fields)}`, 'Cough'));
    const add = `/patients/${id}/consultations/new`;
    const answer = await doctor.submit(add, add, { ...consultation, ...fields });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(`href="#f-${field}"`);
    expect(await desk.node.consultations.count(id)).toBe(0);
  });

  test('of another patient is not found under this one', async () => {
    const [one, other] = [
      await addPatient(desk, plainPatient('D-8', 'One')),
      await addPatient(desk, plainPatient('D-9', 'Two')),
    ];
    const [theirs = ''] = await addConsultations(desk, other, 1);
    expect((await doctor.open(`/patients/${one}/consultations/${theirs}`)).status).toBe(404);
  });
});

describe('a restricted record', () => {
  async function restricted(csvId: string): Promise<PatientId> {
    const id = await addPatient(desk, plainPatient(csvId, 'Secretname'));
    const place = `/patients/${id}/restriction`;
    expect((await doctor.submit(place, place, { reason: 'works here' })).status).toBe(303);
    return id;
  }

  test('shows nothing of the patient until somebody says why, and the journal keeps it', async () => {
    const id = await restricted('E-1');
    for (const page of [
      '',
      '/edit',
      '/print',
      '/csv',
      '/timeline',
      '/versions',
      '/consultations',
      '/consultations/new',
    ]) {
      const answer = await nurse.open(`/patients/${id}${page}`);
      expect([page, answer.status]).toEqual([page, 403]);
      expect(answer.text).not.toMatch(/secretname/i);
    }
    const glass = `/patients/${id}/break-glass`;
    const silent = await nurse.submit(`/patients/${id}`, glass, { reason: ' ' });
    expect(silent.status).toBe(422);
    expect(silent.text).not.toMatch(/secretname/i);
    const opened = await nurse.submitAndOpen(`/patients/${id}`, glass, { reason: 'unconscious in the corridor' });
    expect(opened.status).toBe(200);
    expect(opened.text).toContain('SECRETNAME');
    expect(opened.text).toContain('Opened with a reason until');
    expect((await coordinator.open(`/patients/${id}`)).status).toBe(403);
    const journal = await doctor.open(`/patients/${id}/restriction`);
    expect(journal.text).toContain('unconscious in the corridor');
    expect(journal.text).toContain('Nia Nurse');
  });

  test('cannot be written to from outside either', async () => {
    const id = await restricted('E-2');
    const add = `/patients/${id}/consultations/new`;
    const once = desk.node.random.uuid();
    const answer = await nurse.post(add, { ...consultation, once });
    expect(answer.status).toBe(403);
    expect(await desk.node.consultations.count(id)).toBe(0);
    const edit = await nurse.post(`/patients/${id}/edit`, {
      once: desk.node.random.uuid(),
      version: '1',
      csv_id: 'E-2',
      family_name: 'X',
    });
    expect(edit.status).toBe(403);
    expect((await desk.node.patients.get(id)).version).toBe(1);
  });

  test('stays shut to somebody whose form about the patient was once refused', async () => {
    const id = await addPatient(desk, plainPatient('E-4', 'Secretname'));
    const add = `/patients/${id}/consultations/new`;
    expect((await nurse.submit(add, add, { ...consultation, reason: '' })).status).toBe(422);
    expect((await nurse.submit(`/patients/${id}/edit`, `/patients/${id}/edit`, { birth_date: 'never' })).status).toBe(
      422,
    );
    const place = `/patients/${id}/restriction`;
    await doctor.submit(place, place, { reason: 'works here' });
    expect((await nurse.open(`/patients/${id}`)).status).toBe(403);
  });

  test('stays open to somebody who wrote into it before', async () => {
    const id = await addPatient(desk, plainPatient('E-5', 'Known'));
    const add = `/patients/${id}/consultations/new`;
    expect((await nurse.submit(add, add, consultation)).status).toBe(303);
    const place = `/patients/${id}/restriction`;
    await doctor.submit(place, place, { reason: 'works here' });
    expect((await nurse.open(`/patients/${id}`)).status).toBe(200);
  });

  test('is opened to all again by a doctor, with a reason', async () => {
    const id = await restricted('E-3');
    const place = `/patients/${id}/restriction`;
    expect((await doctor.submit(place, place, { reason: 'left the hospital' })).status).toBe(303);
    expect((await nurse.open(`/patients/${id}`)).status).toBe(200);
  });
});

describe('a record registered by mistake', () => {
  test('is voided and taken back, each with a reason', async () => {
    const id = await addPatient(desk, plainPatient('F-1', 'Mistaken'));
    const place = `/patients/${id}/void`;
    expect((await nurse.submit(place, place, { reason: '' })).status).toBe(422);
    const voided = await nurse.submitAndOpen(place, place, { reason: 'typed twice' });
    expect(voided.text).toContain('This record was voided');
    expect(voided.text).not.toMatch(/mistaken/i);
    expect((await nurse.open('/patients?q=mistaken')).text).toContain('Nobody was found');
    const back = await nurse.submitAndOpen(`/patients/${id}`, `/patients/${id}/take-back`, {
      reason: 'right after all',
    });
    expect(back.text).toContain('MISTAKEN');
  });

  test('that is in use stays', async () => {
    const id = await addPatient(desk, plainPatient('F-2', 'Inuse'));
    await addConsultations(desk, id, 1);
    const place = `/patients/${id}/void`;
    const answer = await nurse.submit(place, place, { reason: 'typed twice' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('This record is in use');
  });
});

test('coordinators read charts and write nothing; administrators and auditors see no patient', async () => {
  const id = await addPatient(desk, plainPatient('G-1', 'Rolesample'));
  expect((await coordinator.open(`/patients/${id}`)).status).toBe(200);
  for (const page of ['/edit', '/csv', '/consultations/new', '/restriction', '/void'])
    expect([page, (await coordinator.open(`/patients/${id}${page}`)).status]).toEqual([page, 403]);
  for (const role of ['administrator', 'auditor'] as const) {
    const client = await desk.client(role);
    for (const page of ['/patients', '/patients?q=rolesample', `/patients/${id}`, `/patients/${id}/print`]) {
      const answer = await client.open(page);
      expect([page, answer.status]).toEqual([page, 403]);
      expect(answer.text).not.toMatch(/rolesample/i);
    }
  }
});
