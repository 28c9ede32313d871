import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';

export const accountHandlers: HandlersOf<typeof accountRoutes> = {};
