import type { HttpBindings } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';
import type { Session } from '../accounts/accounts.ts';
import type { DeskServices } from './desk-services.ts';
import { readCookie, sessionCookieName } from './http/session-cookie.ts';
import { formPageOf, pageAt } from './page-path.ts';
import type { RouteRow } from './route.ts';

export type Context = HonoContext<{ Bindings: HttpBindings }>;

export function originOf(context: Context) {
  const header = (name: string): string | undefined => context.req.header(name);
  return {
    method: context.req.method,
    host: header('host'),
    origin: header('origin'),
    fetchSite: header('sec-fetch-site'),
  };
}

/** `GET http://host/…` and `*` name no page of ours. */
export function targetOf(text: string | undefined): string {
  return text !== undefined && text.startsWith('/') && !text.startsWith('//') ? text : '/';
}

export async function sessionOf(desk: DeskServices, context: Context): Promise<Session | undefined> {
  const id = readCookie(context.req.header('cookie'), sessionCookieName(desk.own.name));
  return id === undefined ? undefined : await desk.accounts.sessionOf(id, { quietly: isByItself(context) });
}

/** What a page does by itself keeps no session alive: its scripts' requests, its line for changes, its renewal. */
function isByItself({ req, env }: Context): boolean {
  const asked = req.header('x-fernpost') ?? 'typed';
  if (asked !== 'typed' || req.header('accept') === 'text/event-stream') return true;
  return req.method === 'GET' && new URL(targetOf(env.incoming.url), 'http://desk.invalid').searchParams.has('renewed');
}

export function isForPrograms(row: RouteRow, context: Context): boolean {
  const destination = context.req.header('sec-fetch-dest');
  return (
    (row.method !== 'GET' && row.method !== 'POST') ||
    (destination !== undefined && destination !== 'document' && destination !== 'empty') ||
    (context.req.header('x-fernpost') ?? '') !== ''
  );
}

/** The page to come back to: this one, or for a posted form the page it stood on. */
export function returnPathOf(row: RouteRow, context: Context): string {
  if (row.method === 'GET') return targetOf(context.env.incoming.url);
  const referrer = URL.parse(context.req.header('referer') ?? '');
  if (referrer === null || referrer.host !== context.req.header('host')) return pageAt(context.req.path);
  return formPageOf(row, context.req.path, referrer.pathname + referrer.search);
}

export function noFacts(context: Context, desk: DeskServices) {
  const { incoming } = context.env;
  return {
    target: targetOf(incoming.url),
    params: {},
    now: desk.clock.now(),
    session: undefined,
    draft: undefined,
    form: undefined,
    incoming,
    desk,
  };
}
