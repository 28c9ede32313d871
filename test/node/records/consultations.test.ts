import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import type { ConsultationId, PatientId } from '../../../node/records/model.ts';
import { openHospital, patient, testNow, type Hospital } from './hospital.ts';

let hospital: Hospital;
let id: PatientId;
beforeEach(async () => {
  hospital = await openHospital();
  const added = await hospital.patients.add(patient({ csvId: '1' }));
  if (added.state !== 'added') throw new TypeError('expected an added patient');
  id = added.record.id;
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

const author = { user: 'u-1', name: 'Dr Noor Haddad', role: 'doctor' };
const said = {
  encounterClass: 'AMB' as const,
  reason: 'cough',
  diagnoses: [],
  prescriptions: [],
  practitioner: 'Dr Noor Haddad',
  author,
  at: testNow,
};

describe('a consultation', () => {
  test('tells who wrote it and as what', async () => {
    const added = await hospital.consultations.add(id, said);
    expect(added).toMatchObject({ version: 1, writtenAt: testNow, author });
    expect(await hospital.consultations.get(added.id)).toEqual(added);
  });

  test('is corrected with a reason, and what it said before stays with its author', async () => {
    const first = await hospital.consultations.add(id, said);
    hospital.clock.moveTo(instantOfMs(testNow + 60_000));
    const by = { user: 'u-2', name: 'Dr Ilan Weiss', role: 'doctor' };
    const next = { ...said, findings: 'crackles left', author: by };
    const changed = await hospital.consultations.change(first.id, 1, next, {
      kind: 'correction',
      reason: 'the right side was written',
    });
    expect(changed).toMatchObject({ state: 'changed', consultation: { version: 2, findings: 'crackles left' } });
    const now = await hospital.consultations.get(first.id);
    expect(now).toMatchObject({ id: first.id, author: by, writtenAt: testNow + 60_000 });
    expect(now.change).toEqual({ kind: 'correction', reason: 'the right side was written' });
    expect(await hospital.consultations.versions(first.id)).toEqual([first]);
    expect(await hospital.consultations.list(id)).toEqual([now]);
    hospital = await hospital.reopen();
    expect(await hospital.consultations.get(first.id)).toEqual(now);
  });

  test('that two people correct at once keeps both: the second is told what the first wrote', async () => {
    const { id: one } = await hospital.consultations.add(id, said);
    const [a, b] = await Promise.all(
      ['a', 'b'].map((findings) =>
        hospital.consultations.change(one, 1, { ...said, findings }, { kind: 'addition', reason: 'more' }),
      ),
    );
    expect(a).toMatchObject({ state: 'changed' });
    expect(b).toMatchObject({ state: 'conflict', current: { version: 2, findings: 'a' } });
    expect(await hospital.consultations.versions(one)).toHaveLength(1);
  });

  test('is not changed without a reason, nor when there is none', async () => {
    const { id: one } = await hospital.consultations.add(id, said);
    const change = { kind: 'correction' as const, reason: '  ' };
    await expect(hospital.consultations.change(one, 1, said, change)).rejects.toMatchObject({
      code: 'invalid-details',
    });
    await expect(
      hospital.consultations.change('x' as ConsultationId, 1, said, { ...change, reason: 'y' }),
    ).rejects.toMatchObject({ code: 'unknown-consultation' });
  });
});

describe('the consultations of a patient', () => {
  test('are read page by page, both ways, each once, also those of one moment', async () => {
    const all: string[] = [];
    for (let i = 0; i < 25; i += 1) {
      const at = instantOfMs(testNow - Math.floor(i / 3) * 1000);
      all.push((await hospital.consultations.add(id, { ...said, at })).id);
    }
    const ordered = (await hospital.consultations.list(id)).map((one) => one.id);
    expect(new Set(ordered)).toEqual(new Set(all));
    expect(await hospital.consultations.count(id)).toBe(25);

    const first = await hospital.consultations.page(id, { limit: 10 });
    expect(first.later).toBeUndefined();
    const second = await hospital.consultations.page(id, { limit: 10, ...before(first.earlier) });
    const third = await hospital.consultations.page(id, { limit: 10, ...before(second.earlier) });
    expect(third.earlier).toBeUndefined();
    const pages = [first, second, third].map((page) => page.consultations.map((one) => one.id));
    expect(pages.flat()).toEqual(ordered);

    const back = await hospital.consultations.page(id, { limit: 10, ...after(third.later) });
    expect(back.consultations.map((one) => one.id)).toEqual(pages[1]);
    const start = await hospital.consultations.page(id, { limit: 10, ...after(back.later) });
    expect(start.consultations.map((one) => one.id)).toEqual(pages[0]);
    expect(start.later).toBeUndefined();
  });

  test('have an end: an empty page leads nowhere', async () => {
    expect(await hospital.consultations.page(id, { limit: 10 })).toEqual({ consultations: [] });
    await expect(hospital.consultations.page(id, { limit: 101 })).rejects.toMatchObject({ code: 'invalid-details' });
  });
});

function before(cursor: { readonly at: number; readonly id: string } | undefined) {
  if (cursor === undefined) throw new TypeError('expected a page of earlier ones');
  return { before: cursor };
}

function after(cursor: { readonly at: number; readonly id: string } | undefined) {
  if (cursor === undefined) throw new TypeError('expected a page of later ones');
  return { after: cursor };
}
