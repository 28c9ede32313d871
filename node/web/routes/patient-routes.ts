import type { RouteRows } from '../route.ts';

export const patientRoutes = {} as const satisfies RouteRows;
