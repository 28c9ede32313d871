import type { RouteRows } from '../route.ts';

export const accountRoutes = {} as const satisfies RouteRows;
