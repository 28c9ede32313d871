import type { RouteRows } from '../route.ts';

export const adminRoutes = {} as const satisfies RouteRows;
