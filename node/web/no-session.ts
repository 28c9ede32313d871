import type { Session } from '../accounts/accounts.ts';
import type { Draft } from '../accounts/drafts.ts';
import { OperationError } from '../platform/operation-error.ts';
import { seeOther, type Answer } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import { draftKeyOf } from './draft-key.ts';
import { FormFields, isSecretField, readForm, strangersFormBytesMax } from './http/form.ts';
import { clearSessionCookie } from './http/session-cookie.ts';
import { hasTyped, packForm } from './kept-form.ts';
import { signInWithForm } from './pages/accounts/sign-in.tsx';
import { isForPrograms, noFacts, returnPathOf, type Context } from './request-facts.ts';
import type { RouteRow } from './route.ts';
import { Visit } from './visit.ts';

const formType = 'application/x-www-form-urlencoded';

/**
 * Nobody has signed in: a page leads to the sign-in and back; everything else says so. Who was signed out with a form
 * before them and sends it gets the sign-in at once, which keeps what they typed.
 */
export async function signInFirst(desk: DeskServices, row: RouteRow, context: Context): Promise<Answer> {
  if (await desk.accounts.isEmpty()) return seeOther('/setup');
  if (isForPrograms(row, context)) return new Response('Sign in first.\n', { status: 401 });
  const next = returnPathOf(row, context);
  const plain = seeOther(`/sign-in?next=${encodeURIComponent(next)}`);
  if (!isPostedForm(row, context)) return plain;
  const fields = await fieldsOf(desk, context);
  if (fields !== undefined && !hasTyped(fields)) return plain;
  return signInWithForm(desk, next, fields === undefined ? undefined : packForm(fields));
}

function isPostedForm({ method }: RouteRow, context: Context): boolean {
  return method === 'POST' && (context.req.header('content-type') ?? '').startsWith(formType);
}

/** `undefined` where it is more than a stranger may send. */
async function fieldsOf(desk: DeskServices, context: Context): Promise<Draft['fields'] | undefined> {
  const body = new Visit({ ...noFacts(context, desk), route: 'help' }).body();
  try {
    return (await readForm(formType, body, strangersFormBytesMax)).entries();
  } catch (error) {
    if (error instanceof OperationError) return undefined;
    throw error;
  }
}

/** A session ended in the middle: what was typed is kept for the same person and shown again after the sign-in. */
export async function expired(
  desk: DeskServices,
  session: Session,
  row: RouteRow,
  context: Context,
): Promise<Response> {
  const back = returnPathOf(row, context);
  if (isPostedForm(row, context)) {
    const fields = await readForm(formType, new Visit({ ...noFacts(context, desk), route: 'help' }).body());
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
