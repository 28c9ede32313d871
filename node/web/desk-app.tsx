import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Session } from '../accounts/accounts.ts';
import { OperationError } from '../platform/operation-error.ts';
import { htmlOf, seeOther, type Answer } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import { errorResponse, failed, pageHeaders } from './error-response.tsx';
import { handlers } from './handlers.ts';
import { compressed } from './http/compress.ts';
import { isFromOwnPages } from './http/cross-site.ts';
import { deskHeaders } from './http/headers.ts';
import { Frame } from './layout/frame.tsx';
import { keptParameter, KeptPages } from './kept-pages.ts';
import { draftOf, expired, signInFirst } from './no-session.ts';
import { methodsOf, pageAt } from './page-path.ts';
import { noFacts, originOf, sessionOf, targetOf, type Context } from './request-facts.ts';
import type { Access, RouteRow } from './route.ts';
import { orderedRoutes, type RouteName } from './route-table.ts';
import { Visit } from './visit.ts';

/**
 * The door for people (Node §13.1): every request is checked in the same order, before any handler sees it. Headers,
 * cross-site, session, the row's roles; then the handler, and one place that turns what it throws into a page.
 */
export function deskApp(desk: DeskServices): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const kept = new KeptPages(desk.clock, desk.random);
  app.use(deskHeaders);
  app.get('*', async (context, next) => (await keptPage(desk, kept, context)) ?? (await next()));
  for (const [name, row] of orderedRoutes())
    app.on(row.method, row.path, (context) => answerRoute({ desk, kept, name, row }, context));
  app.notFound((context) => lost(desk, context));
  app.onError((error, context) => failed(desk, undefined, error, context));
  return app;
}

interface Route {
  readonly desk: DeskServices;
  readonly kept: KeptPages;
  readonly name: RouteName;
  readonly row: RouteRow;
}

async function answerRoute(route: Route, context: Context): Promise<Response> {
  const { desk, name, row } = route;
  const { incoming } = context.env;
  let visit: Visit | undefined;
  try {
    if (!isFromOwnPages(originOf(context)))
      throw new OperationError(
        'denied',
        'cross-site',
        'This came from another page than the desk itself. Nothing was done: open the desk and do it there.',
      );
    refuseEncoded(context.req.header('content-encoding'));
    const session = await sessionOf(desk, context);
    const facts = {
      route: name,
      target: targetOf(incoming.url),
      params: context.req.param(),
      now: desk.clock.now(),
      incoming,
      desk,
    };
    if (session?.state === 'expired' && row.access !== 'anyone') return await expired(desk, session, row, context);
    const live = session?.state === 'live' ? session : undefined;
    visit = new Visit({ ...facts, session: live, draft: undefined, form: undefined });
    if (!mayEnter(row.access, live))
      return live === undefined
        ? await finish(route, visit, await signInFirst(desk, row, context), context)
        : await denied(desk, visit, row);
    if (live !== undefined && live.step !== 'done' && row.access !== 'anyone' && row.step !== live.step)
      return seeOther('/account/password');
    const draft = await draftOf(desk, visit, row);
    if (draft !== undefined) visit = new Visit({ ...facts, session: live, draft, form: undefined });
    return await finish(route, visit, await handlers[name](visit, desk), context);
  } catch (error) {
    return await keptFor(route, visit, await failed(desk, visit, error, context), context);
  } finally {
    incoming.resume(); // What was not read of a refused body is let pass, so that the answer arrives.
  }
}

/** What is unpacked here could unpack to any size, and a file that is not would be stored as another (Node §2, bombs). */
function refuseEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new OperationError('invalid', 'body-encoded', 'This came packed. Nothing was done: send it as it is.');
}

function mayEnter(access: Access, session: Session | undefined): boolean {
  if (access === 'anyone') return true;
  if (session === undefined) return false;
  return access === 'signed-in' || access.some((role) => session.user.roles.includes(role));
}

async function finish(route: Route, visit: Visit, answer: Answer, context: Context): Promise<Response> {
  if (answer instanceof Response) {
    if (!answer.headers.has('cache-control')) answer.headers.set('cache-control', 'no-store');
    return answer;
  }
  const { facts } = answer;
  const html = await htmlOf(<Frame desk={route.desk} visit={visit} answer={answer} />);
  const { body, headers } = await compressed(`<!doctype html>${html}`, context.req.header('accept-encoding'));
  const all = { ...pageHeaders, ...headers, ...facts.headers };
  const response = new Response(body, { status: facts.status ?? 200, headers: all });
  return facts.secret === true ? response : await keptFor(route, visit, response, context);
}

/** A page that answers a form in a browser's window is led to, so that Back and Reload post nothing again. */
async function keptFor(
  { kept, row }: Route,
  visit: Visit | undefined,
  response: Response,
  { req }: Context,
): Promise<Response> {
  const isShown = req.header('sec-fetch-mode') === 'navigate' && req.header('sec-fetch-dest') === 'document';
  if (visit === undefined || row.method !== 'POST' || !isShown || !isPage(response)) return response;
  return await kept.keep({ session: visit.session?.id, access: row.access, target: visit.target }, response);
}

function isPage({ status, headers }: Response): boolean {
  return status !== 303 && (headers.get('content-type') ?? '').startsWith('text/html');
}

/** The page that is asked for again after a redirect; who may no longer post that form gets what the route says. */
async function keptPage(desk: DeskServices, kept: KeptPages, context: Context): Promise<Response | undefined> {
  const target = targetOf(context.env.incoming.url);
  if (!target.includes(`${keptParameter}=`)) return undefined;
  const session = await sessionOf(desk, context);
  const live = session?.state === 'live' ? session : undefined;
  return kept.find(live?.id, target, (access) => mayEnter(access, live));
}

async function denied(desk: DeskServices, visit: Visit, row: RouteRow): Promise<Response> {
  const roles = Array.isArray(row.access) ? row.access.join(', ') : 'people who have signed in';
  const error = new OperationError(
    'denied',
    'not-your-role',
    `This page is for: ${roles}. ${whoGrants(visit)} Nothing was done.`,
  );
  return await errorResponse(desk, visit, error);
}

/** A user who administers or audits holds no other role, so nobody can grant them another (Node §7). */
function whoGrants(visit: Visit): string {
  if (visit.is('administrator', 'auditor')) return 'Your role does its work without it, so that patients stay private.';
  return 'An administrator can give you that role.';
}

async function lost(desk: DeskServices, context: Context): Promise<Response> {
  context.env.incoming.resume();
  const methods = methodsOf(context.req.path);
  const isRead = context.req.method === 'GET' || context.req.method === 'HEAD';
  if (isRead && methods.has('POST')) return seeOther(pageAt(context.req.path));
  const [kind, code, message] =
    methods.size > 0
      ? (['invalid', 'wrong-method', 'This page cannot be asked for in that way. Nothing was done.'] as const)
      : ([
          'not-found',
          'no-such-page',
          'There is no such page. Nothing was changed. The link may be old, or a letter of it got lost.',
        ] as const);
  const session = await sessionOf(desk, context);
  const visit = new Visit({
    ...noFacts(context, desk),
    route: 'help',
    session: session?.state === 'live' ? session : undefined,
  });
  const answer = await errorResponse(desk, visit, new OperationError(kind, code, message));
  if (methods.size > 0) answer.headers.set('allow', [...methods].join(', '));
  return answer;
}
