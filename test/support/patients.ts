import { detailsOf, makeCells, type Cells } from '../../node/records/csv/columns.ts';
import { readCsv } from '../../node/records/csv/read.ts';
import { checkCells, hasError } from '../../node/records/csv/row.ts';
import type { PatientDetails, PatientId } from '../../node/records/model.ts';
import type { Patients } from '../../node/records/patients.ts';
import type { Instant } from '../../protocol/instant.ts';

/** A patient of whom nothing is told but a number. */
export const untoldPatient: PatientDetails = {
  csvId: 'A-000001',
  allergies: [],
  conditions: [],
  medications: [],
  immunizations: [],
  familyHistory: [],
  procedures: [],
  policeCase: false,
};

/** Adds that patient with what is told of them. */
export async function addPatientTo(
  { patients }: { readonly patients: Pick<Patients, 'add'> },
  details: Partial<PatientDetails>,
): Promise<PatientId> {
  const added = await patients.add({ ...untoldPatient, ...details });
  if (added.state !== 'added') throw new TypeError('expected an added patient');
  return added.record.id;
}

/** The rows of a CSV file of patients as its reader gives them, without the header. */
export async function cellsOfCsv(bytes: Uint8Array): Promise<Cells[]> {
  const rows: Cells[] = [];
  let header: readonly string[] = [];
  for await (const record of readCsv(onePiece(bytes), async () => undefined)) {
    if (record.number === 0) header = record.fields;
    else rows.push(makeCells((column) => record.fields[header.indexOf(column)] ?? ''));
  }
  return rows;
}

/** The patients of a CSV file that an import would take. */
export async function patientsOfCsv(bytes: Uint8Array, now: Instant): Promise<PatientDetails[]> {
  const rows = await cellsOfCsv(bytes);
  return rows.filter((cells) => !hasError(checkCells(cells, now))).map((cells) => detailsOf(cells));
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
