import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';

export const logHandlers: HandlersOf<typeof logRoutes> = {};
