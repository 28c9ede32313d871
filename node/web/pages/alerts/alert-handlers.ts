import type { HandlersOf } from '../../route.ts';
import type { alertRoutes } from '../../routes/alert-routes.ts';

export const alertHandlers: HandlersOf<typeof alertRoutes> = {};
