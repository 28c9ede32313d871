import type { Session } from '../accounts/accounts.ts';
import { seeOther } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import { draftKeyOf } from './draft-key.ts';
import { FormFields, isSecretField, readForm } from './http/form.ts';
import { clearSessionCookie } from './http/session-cookie.ts';
import { isForPrograms, noFacts, returnPathOf, type Context } from './request-facts.ts';
import type { RouteRow } from './route.ts';
import { Visit } from './visit.ts';

/** Nobody has signed in: a page leads to the sign-in and back; everything else says so. */
export async function signInFirst(desk: DeskServices, row: RouteRow, context: Context): Promise<Response> {
  if (await desk.accounts.isEmpty()) return seeOther('/setup');
  if (isForPrograms(row, context)) return new Response('Sign in first.\n', { status: 401 });
  return seeOther(`/sign-in?next=${encodeURIComponent(returnPathOf(row, context))}`);
}

/** A session ended in the middle: what was typed is kept for the same person and shown again after the sign-in. */
export async function expired(
  desk: DeskServices,
  session: Session,
  row: RouteRow,
  context: Context,
): Promise<Response> {
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

/** What was typed into the form of this page before, when it is asked for. */
export async function draftOf(desk: DeskServices, visit: Visit, row: RouteRow): Promise<FormFields | undefined> {
  if (row.method !== 'GET' || visit.session === undefined || visit.query.get('draft') !== '1') return undefined;
  const draft = await desk.drafts.find(visit.user.id, draftKeyOf(visit.target));
  return draft === undefined ? undefined : new FormFields(draft.fields);
}
