import type { RouteRows } from '../route.ts';

export const inboxRoutes = {} as const satisfies RouteRows;
