import type { RouteRows } from '../route.ts';

const administrators = ['administrator'] as const;

/** Signing in, one's own security, and the users of this hospital (screens 1, 13, 16, 25). */
export const accountRoutes = {
  'sign-in': { method: 'GET', path: '/sign-in', access: 'anyone' },
  'sign-in-post': { method: 'POST', path: '/sign-in', access: 'anyone' },
  'sign-out': { method: 'POST', path: '/sign-out', access: 'anyone' },
  setup: { method: 'GET', path: '/setup', access: 'anyone' },
  'setup-post': { method: 'POST', path: '/setup', access: 'anyone' },
  account: { method: 'GET', path: '/account', access: 'signed-in' },
  password: { method: 'GET', path: '/account/password', access: 'signed-in', step: 'new-password' },
  'password-change': { method: 'POST', path: '/account/password', access: 'signed-in', step: 'new-password' },
  preferences: { method: 'POST', path: '/account/preferences', access: 'signed-in' },
  'own-sessions-end': { method: 'POST', path: '/account/sessions/end', access: 'signed-in' },
  'draft-save': { method: 'POST', path: '/drafts', access: 'signed-in' },
  'draft-find': { method: 'GET', path: '/drafts', access: 'signed-in' },
  'session-stay': { method: 'POST', path: '/account/stay', access: 'signed-in' },
  users: { method: 'GET', path: '/admin/users', access: administrators },
  'user-add': { method: 'POST', path: '/admin/users', access: administrators, form: '/admin/users/new' },
  'user-new': { method: 'GET', path: '/admin/users/new', access: administrators },
  user: { method: 'GET', path: '/admin/users/:user', access: administrators },
  'user-change': { method: 'POST', path: '/admin/users/:user', access: administrators },
  'user-password': { method: 'POST', path: '/admin/users/:user/password', access: administrators },
  'user-password-told': { method: 'POST', path: '/admin/users/:user/password/told', access: administrators },
  'user-deactivate': { method: 'POST', path: '/admin/users/:user/deactivate', access: administrators },
  'user-activate': { method: 'POST', path: '/admin/users/:user/activate', access: administrators },
  'user-sessions-end': { method: 'POST', path: '/admin/users/:user/sessions/end', access: administrators },
} as const satisfies RouteRows;
