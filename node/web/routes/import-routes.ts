import type { RouteRows } from '../route.ts';

const care = ['doctor', 'nurse'] as const;

export const importRoutes = {
  import: { method: 'GET', path: '/patients/import', access: care },
  'import-check': { method: 'POST', path: '/patients/import', access: care },
  'import-draft': { method: 'GET', path: '/patients/import/:draft', access: care },
  'import-confirm': { method: 'POST', path: '/patients/import/:draft', access: care },
  'import-discard': { method: 'POST', path: '/patients/import/:draft/discard', access: care },
  'import-errors': { method: 'GET', path: '/patients/import/:draft/errors', access: care },
  'import-past': { method: 'GET', path: '/patients/imports/:import', access: care },
  'import-undo': { method: 'POST', path: '/patients/imports/:import/undo', access: care },
  'patients-export': { method: 'GET', path: '/patients/export/:form', access: care },
} as const satisfies RouteRows;
