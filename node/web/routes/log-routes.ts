import type { RouteRows } from '../route.ts';

const access = ['auditor'] as const;
const administrator = ['administrator'] as const;

/** Screens 19 to 21: what auditors read; and who may read from outside with a token. */
export const logRoutes = {
  log: { method: 'GET', path: '/log', access },
  'log-export': { method: 'GET', path: '/log/export', access },
  'log-entry': { method: 'GET', path: '/log/entries/:index', access },
  'log-check': { method: 'POST', path: '/log/entries/:index', access },
  'log-record': { method: 'GET', path: '/log/entries/:index/record', access },
  'log-leaf': { method: 'GET', path: '/log/entries/:index/leaf', access },
  'log-proof': { method: 'GET', path: '/log/entries/:index/proof', access },
  'log-files': { method: 'GET', path: '/log/files', access },
  'log-file': { method: 'GET', path: '/log/file', access },
  'log-zip': { method: 'GET', path: '/log/files.zip', access },
  consistency: { method: 'GET', path: '/log/consistency', access },
  evidence: { method: 'GET', path: '/log/evidence', access },
  'evidence-file': { method: 'GET', path: '/log/evidence/file', access },
  tokens: { method: 'GET', path: '/admin/auditors', access: administrator },
  'token-issue': { method: 'POST', path: '/admin/auditors', access: administrator },
  'token-ask': { method: 'GET', path: '/admin/auditors/revoke', access: administrator },
  'token-revoke': { method: 'POST', path: '/admin/auditors/revoke', access: administrator },
} as const satisfies RouteRows;
