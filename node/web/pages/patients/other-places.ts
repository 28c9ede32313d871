import { routeTable, type RouteName } from '../../route-table.ts';
import { url } from '../../urls.ts';

type Names = Readonly<Record<string, string>>;
const fill = url as (name: RouteName, params: Names, query?: Names) => string;

/** A page of another area, where this desk has it. */
export function placeOf(name: string, params: Names, query?: Names): string | undefined {
  return isRoute(name) ? fill(name, params, query) : undefined;
}

function isRoute(name: string): name is RouteName {
  return Object.hasOwn(routeTable, name);
}
