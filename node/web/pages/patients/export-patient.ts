import { exportOne } from '../../../records/csv/export.ts';
import { download, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';
import { openPatient } from './open-patient.ts';

/** One patient as CSV: for people unless the query asks for the lossless form (Records §1.7). Its name names nobody. */
export function exportPatient(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = visit.query.get('form') === 'interchange' ? 'interchange' : 'spreadsheet';
  return openPatient(visit, desk, 'export', ({ record }) =>
    download({
      name: `patient-${form}.csv`,
      type: 'text/csv; charset=utf-8',
      body: exportOne(desk.patients, record.id, form),
    }),
  );
}
