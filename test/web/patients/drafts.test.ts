import { afterAll, beforeAll, expect, test } from 'vitest';
import { statement } from '../../../node/store/statement.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addPatient, plainPatient } from './sample-patient.ts';

let desks: TestDesks;
let birch: TestDesk;
let doctor: DeskClient;
beforeAll(async () => {
  desks = await openDesks({ names: ['birch'] });
  birch = desks.at('birch');
  doctor = await birch.client('doctor');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

/** A session ends twelve hours after it began, however much it is used. */
const tooLongMs = 13 * 3_600_000;
const endSessions = statement<{ at: number }>()((db, values) =>
  db.updateTable('account_session').set({ created_at: values.at }),
);

test('a session that ends in the middle of a form loses nothing of it', async () => {
  const nurse = await birch.client('nurse');
  const { text } = await nurse.open('/patients/new');
  const once = /name="once" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const store = birch.node.store;
  await store.write((w) => w.run(endSessions, { at: birch.node.clock.now() - tooLongMs }));
  const typed = { csv_id: 'S-1', family_name: 'Interrupted', allergies: 'Penicillin\nLatex', once };
  const ended = await nurse.post('/patients/new', typed);
  expect(ended.location).toMatch(/^\/sign-in\?/);
  expect((await birch.node.patients.search('interrupted', { limit: 1 })).records).toEqual([]);

  const { login, password } = birch.users.nurse;
  const signedIn = await nurse.submit(ended.location ?? '', '/sign-in', { login, password });
  const back = await nurse.open(signedIn.location ?? '');
  for (const part of ['What you had typed is here again', 'value="Interrupted"', 'Penicillin\nLatex'])
    expect(back.text).toContain(part);
  const place = signedIn.location ?? '';
  const { once: _, ...fields } = typed;
  expect((await nurse.submit(place, '/patients/new', fields)).status).toBe(303);
  doctor = await birch.client('doctor');
});

test('what was typed is kept as a draft, comes back when it is asked for, and goes when the form is saved', async () => {
  const typed = { family_name: 'Draftname', notes: 'half a sentence', csv_id: 'Q-1' };
  const saved = await doctor.post('/drafts', { ...typed, 'draft-page': '/patients/new' });
  expect(saved.status).toBe(200);
  const plain = await doctor.open('/patients/new');
  expect(plain.text).toContain('You have text here that was not saved');
  expect(plain.text).not.toContain('Draftname');
  const restored = await doctor.open('/patients/new?draft=1');
  expect(restored.text).toContain('value="Draftname"');
  expect(restored.text).toContain('half a sentence');
  expect((await doctor.submit('/patients/new?draft=1', '/patients/new', typed)).status).toBe(303);
  expect((await doctor.open('/patients/new?draft=1')).text).not.toContain('Draftname');
});

test('a draft of an edit is restored over the version that it was made from', async () => {
  const id = await addPatient(birch, { ...plainPatient('Q-2', 'Edited'), city: 'Old' });
  const edit = `/patients/${id}/edit`;
  const typed = { version: '1', csv_id: 'Q-2', family_name: 'Edited', city: 'Old', notes: 'mine' };
  await doctor.post('/drafts', { ...typed, 'draft-page': edit });
  const current = await birch.node.patients.get(id);
  await birch.node.patients.change(id, 1, { ...current.details, city: 'New' });
  const answer = await doctor.submit(`${edit}?draft=1`, edit, typed);
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('New');
  expect(answer.text).toContain('mine');
});
