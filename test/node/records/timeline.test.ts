import { afterEach, beforeEach, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { openTimeline, type TimelineCursor, type TimelineEntry } from '../../../node/records/timeline.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { openHospital, patient, stream, testNow, type Hospital } from './hospital.ts';

let hospital: Hospital;
let id: PatientId;
beforeEach(async () => {
  hospital = await openHospital();
  const added = await hospital.patients.add(patient({ csvId: '1' }), by);
  if (added.state !== 'added') throw new TypeError('expected an added patient');
  id = added.record.id;
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

const by = { user: 'u-1', name: 'Noor Haddad' };

async function consult(at: number): Promise<void> {
  await hospital.consultations.add(id, {
    at: instantOfMs(at),
    encounterClass: 'AMB',
    reason: `seen at ${at}`,
    diagnoses: [],
    prescriptions: [],
    practitioner: 'Dr X',
  });
}

async function everything(limit: number): Promise<TimelineEntry[]> {
  const timeline = openTimeline(hospital);
  const all: TimelineEntry[] = [];
  for (let before: TimelineCursor | undefined; ;) {
    const page = await timeline.page(id, { limit, ...(before === undefined ? {} : { before }) });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    all.push(...page.entries);
    before = page.earlier;
    if (before === undefined) return all;
  }
}

test('the timeline tells what happened, newest first, and who wrote', async () => {
  await consult(testNow - 5000);
  hospital.clock.moveTo(instantOfMs(testNow + 1000));
  await hospital.attachments.add(id, { title: 'scan', contentType: 'text/plain', bytes: stream('x') });
  hospital.clock.moveTo(instantOfMs(testNow + 2000));
  await hospital.patients.change(id, 1, patient({ csvId: '1', city: 'Tyre' }), by);
  expect(await everything(100)).toMatchObject([
    { kind: 'changed', version: 2, by },
    { kind: 'attachment', attachment: { title: 'scan' } },
    { kind: 'registered', by, imported: false },
    { kind: 'consultation', consultation: { reason: `seen at ${testNow - 5000}` } },
  ]);
});

test('pages of every size give each entry once, in one order, also where much happened in one moment', async () => {
  for (let i = 0; i < 7; i += 1) await consult(testNow);
  for (let i = 0; i < 5; i += 1)
    await hospital.attachments.add(id, { title: `f${i}`, contentType: 'text/plain', bytes: stream(`${i}`) });
  await consult(testNow + 1);
  const whole = await everything(100);
  expect(whole).toHaveLength(14);
  for (const limit of [1, 2, 3, 5, 13, 14]) expect(await everything(limit)).toEqual(whole);
});

test('a patient that nobody knows has no timeline', async () => {
  const page = openTimeline(hospital).page('x' as PatientId, { limit: 5 });
  await expect(page).rejects.toMatchObject({ code: 'unknown-patient' });
});
