import { routeTable, type RouteName, type RouteTable } from './route-table.ts';

type NamesIn<Path> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type Query = Readonly<Record<string, string | number | undefined>>;
type Given<Name extends RouteName> = [NamesIn<RouteTable[Name]['path']>] extends [never]
  ? [params?: Readonly<Record<string, never>>, query?: Query]
  : [params: Readonly<Record<NamesIn<RouteTable[Name]['path']>, string>>, query?: Query];

/** A link of our own: only routes of the table, each parameter encoded. Links of pages come from nowhere else. */
export function url<Name extends RouteName>(name: Name, ...[params, query]: Given<Name>): string {
  return fillPath(routeTable[name].path, (params ?? {}) as Readonly<Record<string, string>>) + queryOf(query ?? {});
}

/** Where a person may be sent after signing in: a path of this desk and nothing else. */
export function parseOwnPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > ownPathLettersMax || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text))
    return undefined;
  const parsed = URL.parse(text, 'http://desk.invalid');
  // Dot segments are gone only now: `/.//evil.example` has become `//evil.example`, which is another host (RFC 3986 §5.2.4).
  if (parsed?.origin !== 'http://desk.invalid' || parsed.pathname.startsWith('//')) return undefined;
  return parsed.pathname + parsed.search;
}

const ownPathLettersMax = 2000;

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`a link to ${path} needs ${name}`);
    return encodeURIComponent(value);
  });
}

function queryOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
