import type { RouteRows } from '../route.ts';

export const peerRoutes = {} as const satisfies RouteRows;
