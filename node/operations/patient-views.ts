import { OperationError } from '../platform/operation-error.ts';
import { isUuid } from '../../protocol/ids.ts';
import { toHex } from '../../protocol/bytes.ts';
import { cellsOf, columns, type Column } from '../records/csv/columns.ts';
import type { Attachment, Consultation, PatientId, PatientRecord } from '../records/model.ts';
import { timeText } from './fields.ts';
import type { NodeServices } from './node-services.ts';

/** A patient as JSON, in the columns of a CSV file; a column that says nothing is absent. */
export interface PatientView {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly details: Readonly<Partial<Record<Column, string>>>;
}

export interface ConsultationView {
  readonly id: string;
  readonly at: string;
  readonly class: Consultation['encounterClass'];
  readonly reason: string;
  readonly findings: string;
  readonly diagnoses: readonly string[];
  readonly prescriptions: readonly string[];
  readonly practitioner: string;
}

export interface AttachmentView {
  readonly id: string;
  readonly title: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: string;
  readonly consultation: string | null;
}

export function patientView(record: PatientRecord): PatientView {
  const cells = cellsOf(record.details);
  return {
    id: record.id,
    version: record.version,
    createdAt: timeText(record.createdAt),
    changedAt: timeText(record.changedAt),
    details: Object.fromEntries(columns.flatMap((column) => (cells[column] === '' ? [] : [[column, cells[column]]]))),
  };
}

export function consultationView(consultation: Consultation): ConsultationView {
  const { id, at, encounterClass, reason, findings = '', diagnoses, prescriptions, practitioner } = consultation;
  return { id, at: timeText(at), class: encounterClass, reason, findings, diagnoses, prescriptions, practitioner };
}

export function attachmentView(attachment: Attachment): AttachmentView {
  const { id, title, contentType, size, sha256, createdAt, consultation = null } = attachment;
  return { id, title, contentType, size, sha256: toHex(sha256), createdAt: timeText(createdAt), consultation };
}

/** The patient that a person names by our id or by CSV id. The message does not repeat it: it may be of a person. */
export async function getPatient(services: NodeServices, named: string): Promise<PatientRecord> {
  const byId = isUuid(named) ? await services.patients.find(named as PatientId) : undefined;
  const found = byId ?? (await services.patients.findByCsvId(named));
  if (found !== undefined) return found;
  throw new OperationError('not-found', 'unknown-patient', 'No patient has this id or CSV id. Nothing was changed.');
}
