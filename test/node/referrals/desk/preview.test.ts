import { afterAll, beforeAll, expect, test } from 'vitest';
import { addFile, drAdler, drBirk, openTwoDesks, pngBytes, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const failures = desks.failures();
  await desks[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

test('the preview is exactly what the receiver sees', async () => {
  const { alder, birch, two, addPatient, sending } = desks;
  const patient = await addPatient(alder, { policeCase: true, policeCaseNumber: 'P-77', nameNative: 'ሰላም' });
  const image = await addFile(alder, patient, 'Chest film', 'image/png', pngBytes);
  const wanted = sending(patient, { attachments: [image.id], note: 'Comes by ambulance' });
  const preview = await alder.node.referrals.preview(wanted);
  const { id } = await alder.node.referrals.send(wanted);
  await two.deliver();
  const there = await birch.node.referrals.show(id);
  expect(there.review).toEqual(preview.review);
  expect(preview.review.patient).toMatchObject({ nativeName: 'ሰላም', sex: expect.any(String) as unknown });
  expect(preview.review.patient.name).toMatch(/^CANARYDESK\d+, Synthia$/);
  expect(preview.review.alerts).toEqual([expect.stringContaining('P-77')]);
  expect(preview.review.summary.allergies.rows).toMatchObject([{ label: 'Penicillin' }]);
  expect(preview.review.attachments).toMatchObject([{ title: 'Chest film', size: pngBytes.length }]);
  expect(preview.totalBytes).toBe(preview.documentBytes + pngBytes.length);
  expect(preview.review.order).toMatchObject({ author: 'Dr. Adler', department: 'Cardiology', isBreakGlass: false });
});

test('a case ticked as one for the police carries its flag though the record has none', async () => {
  const { alder, addPatient, sending } = desks;
  const patient = await addPatient(alder);
  const { review } = await alder.node.referrals.preview(sending(patient, { policeCase: true }));
  expect(review.alerts).toHaveLength(1);
});

test('nothing is stored and no number is used up by looking', async () => {
  const { alder, addPatient, sending } = desks;
  const patient = await addPatient(alder);
  const [first, second] = [
    await alder.node.referrals.preview(sending(patient)),
    await alder.node.referrals.preview(sending(patient)),
  ];
  expect(second.review.order.number).toBe(first.review.order.number);
  const { number } = await alder.node.referrals.send(sending(patient));
  expect(number).toBe(first.review.order.number);
});

test('a cardiologist is missed an ECG until one is told or attached', async () => {
  const { alder, addPatient, sending } = desks;
  const patient = await addPatient(alder, { allergies: [] });
  const before = await alder.node.referrals.preview(sending(patient));
  expect(before.missing).toEqual(
    expect.arrayContaining([expect.stringContaining('ECG'), expect.stringContaining('Allergies')]),
  );
  const ecg = await addFile(alder, patient, 'ECG of today', 'application/pdf', new TextEncoder().encode('%PDF-1.7'));
  const after = await alder.node.referrals.preview(sending(patient, { attachments: [ecg.id] }));
  expect(after.missing).not.toContain(expect.stringContaining('ECG'));
  expect(after.missing.some((one) => one.includes('ECG'))).toBe(false);
});

test('an open referral of the same patient to the same hospital is named until it is decided', async () => {
  const { alder, birch, two, addPatient, sending, refer } = desks;
  const patient = await addPatient(alder);
  const id = await refer(patient);
  expect((await alder.node.referrals.preview(sending(patient))).open.map((one) => one.id)).toEqual([id]);
  await birch.node.referrals.reject(id, { reason: 'No bed', author: drBirk });
  await two.deliver();
  expect((await alder.node.referrals.preview(sending(patient))).open).toEqual([]);
});

test('a draft is saved in parts, sent once, and gives its referral again', async () => {
  const { alder, addPatient, sending } = desks;
  const patient = await addPatient(alder);
  const { drafts } = alder.node.referralDesk;
  const id = await drafts.begin(patient, drAdler);
  await Promise.all([
    drafts.save(id, drAdler, { to: 'birch.example', question: 'What is it?' }),
    drafts.save(id, drAdler, { consultations: [], priority: 'stat' }),
  ]);
  const held = await drafts.get(id, drAdler);
  expect(held.fields).toEqual({ to: 'birch.example', question: 'What is it?', consultations: [], priority: 'stat' });
  await expect(drafts.get(id, drBirk)).rejects.toMatchObject({ code: 'unknown-draft' });
  await expect(drafts.send(id, drAdler, held.version - 1, sending(patient))).rejects.toMatchObject({
    code: 'draft-changed',
  });
  const both = await Promise.all([
    drafts.send(id, drAdler, held.version, sending(patient)),
    drafts.send(id, drAdler, held.version, sending(patient)),
  ]);
  expect(new Set(both).size).toBe(1);
  expect(await drafts.send(id, drAdler, held.version, sending(patient))).toBe(both[0]);
  expect(await alder.node.referralDesk.sentOf(patient)).toHaveLength(1);
  await expect(drafts.save(id, drAdler, { question: 'x' })).rejects.toMatchObject({ code: 'draft-sent' });
  expect(await drafts.list(drAdler)).toEqual([]);
});
