import type { RouteRows } from '../route.ts';

const clinical = ['doctor', 'nurse', 'coordinator'] as const;
const senders = ['doctor', 'coordinator'] as const;

/** The day's work: what arrived, what was sent, and the line over which pages hear of changes (screens 2 and 7). */
export const inboxRoutes = {
  /** Home: whoever sees no patients is led to their own first page. */
  inbox: { method: 'GET', path: '/', access: 'signed-in' },
  'inbox-news': { method: 'GET', path: '/inbox/news', access: clinical },
  'inbox-rows': { method: 'GET', path: '/inbox/rows', access: clinical },
  'inbox-assign': { method: 'POST', path: '/inbox/assign', access: clinical },
  outbox: { method: 'GET', path: '/outbox', access: senders },
  'outbox-rows': { method: 'GET', path: '/outbox/rows', access: senders },
  'outbox-news': { method: 'GET', path: '/outbox/news', access: senders },
  emergencies: { method: 'GET', path: '/inbox/emergencies', access: clinical },
  live: { method: 'GET', path: '/live', access: 'signed-in' },
} as const satisfies RouteRows;
