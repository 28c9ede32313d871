import type { HandlersOf } from '../../route.ts';
import type { importRoutes } from '../../routes/import-routes.ts';
import { confirmImport, discardDraft } from './confirm-import.ts';
import { sendErrors } from './draft-errors.ts';
import { showDraft } from './draft-page.tsx';
import { exportPatients } from './export-patients.ts';
import { showPastImport, undoPastImport } from './past-page.tsx';
import { checkImport, showImport } from './start-page.tsx';

export const importHandlers: HandlersOf<typeof importRoutes> = {
  import: showImport,
  'import-check': checkImport,
  'import-draft': showDraft,
  'import-confirm': confirmImport,
  'import-discard': discardDraft,
  'import-errors': sendErrors,
  'import-past': showPastImport,
  'import-undo': undoPastImport,
  'patients-export': exportPatients,
};
