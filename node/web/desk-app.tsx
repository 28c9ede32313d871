import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context as HonoContext } from 'hono';
import type { Session } from '../accounts/accounts.ts';
import { OperationError } from '../platform/operation-error.ts';
import { htmlOf, seeOther, type Answer, type PageAnswer } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import { errorPage, newReference, tellOperator, type Unsaved } from './error-page.tsx';
import { handlers } from './handlers.ts';
import { compressed } from './http/compress.ts';
import { isFromOwnPages } from './http/cross-site.ts';
import { FormFields, isSecretField, readForm } from './http/form.ts';
import { deskHeaders } from './http/headers.ts';
import { clearSessionCookie, readCookie, sessionCookieName } from './http/session-cookie.ts';
import { Frame } from './layout/frame.tsx';
import { homeOf } from './layout/navigation.ts';
import { draftKeyOf } from './draft-key.ts';
import type { Access, RouteRow } from './route.ts';
import { formPageOf, methodsOf, pageAt } from './page-path.ts';
import { orderedRoutes, type RouteName } from './route-table.ts';
import { Visit } from './visit.ts';

type Bindings = { Bindings: HttpBindings };
type Context = HonoContext<Bindings>;

/** Said of every page: it holds a person's data, and no browser keeps it after the session. */
const pageHeaders = { 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' };

/**
 * The door for people (Node §13.1): every request is checked in the same order, before any handler sees it. Headers,
 * cross-site, session, the row's roles; then the handler, and one place that turns what it throws into a page.
 */
export function deskApp(desk: DeskServices): Hono<Bindings> {
  const app = new Hono<Bindings>();
  app.use(deskHeaders);
  for (const [name, row] of orderedRoutes())
    app.on(row.method, row.path, (context) => answerRoute(desk, name, row, context));
  app.notFound((context) => lost(desk, context));
  app.onError((error, context) => failed(desk, undefined, error, context));
  return app;
}

async function answerRoute(desk: DeskServices, name: RouteName, row: RouteRow, context: Context): Promise<Response> {
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
      return live === undefined ? await signInFirst(desk, row, context) : await denied(desk, visit, row);
    if (live !== undefined && live.step !== 'done' && row.access !== 'anyone' && row.step !== live.step)
      return seeOther('/account/password');
    const draft = await draftOf(desk, visit, row);
    if (draft !== undefined) visit = new Visit({ ...facts, session: live, draft, form: undefined });
    return await finish(desk, visit, await handlers[name](visit, desk), context);
  } catch (error) {
    return await failed(desk, visit, error, context);
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

async function finish(
  desk: DeskServices,
  visit: Visit | undefined,
  answer: Answer,
  context: Context,
): Promise<Response> {
  if (answer instanceof Response) {
    if (!answer.headers.has('cache-control')) answer.headers.set('cache-control', 'no-store');
    return answer;
  }
  const { facts } = answer;
  const html = await htmlOf(<Frame desk={desk} visit={visit} answer={answer} />);
  const { body, headers } = await compressed(`<!doctype html>${html}`, context.req.header('accept-encoding'));
  return new Response(body, { status: facts.status ?? 200, headers: { ...pageHeaders, ...headers, ...facts.headers } });
}

/** Nobody has signed in: a page leads to the sign-in and back; everything else says so. */
async function signInFirst(desk: DeskServices, row: RouteRow, context: Context): Promise<Response> {
  if (await desk.accounts.isEmpty()) return seeOther('/setup');
  if (isForPrograms(row, context)) return new Response('Sign in first.\n', { status: 401 });
  return seeOther(`/sign-in?next=${encodeURIComponent(returnPathOf(row, context))}`);
}

/** A session ended in the middle: what was typed is kept for the same person and shown again after the sign-in. */
async function expired(desk: DeskServices, session: Session, row: RouteRow, context: Context): Promise<Response> {
  const type = context.req.header('content-type') ?? '';
  const back = returnPathOf(row, context);
  if (row.method === 'POST' && type.startsWith('application/x-www-form-urlencoded')) {
    const fields = await readForm(type, new Visit({ ...noFacts(context, desk), route: 'help' }).body());
    await desk.drafts.save(
      session.user.id,
      draftKeyOf(back),
      fields.entries().filter(([name]) => !isSecretField(name)),
      { essential: true }, // The person is led away from the form: it is kept in the last room of a full disk.
    );
  }
  if (isForPrograms(row, context)) return new Response('The session has ended. Sign in again.\n', { status: 401 });
  const answer = seeOther(`/sign-in?next=${encodeURIComponent(back)}&ended=1`);
  answer.headers.append('set-cookie', clearSessionCookie(desk.own.name));
  return answer;
}

function noFacts(context: Context, desk: DeskServices) {
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

async function draftOf(desk: DeskServices, visit: Visit, row: RouteRow): Promise<FormFields | undefined> {
  if (row.method !== 'GET' || visit.session === undefined || visit.query.get('draft') !== '1') return undefined;
  const draft = await desk.drafts.find(visit.user.id, draftKeyOf(visit.target));
  return draft === undefined ? undefined : new FormFields(draft.fields);
}

/** The page to come back to: this one, or for a posted form the page it stood on. */
function returnPathOf(row: RouteRow, context: Context): string {
  if (row.method === 'GET') return targetOf(context.env.incoming.url);
  const referrer = URL.parse(context.req.header('referer') ?? '');
  if (referrer === null || referrer.host !== context.req.header('host')) return pageAt(context.req.path);
  return formPageOf(row, context.req.path, referrer.pathname + referrer.search);
}

function isForPrograms(row: RouteRow, context: Context): boolean {
  const destination = context.req.header('sec-fetch-dest');
  return (
    (row.method !== 'GET' && row.method !== 'POST') ||
    (destination !== undefined && destination !== 'document' && destination !== 'empty') ||
    (context.req.header('x-fernpost') ?? '') !== ''
  );
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

async function failed(
  desk: DeskServices,
  visit: Visit | undefined,
  error: unknown,
  context: Context,
): Promise<Response> {
  const isPlain = (context.req.header('x-fernpost') ?? '') !== '' || !['GET', 'POST'].includes(context.req.method);
  return await errorResponse(desk, visit, error, isPlain);
}

async function errorResponse(
  desk: DeskServices,
  visit: Visit | undefined,
  error: unknown,
  isPlain = false,
): Promise<Response> {
  const reference = newReference(desk.random);
  const failure = tellOperator(desk.diagnostics, error, { reference, route: visit?.route ?? 'none' });
  const answer: PageAnswer = errorPage(failure, reference, {
    home: visit === undefined ? undefined : homeOf(visit),
    unsaved: await unsavedOf(desk, visit),
  });
  if (isPlain)
    return new Response(`${failure.message} (${reference})\n`, {
      status: answer.facts.status ?? 500,
      headers: { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' },
    });
  const html = await framed(desk, visit, answer);
  return new Response(`<!doctype html>${html}`, { status: answer.facts.status ?? 500, headers: pageHeaders });
}

async function unsavedOf(desk: DeskServices, visit: Visit | undefined): Promise<Unsaved | undefined> {
  const fields = visit?.method === 'POST' ? await visit.formRead() : undefined;
  return visit === undefined || fields === undefined
    ? undefined
    : { action: visit.target, fields, newOnce: desk.random.uuid() };
}

/** Banners ask the database: where it is that which fails, the page comes in the frame of somebody unknown. */
async function framed(desk: DeskServices, visit: Visit | undefined, answer: PageAnswer): Promise<string> {
  try {
    return await htmlOf(<Frame desk={desk} visit={visit} answer={answer} />);
  } catch (cause) {
    desk.diagnostics.error('error-page-bare', cause);
    return await htmlOf(<Frame desk={desk} visit={undefined} answer={answer} />);
  }
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

async function sessionOf(desk: DeskServices, context: Context): Promise<Session | undefined> {
  const id = readCookie(context.req.header('cookie'), sessionCookieName(desk.own.name));
  return id === undefined ? undefined : await desk.accounts.sessionOf(id, { quietly: isByItself(context) });
}

/** What a page does by itself keeps no session alive: its scripts' requests, its line for changes, its renewal. */
function isByItself({ req, env }: Context): boolean {
  const asked = req.header('x-fernpost') ?? 'typed';
  if (asked !== 'typed' || req.header('accept') === 'text/event-stream') return true;
  return req.method === 'GET' && new URL(targetOf(env.incoming.url), 'http://desk.invalid').searchParams.has('renewed');
}

function originOf(context: Context) {
  const header = (name: string): string | undefined => context.req.header(name);
  return {
    method: context.req.method,
    host: header('host'),
    origin: header('origin'),
    fetchSite: header('sec-fetch-site'),
  };
}

/** `GET http://host/…` and `*` name no page of ours. */
function targetOf(text: string | undefined): string {
  return text !== undefined && text.startsWith('/') && !text.startsWith('//') ? text : '/';
}
