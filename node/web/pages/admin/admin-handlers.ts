import type { HandlersOf } from '../../route.ts';
import type { adminRoutes } from '../../routes/admin-routes.ts';

export const adminHandlers: HandlersOf<typeof adminRoutes> = {};
