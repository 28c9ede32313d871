import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differencesOf, gradeWords } from '../../../../node/referrals/matching/differences.ts';
import type { PatientDetails } from '../../../../node/records/model.ts';
import { statement } from '../../../../node/store/statement.ts';
import { logQueries } from '../../../../node/exchange-log/queries.ts';
import { drBirk, drBuche, openTwoDesks, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const failures = desks.failures();
  await desks[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const selam: Partial<PatientDetails> = {
  familyName: 'Tesfayeqanary',
  givenNames: 'Selam',
  birthDate: '1979-03-14',
  nationalId: '12345678901',
  country: 'ET',
  sex: 'female',
};

async function leaves(): Promise<readonly string[]> {
  const rows = await desks.birch.node.store.read((reader) =>
    reader.all(logQueries.auditRecords, { from: 0, to: Number.MAX_SAFE_INTEGER, after: -1, limit: 1000 }),
  );
  return rows.filter((row) => row.type === 'local').map((row) => new TextDecoder().decode(row.record));
}

test('a certain candidate is proposed, and only a person links it', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const theirs = await addPatient(alder, selam);
  const ours = await addPatient(birch, { ...selam, csvId: 'B-1', mrn: 'other' });
  const id = await refer(theirs);
  const { matching } = birch.node.referralDesk;
  const compared = await matching.compare(id);
  expect(compared.candidates.map((one) => [one.patient.id, one.result.grade])).toEqual([[ours, 'certain']]);
  expect(compared.link).toBeUndefined();
  const before = (await leaves()).length;
  await matching.answer(id, { answer: 'same', patient: ours, why: 'Passport seen, Selam herself' }, drBirk);
  expect(await matching.linkedTo(ours)).toMatchObject([{ referral: id, by: 'Dr. Birk' }]);
  expect(await matching.linkOf(id)).toMatchObject({ patient: ours, why: 'Passport seen, Selam herself' });
  const told = (await leaves()).slice(before);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('"act":"match-same"');
  expect(told[0]).not.toMatch(/Selam|Passport|Tesfaye/i);
  await matching.unlink(id, drBuche);
  expect(await matching.linkOf(id)).toBeUndefined();
  expect((await matching.compare(id)).answers).toMatchObject([{ answer: 'same', undone: { by: 'Dr. Buche' } }]);
});

test('"another person" is remembered for the pair when that hospital refers the same person again', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const theirs = await addPatient(alder, { ...selam, familyName: 'Bekele', nationalId: '999' });
  const ours = await addPatient(birch, { ...selam, familyName: 'Bekele', nationalId: '998', csvId: 'B-2' });
  const first = await refer(theirs);
  const { matching } = birch.node.referralDesk;
  await matching.answer(first, { answer: 'other', patient: ours, why: 'Twin sister' }, drBirk);
  const second = await refer(theirs);
  const candidate = (await matching.compare(second)).candidates.find((one) => one.patient.id === ours);
  expect(candidate?.answered).toMatchObject({ answer: 'other', by: 'Dr. Birk', why: 'Twin sister' });
  expect(gradeWords(candidate?.result ?? { grade: 'certain', conflict: false, score: 0, reasons: [] })).toContain(
    'contradict',
  );
});

test('the received person becomes a new patient as easily, with the link', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const id = await refer(await addPatient(alder, { familyName: 'Newcomer', birthDate: '2001-01-02' }));
  const { matching } = birch.node.referralDesk;
  const patient = await matching.register(id, 'Never seen here', drBirk);
  const { details } = await birch.node.patients.get(patient);
  expect(details).toMatchObject({ familyName: 'Newcomer', csvId: expect.stringMatching(/^IN-BIRCH-/) as unknown });
  expect(details.mrn).toBeUndefined();
  expect((await matching.linkOf(id))?.patient).toBe(patient);
  await expect(matching.register(id, 'again', drBirk)).rejects.toMatchObject({ code: 'linked-already' });
  const another = await addPatient(birch);
  await expect(matching.answer(id, { answer: 'same', patient: another, why: 'no' }, drBirk)).rejects.toMatchObject({
    code: 'linked-already',
  });
});

test('an answer needs its reason, and nothing of it lies readable on the disk', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const id = await refer(await addPatient(alder));
  const { matching } = birch.node.referralDesk;
  await expect(matching.answer(id, { answer: 'not-sure', why: ' ' }, drBirk)).rejects.toMatchObject({
    code: 'why-missing',
  });
  await matching.answer(id, { answer: 'not-sure', why: 'canary-why-we-doubt' }, drBirk);
  for (const name of readdirSync(birch.dataDirectory).filter((one) => one.startsWith('node.db')))
    expect(readFileSync(join(birch.dataDirectory, name)).includes('canary-why-we-doubt')).toBe(false);
});

test('two records side by side say in words where they differ', () => {
  const base: PatientDetails = {
    csvId: 'x',
    allergies: [],
    conditions: [],
    medications: [],
    immunizations: [],
    familyHistory: [],
    procedures: [],
    policeCase: false,
  };
  const theirs = { ...base, familyName: 'Muller', city: 'Bern', phone: '1' };
  const ours = { ...base, familyName: 'Müller', city: 'Basel' };
  const result = {
    grade: 'possible',
    score: 8,
    conflict: false,
    reasons: [
      { field: 'family name', finding: 'agrees partly', weight: 2.7 },
      { field: 'city', finding: 'differs', weight: -0.3 },
    ],
  } as const;
  const found = differencesOf(theirs, ours, result).filter(({ finding }) => finding !== 'not told');
  expect(found.map(({ field, finding }) => `${field}: ${finding}`)).toEqual([
    'Family name: partly the same',
    'Telephone: only theirs',
    'City: different',
  ]);
});

test('what is proven of a referral is proven again on both sides, and a changed byte breaks exactly that', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const id = await refer(await addPatient(alder));
  const theirs = await birch.node.referralDesk.evidenceOfReceived(await birch.node.referrals.show(id));
  const [ours] = await alder.node.referralDesk.evidenceOfSent(await alder.node.referrals.show(id));
  expect(theirs).toMatchObject({ isWhole: true, broken: '', log: 'birch.example/log' });
  expect(ours).toMatchObject({
    isWhole: true,
    receivedX: theirs?.receivedX,
    index: theirs?.index,
    receipt: theirs?.receipt,
  });
  const manifest = statement<{ id: string }>()((db, values) =>
    db.selectFrom('inbox').select('manifest').where('referral', '=', values.id),
  );
  const change = statement<{ id: string; manifest: Uint8Array }>()((db, values) =>
    db.updateTable('inbox').set({ manifest: values.manifest }).where('referral', '=', values.id),
  );
  const held = await birch.node.store.read((reader) => reader.first(manifest, { id }));
  if (held === undefined) throw new Error('nothing was received');
  const spoiled = new TextDecoder().decode(held.manifest).replace('urgent', 'routin');
  await birch.node.store.write((writer) => writer.run(change, { id, manifest: new TextEncoder().encode(spoiled) }));
  expect(await birch.node.referralDesk.evidenceOfReceived(await birch.node.referrals.show(id))).toMatchObject({
    isWhole: false,
    broken: expect.stringContaining('manifest') as unknown,
  });
  await birch.node.store.write((writer) => writer.run(change, { id, manifest: held.manifest }));
  expect(await birch.node.referralDesk.evidenceOfReceived(await birch.node.referrals.show(id))).toMatchObject({
    isWhole: true,
  });
});

test('who opened a referral first stays, and a peer that answered is reachable now', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const id = await refer(await addPatient(alder));
  await birch.node.referralDesk.noteOpened(id, drBirk);
  await birch.node.referralDesk.noteOpened(id, drBuche);
  expect(await birch.node.referralDesk.openedBy(id)).toMatchObject({ by: 'Dr. Birk' });
  expect((await alder.node.referralDesk.peers()).map(({ name, reachable }) => [name, reachable])).toEqual([
    ['birch.example', 'now'],
  ]);
});
