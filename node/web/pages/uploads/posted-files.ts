import { isUuid } from '../../../../protocol/ids.ts';
import type { Acts } from '../../../accounts/once.ts';
import { failureOf } from '../../../operations/failure.ts';
import type { ByteStream } from '../../../platform/files.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { ConsultationId, PatientRecord } from '../../../records/model.ts';
import { seeOther } from '../../answer.ts';
import type { FormErrors } from '../../components/form.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FilePart } from '../../http/multipart.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { noteAct } from '../patients/open-patient.ts';
import { titleOfFile, typeOfFile } from './file-title.ts';
import { SentBefore, unlessSentBefore } from './sent-before.ts';
import { guardFault } from './wrong-patient-guard.ts';

export interface RefusedFiles {
  readonly errors: FormErrors;
  /** Titles of those that were stored before one was refused. */
  readonly stored: readonly string[];
}

/**
 * Stores the files of one posted form, each as it streams in. The answer to the guard stands before them, so that no byte is
 * kept for the wrong patient. The once token lies in the path's query: it is needed before the form is read. A page that is
 * gone back to may bring other files: what this form stored before is known by title and content, and only that is left out.
 */
export async function addPostedFiles(
  visit: Visit,
  desk: DeskServices,
  record: PatientRecord,
): Promise<Response | RefusedFiles> {
  const token = visit.query.get('once') ?? '';
  const asked = visit.query.get('consultation') ?? '';
  const consultation = isUuid(asked) ? (asked as ConsultationId) : undefined;
  return await desk.once.gather(visit.user.id, token, async (acts) => {
    const taken = await takeFiles(visit, desk, record, consultation, acts);
    if (taken.errors.length > 0) return taken;
    return seeOther(placeOf(record, consultation));
  });
}

function placeOf({ id: patient }: PatientRecord, consultation: ConsultationId | undefined): string {
  return consultation === undefined ? url('patient', { patient }) : url('consultation', { patient, consultation });
}

async function takeFiles(
  visit: Visit,
  desk: DeskServices,
  record: PatientRecord,
  consultation: ConsultationId | undefined,
  acts: Acts,
): Promise<RefusedFiles> {
  const errors: { field: string; message: string }[] = [];
  const stored: string[] = [];
  let again = 0;
  const link = consultation === undefined ? {} : { consultation };
  const fields = await visit.parts(async (file, before) => {
    const isGuarded = guardFault(record.details, before.get('guard')) === undefined;
    if (!isGuarded || (file.name === '' && file.field === 'file')) return await passOver(file.bytes);
    const title = titleOfFile(file.name);
    let mark = '';
    const bytes = unlessSentBefore(notEmpty(file), (sha256) => acts.find((mark = `${sha256} ${title}`)));
    try {
      await noteAct(visit, desk, record.id, 'attach');
      const contentType = typeOfFile(file.contentType);
      await desk.attachments.add(record.id, { title, contentType, ...link, bytes });
      acts.note(mark, placeOf(record, consultation));
      stored.push(title);
    } catch (error) {
      if (error instanceof SentBefore) {
        again += 1;
        return;
      }
      const { kind } = failureOf(error);
      if (!(error instanceof Error) || kind === 'internal' || kind === 'damaged') throw error;
      errors.push({ field: 'file', message: `${title}: ${error.message}` }); // Of this file alone: others may be stored.
      await passOver(file.bytes);
    }
  });
  const fault = guardFault(record.details, fields.get('guard'));
  if (fault !== undefined) errors.push({ field: 'guard', message: fault });
  else if (stored.length === 0 && again === 0 && errors.length === 0)
    errors.push({ field: 'file', message: 'Choose at least one file' });
  return { errors, stored };
}

async function passOver(bytes: ByteStream): Promise<void> {
  try {
    for await (const piece of bytes) void piece;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error; // Too large as well: that file is refused already.
  }
}

async function* notEmpty({ bytes }: FilePart): ByteStream {
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    yield piece;
  }
  if (size === 0)
    throw new OperationError(
      'invalid',
      'file-empty',
      'the file is empty. Nothing was stored: look whether it was saved whole.',
    );
}
