import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { composeReferral } from '../../../node/referrals/compose/referral.ts';
import { patientsOfCsv } from '../../support/patients.ts';
import { alder, birch, faultsOf, now, referralInput } from './compose-cases.ts';

test('every patient of a hospital that can be imported can be referred, without error', async () => {
  const patients = await patientsOfCsv(readFileSync(new URL('../../fixtures/fhir/patients.csv', import.meta.url)), now);
  expect(patients.length).toBeGreaterThan(190);
  for (const patient of patients) {
    const input = referralInput({ patient });
    const told = { from: alder, to: birch, kind: 'referral', attachments: input.attachments } as const;
    expect(faultsOf(composeReferral(input).bytes, told), patient.csvId).toEqual([]);
  }
});
