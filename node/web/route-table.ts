import type { RouteRow } from './route.ts';
import { accountRoutes } from './routes/account-routes.ts';
import { adminRoutes } from './routes/admin-routes.ts';
import { alertRoutes } from './routes/alert-routes.ts';
import { importRoutes } from './routes/import-routes.ts';
import { inboxRoutes } from './routes/inbox-routes.ts';
import { logRoutes } from './routes/log-routes.ts';
import { patientRoutes } from './routes/patient-routes.ts';
import { peerRoutes } from './routes/peer-routes.ts';
import { referralRoutes } from './routes/referral-routes.ts';
import { shellRoutes } from './routes/shell-routes.ts';
import { uploadRoutes } from './routes/upload-routes.ts';

/** Every route of the desk with who may call it. What does not stand here is not there (law 7). */
export const routeTable = {
  ...shellRoutes,
  ...accountRoutes,
  ...inboxRoutes,
  ...patientRoutes,
  ...uploadRoutes,
  ...importRoutes,
  ...referralRoutes,
  ...alertRoutes,
  ...peerRoutes,
  ...logRoutes,
  ...adminRoutes,
} as const;

export type RouteTable = typeof routeTable;
export type RouteName = keyof RouteTable;

/** Rows in the order in which they are tried: a literal segment goes before a parameter. */
export function orderedRoutes(): readonly (readonly [RouteName, RouteRow])[] {
  const rows = Object.entries(routeTable) as [RouteName, RouteRow][];
  return rows.toSorted(([, left], [, right]) => compare(left.path, right.path));
}

/** A total order: segment by segment, literals by letter before parameters, then the shorter path. */
/** Segment by segment, a parameter after every literal: an order in which no two paths depend on a third. */
function compare(left: string, right: string): number {
  const leftParts = left.split('/');
  const rightParts = right.split('/');
  for (let i = 0; i < Math.min(leftParts.length, rightParts.length); i += 1) {
    const [one = '', other = ''] = [leftParts[i], rightParts[i]];
    const isParameter = [one.startsWith(':'), other.startsWith(':')];
    if (isParameter[0] !== isParameter[1]) return isParameter[0] === true ? 1 : -1;
    if (isParameter[0] !== true && one !== other) return one < other ? -1 : 1;
  }
  return leftParts.length - rightParts.length;
}
