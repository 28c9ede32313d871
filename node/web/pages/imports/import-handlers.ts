import type { HandlersOf } from '../../route.ts';
import type { importRoutes } from '../../routes/import-routes.ts';

export const importHandlers: HandlersOf<typeof importRoutes> = {};
