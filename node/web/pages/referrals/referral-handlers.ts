import type { HandlersOf } from '../../route.ts';
import type { referralRoutes } from '../../routes/referral-routes.ts';

export const referralHandlers: HandlersOf<typeof referralRoutes> = {};
