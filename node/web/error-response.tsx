import { htmlOf, type PageAnswer } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import { errorPage, newReference, tellOperator, type Unsaved } from './error-page.tsx';
import { Frame } from './layout/frame.tsx';
import { homeOf } from './layout/navigation.ts';
import type { Context } from './request-facts.ts';
import type { Visit } from './visit.ts';

/** Said of every page: it holds a person's data, and no browser keeps it after the session. */
export const pageHeaders = { 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' };

/** What was thrown, as the asker takes it: a page for people, one line for what pages do by themselves. */
export async function failed(
  desk: DeskServices,
  visit: Visit | undefined,
  error: unknown,
  context: Context,
): Promise<Response> {
  const isPlain = (context.req.header('x-fernpost') ?? '') !== '' || !['GET', 'POST'].includes(context.req.method);
  return await errorResponse(desk, visit, error, isPlain);
}

/** The one place that turns a failure into an answer, with a reference for both sides (law 8). */
export async function errorResponse(
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
