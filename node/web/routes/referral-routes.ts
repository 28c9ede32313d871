import type { RouteRows } from '../route.ts';

export const referralRoutes = {} as const satisfies RouteRows;
