import type { RouteRows } from '../route.ts';

export const importRoutes = {} as const satisfies RouteRows;
