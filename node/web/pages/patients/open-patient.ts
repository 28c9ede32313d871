import { isUuid } from '../../../../protocol/ids.ts';
import type { Instant } from '../../../../protocol/instant.ts';
import type { AccessAct } from '../../../accounts/access.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { Consultation, ConsultationId, PatientId, PatientRecord } from '../../../records/model.ts';
import type { Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';
import { restrictedPage, voidedPage } from './closed-record.tsx';

/** A record that this person may see; the journal already says that they did. */
export interface OpenedPatient {
  readonly record: PatientRecord;
  readonly isRestricted: boolean;
  readonly brokenUntil: Instant | undefined;
}

/**
 * Opens the record that the path names for one act, or answers why it stays closed. The access entry is durable before
 * `show` begins: no entry, no bytes (Node §2).
 */
export async function openPatient<Shown = Answer>(
  visit: Visit,
  desk: DeskServices,
  act: AccessAct,
  show: (opened: OpenedPatient) => Promise<Shown> | Shown,
): Promise<Shown | Answer> {
  const id = patientIdOf(visit);
  const record = await desk.patients.find(id);
  if (record === undefined) {
    if (await desk.patientActs.isVoided(id)) return voidedPage(visit, desk);
    throw noSuchPatient();
  }
  const subject = { kind: 'patient', id } as const;
  const looked = await desk.access.look(visit.user, subject, act);
  if (looked.state === 'restricted') return restrictedPage(visit, desk);
  const isRestricted = await desk.access.isRestricted(subject);
  return await show({ record, isRestricted, brokenUntil: looked.brokenUntil });
}

/**
 * Says in the journal that this person now changes the record, before it changes. A form that is refused is no change: it
 * would make whoever sent it somebody who has to do with the patient.
 */
export async function noteAct(visit: Visit, desk: DeskServices, id: PatientId, act: AccessAct): Promise<void> {
  await desk.access.note(visit.user, { kind: 'patient', id }, act);
}

export function patientIdOf(visit: Visit): PatientId {
  const id = visit.param('patient');
  if (!isUuid(id)) throw noSuchPatient();
  return id as PatientId;
}

/** The consultation that the path names; one of another patient is not found, because a path names both. */
export async function consultationOf(visit: Visit, desk: DeskServices, patient: PatientId): Promise<Consultation> {
  const id = visit.param('consultation');
  const found = isUuid(id) ? await desk.consultations.get(id as ConsultationId) : undefined;
  if (found?.patient === patient) return found;
  throw new OperationError(
    'not-found',
    'unknown-consultation',
    'This patient has no such consultation. Nothing was changed.',
  );
}

function noSuchPatient(): OperationError {
  return new OperationError('not-found', 'unknown-patient', 'There is no such patient here. Nothing was changed.');
}
