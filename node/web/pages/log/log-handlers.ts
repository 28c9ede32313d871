import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { consistencyHandlers } from './consistency.tsx';
import { logEntryHandlers } from './log-entry.tsx';
import { logExportHandlers } from './log-export.ts';
import { logFilesHandlers } from './log-files.tsx';
import { logListHandlers } from './log-list.tsx';
import { tokenHandlers } from './tokens.tsx';

export const logHandlers: HandlersOf<typeof logRoutes> = {
  ...logListHandlers,
  ...logExportHandlers,
  ...logEntryHandlers,
  ...logFilesHandlers,
  ...consistencyHandlers,
  ...tokenHandlers,
};
