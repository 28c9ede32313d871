import { page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { enter } from './enter.ts';
import { errorOf, passwordHint, repeatFault } from './setup.tsx';
import { tokenOf, waitWords } from './sign-in.tsx';

/** One's own password, and the step that a temporary one leads to. Every other session ends. */
export const passwordHandlers: Pick<HandlersOf<typeof accountRoutes>, 'password' | 'password-change'> = {
  password: (visit) => passwordPage(visit, visit.query.get('next') ?? '', []),
  'password-change': async (visit, desk) => {
    const form = await visit.form();
    const next = form.get('next');
    const repeated = repeatFault(form, 'password');
    if (repeated !== undefined) return passwordPage(visit, next, [repeated]);
    const result = await desk.accounts.changePassword(tokenOf(visit, desk) ?? '', {
      current: form.get('current-password'),
      next: form.get('password'),
      address: visit.address,
    });
    const again = (message: string): Answer =>
      passwordPage(visit, next, [
        { field: visit.session?.step === 'new-password' ? 'password' : 'current-password', message },
      ]);
    switch (result.state) {
      case 'signed-in':
        return enter(
          desk,
          result,
          next === '' && visit.session?.step === 'done' ? url('account', {}, { changed: '1' }) : next,
        );
      case 'invalid':
        return passwordPage(visit, next, result.faults.map(errorOf));
      case 'wait':
        return again(
          `After wrong tries the next has to wait. Nothing was changed. Try again in ${waitWords(Math.ceil((result.until - visit.now) / 1000))}.`,
        );
      case 'locked':
        return again('Your login is locked after 100 wrong tries. An administrator ends this with a new password.');
      case 'busy':
        return again('Many people are signing in just now. Nothing was changed. Try again in a few seconds.');
      case 'refused':
        return seeOther(url('sign-in'));
    }
  },
};

function passwordPage(visit: Visit, next: string, errors: FormErrors): Answer {
  const isFirst = visit.session?.step === 'new-password';
  return page(
    { title: 'Choose a password', bare: isFirst, status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>{isFirst ? 'Choose a password of your own' : 'Change your password'}</h1>
      <ErrorSummary errors={errors} title="Your password was not changed" />
      <form class="panel" method="post" action={url('password-change')}>
        <p>
          {isFirst
            ? 'You signed in with a temporary password that somebody else has seen. Choose one that nobody else knows.'
            : 'When you have changed it, you stay signed in here and are signed out everywhere else.'}
        </p>
        <Hidden name="next" value={next} />
        <input type="hidden" name="username" autocomplete="username" value={visit.user.login} />
        {isFirst ? null : (
          <Field
            name="current-password"
            label="Your present password"
            type="password"
            autocomplete="current-password"
            errors={errors}
            required
          />
        )}
        <Field
          name="password"
          label="New password"
          hint={passwordHint}
          type="password"
          autocomplete="new-password"
          errors={errors}
          required
        />
        <Field
          name="password-again"
          label="New password, once more"
          type="password"
          autocomplete="new-password"
          errors={errors}
          required
        />
        <div class="actions">
          <Submit>Change the password</Submit>
          {isFirst ? null : <LinkButton href={url('account')}>Leave it as it is</LinkButton>}
        </div>
      </form>
      {isFirst ? (
        <form method="post" action={url('sign-out')}>
          <Submit tone="second">Sign out</Submit>
        </form>
      ) : null}
    </div>,
  );
}
