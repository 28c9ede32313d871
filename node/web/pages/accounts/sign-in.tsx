import type { Session, SignInResult } from '../../../accounts/accounts.ts';
import type { Instant } from '../../../../protocol/instant.ts';
import type { TimeZone } from '../../../alerts/time-zone.ts';
import { page, seeOther, type Answer, type PageFacts } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, Submit, type FormErrors } from '../../components/form.tsx';
import { Notice } from '../../components/panel.tsx';
import { timeWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { draftKeyOf } from '../../draft-key.ts';
import { clearSessionCookie, readCookie, sessionCookieName } from '../../http/session-cookie.ts';
import { unpackForm } from '../../kept-form.ts';
import { homeOf } from '../../layout/navigation.ts';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { parseOwnPath, url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { enter } from './enter.ts';

type SignInHandlers = Pick<HandlersOf<typeof accountRoutes>, 'sign-in' | 'sign-in-post' | 'sign-out'>;

/** Screen 1: one form; every wrong try gets the same answer, and a wait says when it ends (Node §7). */
export const signInHandlers: SignInHandlers = {
  'sign-in': async (visit, desk) => {
    if (await desk.accounts.isEmpty()) return seeOther(url('setup'));
    if (visit.session?.step === 'done') return seeOther(parseOwnPath(visit.query.get('next') ?? '') ?? homeOf(visit));
    const told = visit.query.get('ended') === '1' ? ended : visit.query.get('out') === '1' ? signedOut : undefined;
    return signInPage(desk, { next: visit.query.get('next') ?? '', login: '', errors: [], told });
  },
  'sign-in-post': async (visit, desk) => {
    const form = await visit.form();
    const [login, next, kept] = [form.get('login'), form.get('next'), form.get('kept')];
    const agent = visit.header('user-agent') ?? '';
    const { address } = visit;
    const result = await desk.accounts.signIn({ login, password: form.get('password'), address, agent });
    if (result.state === 'signed-in') {
      await keepTyped(desk, result.session, next, kept);
      return enter(desk, result, next);
    }
    const refusal = refusalOf(result, visit.now, await desk.settings.zone());
    return signInPage(desk, { next, login, kept, ...refusal });
  },
  'sign-out': async (visit, desk) => {
    const token = tokenOf(visit, desk);
    if (token !== undefined) await desk.accounts.signOut(token);
    const answer = seeOther(url('sign-in', {}, { out: '1' }));
    answer.headers.append('set-cookie', clearSessionCookie(desk.own.name));
    answer.headers.set('clear-site-data', '"cache", "storage"');
    return answer;
  },
};

/** The sign-in of somebody whose form came after their session had gone; `kept` as of `packForm`. */
export function signInWithForm(desk: DeskServices, next: string, kept: string | undefined): Answer {
  const told = kept === undefined ? signedOutTooMuch : signedOutTyping;
  return signInPage(desk, { next, login: '', errors: [], kept: kept ?? '', told, status: 401 });
}

/** Whoever signs in finds it in the form, and sends it or not. */
async function keepTyped(desk: DeskServices, { user }: Session, next: string, kept: string): Promise<void> {
  const [fields, page] = [unpackForm(kept), parseOwnPath(next)];
  if (fields.length > 0 && page !== undefined) await desk.drafts.save(user.id, draftKeyOf(page), fields);
}

/** The secret of the session that asks. */
export function tokenOf(visit: Visit, desk: DeskServices): string | undefined {
  return readCookie(visit.header('cookie'), sessionCookieName(desk.own.name));
}

interface SignInFacts {
  readonly next: string;
  readonly login: string;
  readonly errors: FormErrors;
  readonly told?: Told | undefined;
  readonly kept?: string;
  readonly status?: PageFacts['status'];
  readonly retryAfterSeconds?: number;
}

interface Told {
  readonly title: string;
  readonly text: string;
}

const ended: Told = {
  title: 'Your session has ended',
  text: 'A session ends after 15 minutes without use, and after 12 hours. What you had typed is kept for you: sign in to go on.',
};
const signedOutTyping: Told = {
  title: 'You were signed out before this was sent',
  text: 'Nothing of it was saved. What you had typed is kept in this page: sign in to go on with it.',
};
const signedOutTooMuch: Told = {
  title: 'You were signed out before this was sent',
  text: 'Nothing of it was saved, and it is too long to be kept here. Sign in in another window first, then go back to your form and send it again.',
};
const signedOut: Told = { title: 'You have signed out', text: 'Nothing of yours is open in this browser any more.' };

type Refusal = Exclude<SignInResult, { readonly state: 'signed-in' }>;

/** What the page says of a try that did not succeed. It tells nothing about whether the login exists. */
function refusalOf(
  result: Refusal,
  now: Instant,
  zone: TimeZone,
): Pick<SignInFacts, 'errors' | 'status' | 'retryAfterSeconds'> {
  switch (result.state) {
    case 'refused':
      return {
        status: 422,
        errors: [{ field: 'password', message: 'Login and password do not belong together. Check both.' }],
      };
    case 'wait': {
      const seconds = Math.ceil((result.until - now) / 1000);
      const whose = result.of === 'login' ? 'with this login' : 'from this computer or network';
      const end = timeWords(result.until, zone);
      const message = `After wrong tries ${whose} the next has to wait. Nothing was checked. Try again in ${waitWords(seconds)}, at ${end}.`;
      return { status: 429, retryAfterSeconds: seconds, errors: [{ field: 'login', message }] };
    }
    case 'locked':
      return {
        status: 403,
        errors: [
          {
            field: 'login',
            message:
              'This login is locked after 100 wrong tries in a row. The lock does not end by itself: an administrator ends it by giving you a new password.',
          },
        ],
      };
    case 'busy':
      return {
        status: 503,
        retryAfterSeconds: 5,
        errors: [{ field: 'login', message: 'Many people are signing in just now. Try again in a few seconds.' }],
      };
  }
}

/** The try that was refused is over; how long until the next, in words. */
export function waitWords(seconds: number): string {
  if (seconds < 120) return `${Math.max(1, seconds)} ${seconds > 1 ? 'seconds' : 'second'}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

function signInPage(desk: DeskServices, facts: SignInFacts): Answer {
  const { errors, login, next, told, kept = '', status = 200, retryAfterSeconds } = facts;
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return page(
    { title: 'Sign in', bare: true, status, headers },
    <div class="narrow sign-in">
      <h1>Sign in to {desk.own.title}</h1>
      <ErrorSummary errors={errors} title="You are not signed in" />
      {told === undefined || errors.length > 0 ? null : (
        <Notice title={told.title} role="status">
          <p>{told.text}</p>
        </Notice>
      )}
      <form class="panel" method="post" action={url('sign-in-post')}>
        <Hidden name="next" value={next} />
        {kept === '' ? null : <Hidden name="kept" value={kept} />}
        <Field
          name="login"
          label="Login"
          value={login}
          autocomplete="username"
          maxlength={100}
          errors={errors}
          autofocus={errors.length === 0}
          required
        />
        <Field
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          maxlength={1000}
          errors={errors}
          required
        />
        <div class="actions">
          <Submit>Sign in</Submit>
        </div>
      </form>
      <p class="quiet">
        Forgotten the password, or no login yet? An administrator of this hospital gives you a new one, in person or by
        telephone. Nobody can read the old one.
      </p>
    </div>,
  );
}
