import type { RouteRows } from '../route.ts';

const access = ['administrator'] as const;

/** Screen 14: with whom this hospital exchanges, and how that begins and ends. */
export const peerRoutes = {
  peers: { method: 'GET', path: '/peers', access },
  'peer-add': { method: 'GET', path: '/peers/add', access },
  'peer-invite': { method: 'POST', path: '/peers/invite', access },
  'peer-open': { method: 'POST', path: '/peers/open', access, form: '/peers/add' },
  pairing: { method: 'GET', path: '/peers/pairings/:invitation', access },
  'pairing-live': { method: 'GET', path: '/peers/pairings/:invitation/live', access },
  'pairing-words': { method: 'POST', path: '/peers/pairings/:invitation/words', access },
  'pairing-withdraw': { method: 'POST', path: '/peers/pairings/:invitation/withdraw', access },
  peer: { method: 'GET', path: '/peers/at/:peer', access },
  'peer-telephone': { method: 'POST', path: '/peers/at/:peer/telephone', access, form: '/peers/at/:peer' },
  'peer-ask': { method: 'GET', path: '/peers/at/:peer/:act', access },
  'peer-act': { method: 'POST', path: '/peers/at/:peer/:act', access },
} as const satisfies RouteRows;
