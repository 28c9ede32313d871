import { afterAll, beforeAll, expect, test } from 'vitest';
import { hiddenFields } from '../../support/desk-client.ts';
import { openPopulatedDesks, type PopulatedDesks } from '../../support/populated-desks.ts';

let world: PopulatedDesks;
beforeAll(async () => {
  world = await openPopulatedDesks();
});
afterAll(async () => await world[Symbol.asyncDispose]());

test('a received police case offers to tell the police of the receiving hospital, and then says that they were', async () => {
  const { node } = world.at('birch');
  const by = { id: 'tests', name: 'Ada Admin' };
  await node.settings.change(by, { callBackNumber: '+1 555 0130' });
  const station = { name: 'River', address: '7 Quay', telephone: '+1 555 0140', email: 'river@police.test' };
  const saved = await node.stations.add(by, station);
  const id = saved.state === 'saved' ? saved.station.id : '';
  const doctor = await world.at('birch').client('doctor');
  const review = await doctor.open(`/received/${world.undecided}`);
  expect(review.text).toContain('Nobody here has told the police.');
  const path = `/alerts/new?referral=${world.undecided}`;
  expect(review.text).toContain(`href="${path}"`);
  const form = await doctor.open(path);
  expect(form.text).toContain('value="PC-2026-17"');
  expect(form.text).toContain('About <bdi>SHARMA, Asha</bdi>');
  const proposed = { station: id, caseNumber: 'PC-2026-17', reason: 'Assault' };
  expect((await doctor.submit(path, path, proposed)).text).toContain('Case number: PC-2026-17');
  const typed = { station: id, caseNumber: 'SHARMA 1', reason: 'Assault' };
  expect((await doctor.submit(path, path, typed)).text).toContain('holds a part of the record');
  const preview = await doctor.submit(path, path, { ...typed, caseNumber: 'BIR-2026-0001' });
  const send = `/alerts?referral=${world.undecided}`;
  expect((await doctor.post(send, hiddenFields(preview.text, send))).status).toBe(303);
  const after = await doctor.open(`/received/${world.undecided}`);
  expect(after.text).toContain('Case BIR-2026-0001, River');
  const nurse = await (await world.at('birch').client('nurse')).open(`/received/${world.undecided}`);
  expect(nurse.text).toContain('Case BIR-2026-0001, River');
  expect(nurse.text).not.toContain('Tell the police');
});

test('a chart says what the police were told, and is linked for who may follow it', async () => {
  const path = `/patients/${world.patient}`;
  const doctor = await (await world.at('alder').client('doctor')).open(path);
  const nurse = await (await world.at('alder').client('nurse')).open(path);
  expect(doctor.text).toContain(`href="/alerts/${world.alert}"`);
  expect(nurse.text).not.toContain('href="/alerts/');
});
