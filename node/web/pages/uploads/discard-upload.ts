import { seeOther } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { openOwn } from './tus.ts';

/** Takes an unfinished file away and leads back to where files are added; a second time changes nothing. */
export async function discardUpload(visit: Visit, desk: DeskServices): Promise<Response> {
  const { id, patient } = await openOwn(visit, desk);
  await desk.uploads.discard(id);
  return seeOther(url('upload-new', { patient }, { discarded: 1 }));
}
