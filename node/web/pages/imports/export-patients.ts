import { OperationError } from '../../../platform/operation-error.ts';
import { exportRecords } from '../../../records/csv/export.ts';
import type { PatientRecord } from '../../../records/model.ts';
import { download, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** All patients as CSV. Each has its entry in the journal before its row is sent; what is closed to the user is left out. */
export function exportPatients(visit: Visit, desk: DeskServices): Answer {
  const form = visit.param('form');
  if (form !== 'spreadsheet' && form !== 'interchange')
    throw new OperationError('not-found', 'unknown-form', 'There is no export of this form. Nothing was exported.');
  return download({
    name: `patients-${form}.csv`,
    type: 'text/csv; charset=utf-8',
    body: exportRecords(openRecords(visit, desk), form),
  });
}

/** Looks at once share a commit. */
const looksAtOnce = 50;

async function* openRecords(visit: Visit, desk: DeskServices): AsyncGenerator<PatientRecord> {
  let waiting: PatientRecord[] = [];
  for await (const record of desk.patients.all()) {
    waiting.push(record);
    if (waiting.length < looksAtOnce) continue;
    yield* await openOf(visit, desk, waiting);
    waiting = [];
  }
  yield* await openOf(visit, desk, waiting);
}

async function openOf(
  visit: Visit,
  desk: DeskServices,
  records: readonly PatientRecord[],
): Promise<readonly PatientRecord[]> {
  const looked = await Promise.all(
    records.map(({ id }) => desk.access.look(visit.user, { kind: 'patient', id }, 'export')),
  );
  return records.filter((_, i) => looked[i]?.state === 'open');
}
