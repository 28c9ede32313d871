import type { RouteRows } from '../route.ts';

const administrators = ['administrator'] as const;

/** The node and what its administrators set (screens 13, 17, 18). Nothing here shows a patient. */
export const adminRoutes = {
  health: { method: 'GET', path: '/admin', access: administrators },
  'backup-now': { method: 'POST', path: '/admin/backups', access: administrators, form: '/admin' },
  'restore-drill': { method: 'POST', path: '/admin/backups/drill', access: administrators, form: '/admin' },
  'first-run': { method: 'GET', path: '/admin/first-run', access: administrators },
  'keys-backed-up': { method: 'POST', path: '/admin/first-run/keys', access: administrators },
  stations: { method: 'GET', path: '/admin/stations', access: administrators },
  'station-add': { method: 'POST', path: '/admin/stations/new', access: administrators },
  'station-new': { method: 'GET', path: '/admin/stations/new', access: administrators },
  'station-import': { method: 'GET', path: '/admin/stations/import', access: administrators },
  'station-import-file': { method: 'POST', path: '/admin/stations/import', access: administrators },
  'station-template': { method: 'GET', path: '/admin/stations/template', access: administrators },
  station: { method: 'GET', path: '/admin/stations/:station', access: administrators },
  'station-change': { method: 'POST', path: '/admin/stations/:station', access: administrators },
  departments: { method: 'GET', path: '/admin/departments', access: administrators },
  'department-add': { method: 'POST', path: '/admin/departments/new', access: administrators },
  'department-new': { method: 'GET', path: '/admin/departments/new', access: administrators },
  department: { method: 'GET', path: '/admin/departments/:department', access: administrators },
  'department-change': { method: 'POST', path: '/admin/departments/:department', access: administrators },
  settings: { method: 'GET', path: '/admin/settings', access: administrators },
  'settings-change': { method: 'POST', path: '/admin/settings', access: administrators },
  'broken-glass': { method: 'GET', path: '/admin/break-glass', access: administrators },
  'admin-changes': { method: 'GET', path: '/admin/changes', access: administrators },
} as const satisfies RouteRows;
