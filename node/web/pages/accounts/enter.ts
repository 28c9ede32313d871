import type { Session } from '../../../accounts/accounts.ts';
import { seeOther } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { draftKeyOf } from '../../draft-key.ts';
import { setSessionCookie } from '../../http/session-cookie.ts';
import { homeOf } from '../../layout/navigation.ts';
import { parseOwnPath, url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

/**
 * Leads whoever has just signed in to where they wanted to go, with what they had typed there when their session ended;
 * before that to their next step, if there is one.
 */
export async function enter(
  desk: DeskServices,
  begun: { readonly token: string; readonly session: Session },
  next: string,
): Promise<Response> {
  const answer = seeOther(await placeAfter(desk, begun.session, next));
  answer.headers.append('set-cookie', setSessionCookie(desk.own.name, begun.token));
  return answer;
}

async function placeAfter(desk: DeskServices, session: Session, next: string): Promise<string> {
  const wanted = parseOwnPath(next);
  if (session.step === 'new-password') return url('password', {}, { next: wanted });
  if (wanted === undefined || isAboutSigningIn(wanted)) return homeOf(personOf(session));
  const draft = await desk.drafts.find(session.user.id, draftKeyOf(wanted));
  if (draft === undefined) return wanted;
  const restored = new URL(wanted, 'http://desk.invalid');
  restored.searchParams.set('draft', '1');
  return restored.pathname + restored.search;
}

/** Who this is, for the navigation, before there is a visit of theirs. */
export function personOf({ user }: Session): Pick<Visit, 'is' | 'target'> {
  return { target: '/', is: (...roles) => roles.some((role) => user.roles.includes(role)) };
}

function isAboutSigningIn(path: string): boolean {
  return ['/sign-in', '/sign-out', '/setup', '/account/password'].some(
    (each) => path === each || path.startsWith(`${each}?`),
  );
}
