import * as v from 'valibot';
import { OperationError } from '../platform/operation-error.ts';
import { detailsOf, isColumn, makeCells } from '../records/csv/columns.ts';
import { exportAll, exportOne } from '../records/csv/export.ts';
import { checkCells, hasError, remarkWords } from '../records/csv/row.ts';
import { RecordsError } from '../records/errors.ts';
import { pageSizeMax } from '../records/limits.ts';
import { attachmentId, consultationId, moment, text, texts } from './fields.ts';
import { download, plain, upload } from './operation.ts';
import { attachmentView, consultationView, getPatient, patientView } from './patient-views.ts';

const patient = text;
const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(pageSizeMax)), 50);
const cursor = v.strictObject({ at: v.number(), id: v.string() });
const columnName = v.pipe(v.string(), v.check(isColumn, 'expected the name of a CSV column'));

/** The patients of this hospital: what the command line and programs of the hospital do with them. */
export const patientOperations = {
  'patient.add': plain(v.strictObject({ details: v.record(columnName, v.string()) }), async (services, input) => {
    const cells = makeCells((column) => input.details[column] ?? '');
    const remarks = checkCells(cells, services.clock.now());
    if (hasError(remarks)) {
      const errors = remarks.filter((remark) => remark.severity === 'error').map(remarkWords);
      throw new RecordsError('invalid-details', `${errors.join('; ')}. Nothing was stored.`);
    }
    const added = await services.patients.add(detailsOf(cells));
    if (added.state === 'added') return { patient: patientView(added.record), remarks: remarks.map(remarkWords) };
    throw new OperationError(
      'conflict',
      'csv-id-taken',
      `A patient with this CSV id exists already (${added.patient}). Nothing was changed.`,
    );
  }),

  'patient.list': plain(v.strictObject({ limit, after: v.optional(cursor) }), async (services, { limit, after }) => {
    const page = { limit, ...(after === undefined ? {} : { older: after }) };
    const { records, next } = await services.patients.list('created', page);
    return { total: await services.patients.count(), patients: records.map(patientView), next: next ?? null };
  }),

  'patient.find': plain(v.strictObject({ query: text, limit }), async (services, { query, limit }) => {
    const { records, next } = await services.patients.search(query, { limit });
    return { patients: records.map(patientView), more: next !== undefined };
  }),

  'patient.show': plain(v.strictObject({ patient }), async (services, input) => {
    const record = await getPatient(services, input.patient);
    const consultations = await services.consultations.list(record.id);
    const attachments = await services.attachments.list(record.id);
    return {
      patient: patientView(record),
      consultations: consultations.map(consultationView),
      attachments: attachments.map(attachmentView),
    };
  }),

  'patient.consult': plain(
    v.strictObject({
      patient,
      at: v.optional(moment),
      class: v.optional(v.picklist(['AMB', 'EMER', 'IMP']), 'AMB'),
      reason: text,
      findings: v.optional(text),
      diagnoses: v.optional(texts, []),
      prescriptions: v.optional(texts, []),
      practitioner: text,
    }),
    async (services, input) => {
      const record = await getPatient(services, input.patient);
      const added = await services.consultations.add(record.id, {
        at: input.at ?? services.clock.now(),
        encounterClass: input.class,
        reason: input.reason,
        ...(input.findings === undefined ? {} : { findings: input.findings }),
        diagnoses: input.diagnoses,
        prescriptions: input.prescriptions,
        practitioner: input.practitioner,
      });
      return { consultation: consultationView(added) };
    },
  ),

  'patient.attach': upload(
    v.strictObject({ patient, title: text, contentType: text, consultation: v.optional(consultationId) }),
    async (services, { patient: named, ...given }, bytes) => {
      const { id } = await getPatient(services, named);
      const { title, contentType, consultation } = given;
      const link = consultation === undefined ? {} : { consultation };
      return {
        attachment: attachmentView(
          await services.attachments.add(id, { title, contentType, ...link, bytes, handedOver: true }),
        ),
      };
    },
  ),

  'patient.attachment': download(v.strictObject({ attachment: attachmentId }), (services, { attachment }) =>
    services.attachments.read(attachment),
  ),

  'patient.export': download(
    v.strictObject({ patient: v.optional(patient), form: v.picklist(['spreadsheet', 'interchange']) }),
    async (services, input) => {
      if (input.patient === undefined) return exportAll(services.patients, input.form);
      return exportOne(services.patients, (await getPatient(services, input.patient)).id, input.form);
    },
  ),
};
