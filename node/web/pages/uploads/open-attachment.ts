import { isUuid, type AttachmentId } from '../../../../protocol/ids.ts';
import { chunkBytes } from '../../../../protocol/bundle/limits.ts';
import type { AccessAct } from '../../../accounts/access.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { dicomHeadBytesMax } from '../../../records/dicom-facts.ts';
import type { Attachment } from '../../../records/model.ts';
import { seeOther, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

/**
 * Opens the attachment that the path names. The journal says so before a byte of it is read; a restricted record leads to the
 * chart's own door, where it can be opened with a reason.
 */
export async function openAttachment(
  visit: Visit,
  desk: DeskServices,
  act: AccessAct,
  show: (attachment: Attachment) => Promise<Answer> | Answer,
): Promise<Answer> {
  const id = visit.param('attachment');
  if (!isUuid(id)) throw new OperationError('not-found', 'unknown-attachment', 'There is no such file here.');
  const attachment = await desk.attachments.get(id as AttachmentId);
  const { patient } = attachment;
  const looked = await desk.access.look(visit.user, { kind: 'patient', id: patient }, act);
  return looked.state === 'restricted' ? seeOther(url('patient', { patient })) : await show(attachment);
}

/** The images that a page draws: their bytes say what they declare (Records §3.2). All else is a download. */
export function isShown({ contentType, downloadOnly }: Attachment): boolean {
  return !downloadOnly && (contentType === 'image/png' || contentType === 'image/jpeg');
}

/** The first bytes, enough for any header. */
export async function readHead(desk: DeskServices, { id, size }: Attachment): Promise<Uint8Array> {
  const chunk = new Uint8Array(Math.min(size, chunkBytes));
  await desk.attachments.readChunk(id, 0, chunk);
  return chunk.slice(0, dicomHeadBytesMax);
}
