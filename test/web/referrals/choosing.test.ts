import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import type { ConsultationId, PatientId } from '../../../node/records/model.ts';
import { addFile, addPatient, openTwoDesks, submitAt, textOf, writeDraft, type TwoDesks } from './two-desks.ts';

const count = 130;

let desks: TwoDesks;
let patient: PatientId;
let consultations: readonly ConsultationId[];
let what: string;

beforeAll(async () => {
  desks = await openTwoDesks();
  patient = await addPatient(desks.alder, { csvId: 'A-1', familyName: 'Long' });
  consultations = await consult(patient, count);
  what = (await writeDraft(desks.atAlder, { patient })).replace('/sign', '/what');
}, 60_000);
afterAll(async () => await desks[Symbol.asyncDispose]());

/** An hour apart, the newest first. */
async function consult(of: PatientId, many: number): Promise<readonly ConsultationId[]> {
  const made: ConsultationId[] = [];
  for (let n = 0; n < many; n += 1) {
    const added = await desks.alder.node.consultations.add(of, {
      at: instantOfMs(Date.parse('2026-01-02T00:00:00Z') - n * 3_600_000),
      encounterClass: 'AMB',
      reason: `visit ${n}`,
      diagnoses: [],
      prescriptions: [],
      practitioner: 'Dr Dora Doctor',
    });
    made.push(added.id);
  }
  return made;
}

const offered = (html: string): readonly string[] =>
  [...html.matchAll(/name="consultations"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="consultations"/g)].map(
    ([, one, other]) => one ?? other ?? '',
  );
const ticked = (html: string): readonly string[] =>
  offered(html).filter((id) => new RegExp(`<input[^>]*value="${id}"[^>]* checked`).test(html));

test('a page offers the newest hundred, and what is ticked on it stays while older ones are chosen', async () => {
  const { atAlder } = desks;
  const first = await atAlder.get(what);
  expect(offered(first.text)).toEqual(consultations.slice(0, 100));
  const [early, late] = [consultations[3] ?? '', consultations[120] ?? ''];
  const older = await submitAt(atAlder, first, what, { preset: 'older', consultations: [early] });
  const second = await atAlder.get(older.location ?? '');
  expect(offered(second.text)).toEqual(consultations.slice(100));
  expect(textOf(second.text)).not.toContain('show older ones');
  const on = await submitAt(atAlder, second, what, { consultations: [late] });
  expect(on.location).toBe(what.replace('/what', '/sign'));
  expect(ticked((await atAlder.get(what)).text)).toEqual([early]);
  expect(ticked((await atAlder.get(older.location ?? '')).text)).toEqual([late]);
  const preview = await atAlder.get(on.location ?? '');
  for (const visit of ['visit 3', 'visit 120']) expect(preview.text).toContain(visit);
  expect(preview.text).not.toContain('visit 4<');
});

test('a tick that is taken away goes, and those of other pages stay', async () => {
  const { atAlder } = desks;
  const page = await atAlder.get(what);
  await submitAt(atAlder, page, what, {});
  expect(ticked((await atAlder.get(what)).text)).toEqual([]);
  expect((await atAlder.get(what.replace('/what', '/sign'))).text).toContain('visit 120');
});

test('the button for everything takes the newest hundred of a long record, and says so', async () => {
  const { atAlder } = desks;
  const page = await atAlder.get(what);
  expect(page.text).toContain('The newest 100 of each');
  await submitAt(atAlder, page, what, { preset: 'all' });
  expect(ticked((await atAlder.get(what)).text)).toHaveLength(100);
});

test('what is of another patient, or of none, is left out', async () => {
  const { alder, atAlder } = desks;
  const other = await addPatient(alder, { csvId: 'A-2', familyName: 'Other' });
  const [foreign = ''] = await consult(other, 1);
  const file = await addFile(alder, other, { title: 'x', contentType: 'text/plain', bytes: new Uint8Array(3) });
  const mine = consultations[7] ?? '';
  const page = await atAlder.get(what);
  const none = '00000000-0000-4000-8000-000000000000';
  await submitAt(atAlder, page, what, { consultations: [foreign, mine, none, 'x'], attachments: [file, none] });
  const text = (await atAlder.get(what)).text;
  expect(ticked(text)).toEqual([mine]);
  expect(text).toContain('data-elsewhere="0"');
  expect((await atAlder.get(what.replace('/what', '/sign'))).status).toBe(200);
});
