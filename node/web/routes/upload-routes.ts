import type { RouteRows } from '../route.ts';

export const uploadRoutes = {} as const satisfies RouteRows;
