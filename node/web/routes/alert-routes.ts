import type { RouteRows } from '../route.ts';

export const alertRoutes = {} as const satisfies RouteRows;
