import type { FieldFault } from '../../../accounts/accounts.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Submit, type FormErrors } from '../../components/form.tsx';
import { Steps } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { isByOwnName } from '../../http/cross-site.ts';
import { FormFields } from '../../http/form.ts';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { url } from '../../urls.ts';
import { enter } from './enter.ts';

/** Screen 13, first step: the first administrator of a new node. Once anybody is there, the page is closed for ever. */
export const setupHandlers: Pick<HandlersOf<typeof accountRoutes>, 'setup' | 'setup-post'> = {
  setup: async (_visit, desk) => {
    if (!(await desk.accounts.isEmpty())) return seeOther(url('sign-in'));
    return setupPage(desk, new FormFields([]), []);
  },
  'setup-post': async (visit, desk) => {
    if (!isByOwnName({ origin: visit.header('origin'), fetchSite: visit.header('sec-fetch-site') }))
      throw new OperationError(
        'denied',
        'foreign-name',
        'A node is set up over https, or at its own machine as http://localhost. Nobody was signed up.',
      );
    const form = await visit.form();
    const repeated = repeatFault(form, 'password');
    if (repeated !== undefined && (await desk.accounts.isEmpty())) return setupPage(desk, form, [repeated]);
    const result = await desk.accounts.signUpFirst({
      name: form.get('name'),
      login: form.get('login'),
      password: form.get('password'),
      address: visit.address,
      agent: visit.header('user-agent') ?? '',
    });
    if (result.state === 'not-empty') return seeOther(url('sign-in'));
    if (result.state === 'invalid') return setupPage(desk, form, result.faults.map(errorOf));
    return enter(desk, result, url('first-run'));
  },
};

/** A fault of the accounts as the form says it: a sentence. */
export function errorOf({ field: given, message }: FieldFault): { readonly field: string; readonly message: string } {
  const field = given === 'current' ? 'current-password' : given;
  return { field, message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.` };
}

/** The same password typed twice: nobody sees what they type. No draft keeps a field with `password` in its name. */
export function repeatFault(form: FormFields, name: string): { field: string; message: string } | undefined {
  if (form.get(name) === form.get('password-again')) return undefined;
  return { field: 'password-again', message: 'The two passwords differ. Type the same one twice.' };
}

export const passwordHint =
  'At least 15 characters. Four or five words that have nothing to do with each other are easy to keep in mind; you may paste it from a password manager.';

function setupPage(desk: DeskServices, form: FormFields, errors: FormErrors): Answer {
  return page(
    { title: 'Set up this node', bare: true, status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>Set up {desk.own.title}</h1>
      <Steps
        label="Steps of the set-up"
        steps={[
          { label: 'Node and keys', state: 'done' },
          { label: 'First administrator', state: 'current' },
          { label: 'Checks', state: 'waiting' },
          { label: 'Users and peers', state: 'waiting' },
        ]}
      />
      <ErrorSummary errors={errors} title="You are not signed up yet" />
      <form class="panel" method="post" action={url('setup-post')}>
        <p>
          Nobody has signed in here yet. You become the first administrator: you add users, pair with other hospitals
          and change settings. Administrators never see patients.
        </p>
        <Field
          name="name"
          label="Your name"
          value={form.get('name')}
          autocomplete="name"
          maxlength={200}
          errors={errors}
          required
        />
        <Field
          name="login"
          label="Login"
          hint="What you type to sign in: small letters a to z, digits, dots and hyphens."
          value={form.get('login')}
          autocomplete="username"
          maxlength={64}
          width="medium"
          errors={errors}
          required
        />
        <Field
          name="password"
          label="Password"
          hint={passwordHint}
          type="password"
          autocomplete="new-password"
          errors={errors}
          required
        />
        <Field
          name="password-again"
          label="Password, once more"
          type="password"
          autocomplete="new-password"
          errors={errors}
          required
        />
        <div class="actions">
          <Submit>Sign up and go to the checks</Submit>
        </div>
      </form>
    </div>,
  );
}
