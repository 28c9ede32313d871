import { OperationError } from '../../../platform/operation-error.ts';
import type { ImportDraft } from '../../../records/csv/drafts.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** The dry run that the path names; another user's is not there. */
export async function openDraft(visit: Visit, desk: DeskServices): Promise<ImportDraft> {
  const draft = await desk.importDrafts.find(visit.param('draft'), visit.user.id);
  if (draft !== undefined) return draft;
  throw new OperationError(
    'not-found',
    'unknown-draft',
    'There is no such preview: it was discarded, it expired, or it is another user’s. Nothing was imported by it.',
  );
}
