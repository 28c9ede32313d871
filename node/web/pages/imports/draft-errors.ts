import { download, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';
import { openDraft } from './open-draft.ts';

/** The rows with errors, each with what is wrong in a column `error`: to be mended and imported again. */
export async function sendErrors(visit: Visit, desk: DeskServices): Promise<Answer> {
  const draft = await openDraft(visit, desk);
  const body = await desk.importDrafts.rejectedCsv(draft.id);
  return download({ name: 'rows-with-errors.csv', type: 'text/csv; charset=utf-8', body });
}
