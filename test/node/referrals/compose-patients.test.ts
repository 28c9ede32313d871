import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isColumn, detailsOf, makeCells } from '../../../node/records/csv/columns.ts';
import { readCsv } from '../../../node/records/csv/read.ts';
import { checkCells, hasError } from '../../../node/records/csv/row.ts';
import type { PatientDetails } from '../../../node/records/model.ts';
import { composeReferral } from '../../../node/referrals/compose/referral.ts';
import { alder, birch, faultsOf, now, referralInput } from './compose-cases.ts';

/** Every row of a CSV file that an import would take, as a patient. */
async function patientsOf(bytes: Uint8Array): Promise<PatientDetails[]> {
  const patients: PatientDetails[] = [];
  let header: readonly string[] = [];
  for await (const record of readCsv(pieces(bytes), async () => undefined)) {
    if (record.number === 0) header = record.fields;
    else {
      const cells = makeCells((column) => record.fields[header.indexOf(column)] ?? '');
      if (!hasError(checkCells(cells, now))) patients.push(detailsOf(cells));
    }
  }
  expect(header.every((name) => isColumn(name))).toBe(true);
  return patients;
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('every patient of a hospital that can be imported can be referred, without error', async () => {
  const patients = await patientsOf(readFileSync(new URL('../../fixtures/fhir/patients.csv', import.meta.url)));
  expect(patients.length).toBeGreaterThan(190);
  for (const patient of patients) {
    const input = referralInput({ patient });
    const told = { from: alder, to: birch, kind: 'referral', attachments: input.attachments } as const;
    expect(faultsOf(composeReferral(input).bytes, told), patient.csvId).toEqual([]);
  }
});
