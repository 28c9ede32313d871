import type { ByteStream } from '../../platform/files.ts';
import type { PatientId, PatientRecord } from '../model.ts';
import type { Patients } from '../patients.ts';
import { cellsOf, columns } from './columns.ts';
import { writeCsv, type CsvDialect } from './write.ts';

/** Every patient as CSV, in constant memory, in order of entry (Records §1). */
export function exportAll(patients: Patients, dialect: CsvDialect): ByteStream {
  return writeCsv(columns, rowsOf(patients.all()), dialect);
}

/** These records as CSV, in their order: of those that somebody may see (Records §1). */
export function exportRecords(records: AsyncIterable<PatientRecord>, dialect: CsvDialect): ByteStream {
  return writeCsv(columns, rowsOf(records), dialect);
}

/** One patient as CSV. Fails with `unknown-patient` before the first byte. */
export function exportOne(patients: Patients, id: PatientId, dialect: CsvDialect): ByteStream {
  async function* only() {
    yield await patients.get(id);
  }
  return writeCsv(columns, rowsOf(only()), dialect);
}

async function* rowsOf(
  records: AsyncIterable<{ readonly details: Parameters<typeof cellsOf>[0] }>,
): AsyncGenerator<readonly string[]> {
  for await (const { details } of records) {
    const cells = cellsOf(details);
    yield columns.map((column) => cells[column]);
  }
}
