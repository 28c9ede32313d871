import type { RouteRows } from '../route.ts';

export const logRoutes = {} as const satisfies RouteRows;
