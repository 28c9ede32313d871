import type { HandlersOf } from '../../route.ts';
import type { peerRoutes } from '../../routes/peer-routes.ts';

export const peerHandlers: HandlersOf<typeof peerRoutes> = {};
