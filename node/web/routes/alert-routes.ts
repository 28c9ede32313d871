import type { RouteRows } from '../route.ts';

const mayAlert = ['doctor', 'coordinator'] as const;

/** Alerts to the police (screen 12): previewed, confirmed, followed until somebody of a station answers. */
export const alertRoutes = {
  alerts: { method: 'GET', path: '/alerts', access: mayAlert },
  'alert-send': { method: 'POST', path: '/alerts', access: mayAlert },
  'alerts-banner': { method: 'GET', path: '/alerts/banner', access: mayAlert },
  'alert-new': { method: 'GET', path: '/alerts/new', access: mayAlert },
  'alert-preview': { method: 'POST', path: '/alerts/new', access: mayAlert },
  alert: { method: 'GET', path: '/alerts/:alert', access: mayAlert },
  'alert-state': { method: 'GET', path: '/alerts/:alert/state', access: mayAlert },
  'alert-acknowledge': { method: 'POST', path: '/alerts/:alert/acknowledge', access: mayAlert },
  'alert-again': { method: 'POST', path: '/alerts/:alert/again', access: mayAlert },
} as const satisfies RouteRows;
