import type { PreviousSignIn } from '../../../accounts/accounts.ts';
import { Notice } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { browserWords } from './browser-words.ts';

/** So long after a sign-in the pages tell of the one before. */
const shownMs = 30_000;

/**
 * Where this user signed in before, and what was tried since: whoever did not do that should say so. Shown on the first
 * page after signing in; later it stands under one's own name.
 */
export function LastSignIn({ visit }: { readonly visit: Visit }) {
  const { session } = visit;
  if (session === undefined || session.step !== 'done' || visit.now - session.createdAt > shownMs) return null;
  const { previousSignIn, failedTries } = session;
  if (failedTries > 0)
    return (
      <Notice tone="amber" role="status" title={failedWords(failedTries, previousSignIn !== undefined)}>
        {previousSignIn === undefined ? null : (
          <p>
            Your last sign-in: <SignInPlace {...previousSignIn} />.
          </p>
        )}
        <p>
          <NotYou />
        </p>
      </Notice>
    );
  return (
    <div class="notice quiet-notice" role="status">
      {previousSignIn === undefined ? (
        <p>This is your first sign-in here.</p>
      ) : (
        <p>
          Your last sign-in: <SignInPlace {...previousSignIn} />. <NotYou />
        </p>
      )}
    </div>
  );
}

/** When, with what and from where; the address of a proxy is the proxy's. */
export function SignInPlace({ at, address, agent }: PreviousSignIn) {
  return (
    <>
      <When at={at} />
      {agent === '' ? null : `, with ${browserWords(agent)}`}
      {address === '' ? null : (
        <>
          , from <Foreign text={address} />
        </>
      )}
    </>
  );
}

function failedWords(count: number, isKnown: boolean): string {
  const since = isKnown ? 'Since you last signed in' : 'Before you first signed in';
  return `${since}, ${count === 1 ? 'one wrong password was' : `${count} wrong passwords were`} typed for your login`;
}

function NotYou() {
  return (
    <>
      Was that not you? <a href={url('password')}>Change your password</a> and tell an administrator.
    </>
  );
}
