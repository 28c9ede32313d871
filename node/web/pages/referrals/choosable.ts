import { isUuid, type AttachmentId } from '../../../../protocol/ids.ts';
import type { AttachmentPage } from '../../../records/attachments.ts';
import type { ConsultationPage } from '../../../records/consultations.ts';
import { RecordsError } from '../../../records/errors.ts';
import type { Attachment, Consultation, ConsultationId, PatientId } from '../../../records/model.ts';
import type { ListCursor } from '../../../records/paging.ts';
import type { DeskServices } from '../../desk-services.ts';

/** So many consultations and files stand on one page to be chosen from. */
export const choicesMax = 100;

/** What can go along with a referral, beside the patient's record itself: a page of each, newest first. */
export interface Choosable {
  readonly consultations: ConsultationPage;
  readonly attachments: AttachmentPage;
}

/** Ids, as a draft holds them. */
export interface Chosen {
  readonly consultations: readonly string[];
  readonly attachments: readonly string[];
}

/** Behind which of each a page begins; the newest without. */
export interface ChoicePlace {
  readonly consultations?: ListCursor | undefined;
  readonly attachments?: ListCursor | undefined;
}

export async function readChoosable(
  desk: DeskServices,
  patient: PatientId,
  { consultations, attachments }: ChoicePlace,
): Promise<Choosable> {
  return {
    consultations: await desk.consultations.page(patient, {
      limit: choicesMax,
      ...(consultations === undefined ? {} : { before: consultations }),
    }),
    attachments: await desk.attachments.page(patient, { limit: choicesMax, before: attachments }),
  };
}

/** The newest of each, which is all of most records. */
export async function newest(desk: DeskServices, patient: PatientId): Promise<Chosen> {
  const { consultations, attachments } = await readChoosable(desk, patient, {});
  return {
    consultations: consultations.consultations.map(({ id }) => id),
    attachments: attachments.attachments.map(({ id }) => id),
  };
}

/** The last consultation and its files: what the question can hardly be answered without. */
export async function minimumNeeded(desk: DeskServices, patient: PatientId): Promise<Chosen> {
  const [last] = (await desk.consultations.page(patient, { limit: 1 })).consultations;
  if (last === undefined) return { consultations: [], attachments: [] };
  const { attachments } = await desk.attachments.page(patient, { limit: choicesMax, consultation: last.id });
  return { consultations: [last.id], attachments: attachments.map(({ id }) => id) };
}

/** Those of the named consultations that are this patient's. */
export async function ownConsultations(
  desk: DeskServices,
  patient: PatientId,
  ids: readonly string[],
): Promise<readonly Consultation[]> {
  return await own(patient, ids, (id) => desk.consultations.get(id as ConsultationId));
}

/** Those of the named files that are this patient's. */
export async function ownFiles(
  desk: DeskServices,
  patient: PatientId,
  ids: readonly string[],
): Promise<readonly Attachment[]> {
  return await own(patient, ids, (id) => desk.attachments.get(id as AttachmentId));
}

async function own<Found extends { readonly patient: PatientId }>(
  patient: PatientId,
  ids: readonly string[],
  get: (id: string) => Promise<Found>,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const id of ids.filter(isUuid)) {
    const one = await get(id).catch((error: unknown) => {
      // What was never there was not on the page either.
      if (error instanceof RecordsError && error.code.startsWith('unknown-')) return undefined;
      throw error;
    });
    if (one?.patient === patient) found.push(one);
  }
  return found;
}
