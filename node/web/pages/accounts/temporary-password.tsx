import { Hidden, Submit } from '../../components/form.tsx';
import { Notice } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

/** So long the administrator who made it can read a temporary password out. */
const shownMs = 10 * 60_000;

const formOf = (user: string): string => `temporary-password/${user}`;

/** Keeps it sealed for the page after the redirect, for this administrator alone. */
export async function keepTemporaryPassword(
  visit: Visit,
  desk: DeskServices,
  user: string,
  password: string,
): Promise<void> {
  await desk.drafts.save(visit.user.id, formOf(user), [['password', password]]);
}

export async function findTemporaryPassword(
  visit: Visit,
  desk: DeskServices,
  user: string,
): Promise<string | undefined> {
  const kept = await desk.drafts.find(visit.user.id, formOf(user));
  if (kept === undefined) return undefined;
  if (visit.now - kept.savedAt < shownMs) return kept.fields[0]?.[1];
  await forgetTemporaryPassword(visit, desk, user);
  return undefined;
}

export async function forgetTemporaryPassword(visit: Visit, desk: DeskServices, user: string): Promise<void> {
  await desk.drafts.remove(visit.user.id, formOf(user));
}

/** The password in letters that can be told apart, and what to do with it. */
export function TemporaryPassword({
  user,
  login,
  password,
}: {
  readonly user: string;
  readonly login: string;
  readonly password: string;
}) {
  return (
    <Notice tone="blue" title="A temporary password, shown here for ten minutes" id="temporary-password">
      <p>
        Login <b class="mono">{login}</b>, password <b class="mono told-password">{password}</b>
      </p>
      <p>
        Hand it over in person or read it out on the telephone; do not mail it. It is good for seven days and one
        purpose: whoever signs in with it chooses a password of their own.
      </p>
      <form method="post" action={url('user-password-told', { user })}>
        <Hidden name="user" value={user} />
        <Submit tone="second">I have handed it over</Submit>
      </form>
    </Notice>
  );
}
