import { orderedRoutes } from './route-table.ts';
import type { RouteRow } from './route.ts';

const rows = orderedRoutes().map(([, row]) => ({ row, form: formOf(row.path) }));

/** By which methods a path of the desk can be asked; none where there is no such path. */
export function methodsOf(path: string): ReadonlySet<RouteRow['method']> {
  return new Set(rows.flatMap(({ row, form }) => (form.test(path) ? [row.method] : [])));
}

/**
 * Where a person can look at a path of the desk: itself, or where nothing but a form is posted to it, the nearest page
 * above. A refused form that is loaded again by its address, or after signing in again, ends there.
 */
export function pageAt(target: string): string {
  const { pathname, search } = new URL(target, 'http://desk.invalid');
  const methods = methodsOf(pathname);
  if (methods.has('GET') || methods.size === 0) return pathname + search;
  for (let path = above(pathname); path !== '/'; path = above(path)) if (methodsOf(path).has('GET')) return path;
  return '/';
}

/** The page on which the form of a route stands, seen from the page that was posted from. */
export function formPageOf(row: RouteRow, posted: string, from: string): string {
  const { pathname } = new URL(from, 'http://desk.invalid');
  if (row.form === undefined || pathname !== posted) return pageAt(from);
  const params = formOf(row.path).exec(posted)?.groups ?? {};
  return row.form.replaceAll(parameter, (_, name: string) => params[name] ?? '');
}

const parameter = /:([a-z]+)/g;

function above(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function formOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/:([a-z]+)/g, '(?<$1>[^/]+)')}$`);
}
