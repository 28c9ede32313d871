import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { openPatientActs, type PatientActs } from '../../../node/records/patient-acts.ts';
import { openRegistration, type Registration } from '../../../node/records/registration.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { systemRandom } from '../../../node/platform/random.ts';
import { openHospital, patient, stream, testNow, type Hospital } from './hospital.ts';

let hospital: Hospital;
let registration: Registration;
let acts: PatientActs;
beforeEach(async () => {
  hospital = await openHospital();
  const { store, keyring, clock, patients } = hospital;
  registration = openRegistration({ store, keyring, patients });
  acts = openPatientActs({ store, keyring, clock, random: systemRandom });
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

const by = { user: 'u-1', name: 'Noor Haddad' };

async function added(members: Parameters<typeof patient>[0]): Promise<PatientId> {
  const result = await hospital.patients.add(patient(members), by);
  if (result.state !== 'added') throw new TypeError('expected an added patient');
  return result.record.id;
}

describe('the proposed CSV id', () => {
  test.each([
    ['an empty node', [], '000001'],
    ['one number', ['A-000041'], 'A-000042'],
    ['the width of the number', ['P9'], 'P10'],
    ['an id without a number', ['smith'], 'smith-1'],
    ['a number behind others', ['7', '8', '9', '6'], '10'],
  ])('is free and goes on from %s', async (_, ids, proposed) => {
    for (const [i, csvId] of ids.entries()) {
      hospital.clock.moveTo(instantOfMs(testNow + i));
      await added({ csvId });
    }
    expect(await registration.proposeCsvId()).toBe(proposed);
  });
});

describe('look-alikes', () => {
  const rahma = { familyName: 'Haddad', givenNames: 'Rahma', birthDate: '1979-03-14', phone: '+961 3 555 123' };

  test('are shown before the same name and birth date is registered again', async () => {
    const id = await added({ csvId: '1', ...rahma });
    await added({ csvId: '2', familyName: 'Haddad', givenNames: 'Omar', birthDate: '2001-01-01' });
    const found = await registration.lookAlikes(patient({ csvId: '3', ...rahma }));
    expect(found).toMatchObject([{ record: { id }, result: { grade: 'probable' } }]);
    expect(await registration.lookAlikes(patient({ csvId: '1', ...rahma }), id)).toEqual([]);
  });

  test('are nobody for another person of the same family name', async () => {
    await added({ csvId: '1', ...rahma });
    const other = patient({ csvId: '2', familyName: 'Haddad', givenNames: 'Samir', birthDate: '1950-11-30' });
    expect(await registration.lookAlikes(other)).toEqual([]);
  });
});

describe('who wrote a record', () => {
  test('is kept with each version', async () => {
    const id = await added({ csvId: '1', city: 'Tyre' });
    const second = { user: 'u-2', name: 'Ilan Weiss' };
    await hospital.patients.change(id, 1, patient({ csvId: '1', city: 'Sidon' }), second);
    await hospital.patients.change(id, 2, patient({ csvId: '1', city: 'Beirut' }));
    const now = await hospital.patients.get(id);
    expect(now.by).toBeUndefined();
    expect(await hospital.patients.versions(id)).toMatchObject([
      { version: 2, by: second, details: { city: 'Sidon' } },
      { version: 1, by, details: { city: 'Tyre' } },
    ]);
  });
});

describe('a record registered by mistake', () => {
  test('is voided with a reason: nobody finds it, its id is free, and it can be taken back', async () => {
    const id = await added({ csvId: '1', familyName: 'Mistake' });
    expect(await acts.void(id, 'typed twice', by)).toEqual({ state: 'voided' });
    expect(await hospital.patients.find(id)).toBeUndefined();
    expect((await hospital.patients.search('mistake', { limit: 10 })).records).toEqual([]);
    expect(await hospital.patients.count()).toBe(0);
    expect(await acts.isVoided(id)).toBe(true);

    hospital.clock.moveTo(instantOfMs(hospital.clock.now() + 1000));
    expect(await acts.takeBack(id, 'was right after all', by)).toEqual({ state: 'taken-back' });
    expect((await hospital.patients.search('mistake', { limit: 10 })).records).toMatchObject([{ id }]);
    expect(await acts.list(id)).toMatchObject([
      { kind: 'taken-back', by, reason: 'was right after all' },
      { kind: 'voided', by, reason: 'typed twice' },
    ]);
  });

  test('is not taken back over another that has its CSV id now', async () => {
    const id = await added({ csvId: '1' });
    await acts.void(id, 'typed twice', by);
    const other = await added({ csvId: '1' });
    expect(await acts.takeBack(id, 'back', by)).toEqual({ state: 'csv-id-taken', patient: other });
  });

  test.each(['consultation', 'file'])('stays when a %s belongs to it', async (what) => {
    const id = await added({ csvId: '1' });
    if (what === 'file')
      await hospital.attachments.add(id, { title: 'x', contentType: 'text/plain', bytes: stream('x') });
    else
      await hospital.consultations.add(id, {
        at: testNow,
        encounterClass: 'AMB',
        reason: 'cough',
        diagnoses: [],
        prescriptions: [],
        practitioner: 'Dr X',
      });
    expect(await acts.void(id, 'typed twice', by)).toEqual({ state: 'in-use' });
    expect(await hospital.patients.find(id)).toBeDefined();
  });

  test('is not voided without a reason, nor twice', async () => {
    const id = await added({ csvId: '1' });
    await expect(acts.void(id, ' ', by)).rejects.toMatchObject({ code: 'invalid-details' });
    await acts.void(id, 'x', by);
    await expect(acts.void(id, 'x', by)).rejects.toMatchObject({ code: 'unknown-patient' });
  });
});
