import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeskClient } from '../../support/desk-client.ts';
import { openPopulatedDesks, sharma, type PopulatedDesks } from '../../support/populated-desks.ts';
import { addPatient } from './sample-patient.ts';

let desks: PopulatedDesks;
let doctor: DeskClient;
beforeAll(async () => {
  desks = await openPopulatedDesks();
  doctor = await desks.at('birch').client('doctor');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

test('the chart shows what another hospital told of a linked patient, each fact with its source', async () => {
  const birch = desks.at('birch');
  const id = await addPatient(birch, { ...sharma, csvId: 'B-1', allergies: [], conditions: [], medications: [] });
  const before = await doctor.open(`/patients/${id}`);
  expect(before.text).not.toContain('From <bdi>');
  expect(before.text).toContain('No allergies told');
  const link = { answer: 'same', patient: id, why: 'same birth date and telephone' } as const;
  await birch.node.referralDesk.matching.answer(desks.accepted, link, { id: 'tests', name: 'Dr Bela Birch' });

  const chart = await doctor.open(`/patients/${id}`);
  for (const fact of ['Penicillin', 'Hypertension', 'Metformin 500 mg'])
    expect(chart.text).toMatch(new RegExp(`<bdi>${fact}[^]{0,80}From <bdi>Alder Hospital</bdi>`));
  expect(chart.text).toContain('Referrals (1)');
  expect(chart.text).toContain('Accepted');
  for (const path of ['', '/edit', '/consultations/new', '/print', '/uploads/new', '/timeline']) {
    const { text } = await doctor.open(`/patients/${id}${path}`);
    expect(text, path).toMatch(/Allergies, told by <bdi>Alder Hospital<\/bdi>: <bdi>Penicillin; Latex<\/bdi>/);
    expect(text, path).not.toContain('No allergies told');
    expect(text, path).not.toContain('Not all linked referrals');
  }
  const journal = await birch.node.access.ofSubject({ kind: 'referral', id: desks.accepted }, 10);
  expect(journal).toMatchObject([{ act: 'view', user: birch.users.doctor.id }]);

  await birch.node.referralDesk.matching.unlink(desks.accepted, { id: 'tests', name: 'Dr Bela Birch' });
  expect((await doctor.open(`/patients/${id}`)).text).not.toContain('From <bdi>');
});

test('an allergy that both hospitals know stands once, and a referral that is closed to the reader is said to be left out', async () => {
  const birch = desks.at('birch');
  const id = await addPatient(birch, { ...sharma, csvId: 'B-2', allergies: ['Penicillin'] });
  const link = { answer: 'same', patient: id, why: 'same birth date and telephone' } as const;
  await birch.node.referralDesk.matching.answer(desks.rejected, link, { id: 'tests', name: 'Dr Bela Birch' });
  const { text } = await doctor.open(`/patients/${id}`);
  expect(text).toContain('Allergies: <bdi>Penicillin</bdi>');
  expect(text).toContain('told by <bdi>Alder Hospital</bdi>: <bdi>Latex</bdi>');

  const { id: coordinator, login } = birch.users.coordinator;
  const somebody = { id: coordinator, login, name: 'Clara', roles: ['coordinator'], department: '' } as const;
  await birch.node.access.restrict(somebody, { kind: 'referral', id: desks.rejected }, 'a colleague');
  const closed = await doctor.open(`/patients/${id}/edit`);
  expect(closed.text).not.toContain('Latex</bdi>');
  expect(closed.text).toContain('Not all linked referrals are read here');
  expect((await doctor.open(`/patients/${id}`)).text).toContain('Other hospitals may have told more');
});

test('the chart of a referred patient lists what was sent, and its images', async () => {
  const client = await desks.at('alder').client('doctor');
  const chart = await client.open(`/patients/${desks.patient}`);
  expect(chart.text).toContain('Referrals (5)');
  expect(chart.text).toContain('To <bdi>Birch Hospital</bdi>');
  expect(chart.text).toContain('alt="Image: Photo of the wrist"');
  expect(chart.text).toContain(`href="/alerts/new?patient=${desks.patient}"`);
  expect(chart.text).toContain(`href="/alerts/${desks.alert}"`);
  const timeline = await client.open(`/patients/${desks.patient}/timeline`);
  for (const text of ['Declined', 'Accepted', 'Photo of the wrist', 'Emergency consultation'])
    expect(timeline.text).toContain(text);
});
