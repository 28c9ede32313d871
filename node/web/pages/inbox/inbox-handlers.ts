import type { HandlersOf } from '../../route.ts';
import type { inboxRoutes } from '../../routes/inbox-routes.ts';

export const inboxHandlers: HandlersOf<typeof inboxRoutes> = {};
