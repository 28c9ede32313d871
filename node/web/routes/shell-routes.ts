import type { RouteRows } from '../route.ts';

export const shellRoutes = {
  asset: { method: 'GET', path: '/assets/:file', access: 'anyone' },
  favicon: { method: 'GET', path: '/favicon.ico', access: 'anyone' },
  help: { method: 'GET', path: '/help', access: 'signed-in' },
} as const satisfies RouteRows;
