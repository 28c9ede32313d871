import type { Role } from '../../accounts/roles.ts';
import { routeTable, type RouteName } from '../route-table.ts';
import type { Visit } from '../visit.ts';

export interface NavigationItem {
  readonly label: string;
  readonly href: string;
  readonly isCurrent: boolean;
}

interface Place {
  readonly label: string;
  readonly route: string;
  readonly roles: readonly Role[];
}

const clinical = ['doctor', 'nurse', 'coordinator'] as const;

/** The first places of each role, in the order of the day's work. */
const places: readonly Place[] = [
  { label: 'Inbox', route: 'inbox', roles: ['doctor', 'coordinator', 'nurse'] },
  { label: 'Outbox', route: 'outbox', roles: ['doctor', 'coordinator'] },
  { label: 'Patients', route: 'patients', roles: clinical },
  { label: 'Look up', route: 'lookup', roles: ['doctor', 'coordinator'] },
  { label: 'Police', route: 'alerts', roles: ['doctor', 'coordinator'] },
  { label: 'Health', route: 'health', roles: ['administrator'] },
  { label: 'Peers', route: 'peers', roles: ['administrator'] },
  { label: 'Users', route: 'users', roles: ['administrator'] },
  { label: 'Stations', route: 'stations', roles: ['administrator'] },
  { label: 'Departments', route: 'departments', roles: ['administrator'] },
  { label: 'Settings', route: 'settings', roles: ['administrator'] },
  { label: 'Auditors', route: 'tokens', roles: ['administrator'] },
  { label: 'Log', route: 'log', roles: ['auditor'] },
  { label: 'Consistency', route: 'consistency', roles: ['auditor'] },
];

export function navigationOf(visit: Pick<Visit, 'is' | 'target'>): readonly NavigationItem[] {
  const path = new URL(visit.target, 'http://desk.invalid').pathname;
  const items = places
    .filter(({ roles }) => visit.is(...roles))
    .flatMap(({ label, route }) => (isRoute(route) ? [{ label, href: routeTable[route].path as string }] : []));
  const current = items
    .filter(({ href }) => path === href || (href !== '/' && path.startsWith(`${href}/`)))
    .toSorted((left, right) => right.href.length - left.href.length)[0];
  return items.map((item) => ({ ...item, isCurrent: item === current }));
}

/** The first page of whoever has signed in. */
export function homeOf(visit: Pick<Visit, 'is' | 'target'>): string {
  return navigationOf(visit)[0]?.href ?? '/help';
}

function isRoute(name: string): name is RouteName {
  return Object.hasOwn(routeTable, name);
}
