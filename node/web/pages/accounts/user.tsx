import { roleWords } from '../../../accounts/roles.ts';
import type { User } from '../../../accounts/users.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { errorOf } from './setup.tsx';
import {
  findTemporaryPassword,
  forgetTemporaryPassword,
  keepTemporaryPassword,
  TemporaryPassword,
} from './temporary-password.tsx';
import { readUser, UserFields, type TypedUser } from './user-fields.tsx';
import { factorWords, UserState } from './users.tsx';

type UserHandlers = Pick<
  HandlersOf<typeof accountRoutes>,
  | 'user-new'
  | 'user-add'
  | 'user'
  | 'user-change'
  | 'user-password'
  | 'user-password-told'
  | 'user-deactivate'
  | 'user-activate'
  | 'user-sessions-end'
>;

const nobody: TypedUser = { login: '', name: '', department: '', roles: [] };

/** Screen 16: one user; each act is a button that says what follows, and leads back here. */
export const userHandlers: UserHandlers = {
  'user-new': (visit, desk) => newUserPage(desk, visit.draft === undefined ? nobody : readUser(visit.draft), []),
  'user-add': async (visit, desk) => {
    const typed = readUser(await visit.form());
    try {
      return await visit.once(async () => {
        const added = await desk.accounts.users.add(visit.user.id, typed);
        if (added.state === 'invalid') throw new RefusedForm(added.faults.map(errorOf));
        await keepTemporaryPassword(visit, desk, added.user.id, added.password);
        return url('user', { user: added.user.id }, { did: 'added' });
      });
    } catch (error) {
      if (error instanceof RefusedForm) return await newUserPage(desk, typed, error.errors);
      throw error;
    }
  },
  user: async (visit, desk) => {
    const user = await desk.accounts.users.get(visit.param('user'));
    return await userPage(visit, desk, user, user, []);
  },
  'user-change': async (visit, desk) => {
    const id = visit.param('user');
    const { name, department, roles } = readUser(await visit.form());
    const typed = { name, department, roles };
    const changed = await desk.accounts.users.change(visit.user.id, id, typed);
    if (changed.state === 'done') return done(id, 'changed');
    return await userPage(visit, desk, await desk.accounts.users.get(id), typed, changed.faults.map(errorOf));
  },
  'user-password': async (visit, desk) => {
    const id = visit.param('user');
    // Their session would end before anybody could read it: the only administrator would have locked everybody out.
    if (id === visit.user.id)
      throw new OperationError(
        'conflict',
        'own-password',
        'This is your own user: change your password under your own name. Nothing was changed.',
      );
    return await visit.once(async () => {
      const set = await desk.accounts.users.setPassword(visit.user.id, id);
      if (set.state === 'done') await keepTemporaryPassword(visit, desk, id, set.password);
      return url('user', { user: id }, { did: 'password' });
    });
  },
  'user-password-told': async (visit, desk) => {
    await forgetTemporaryPassword(visit, desk, visit.param('user'));
    return done(visit.param('user'), '');
  },
  'user-deactivate': async (visit, desk) => {
    await desk.accounts.users.deactivate(visit.user.id, visit.param('user'));
    return done(visit.param('user'), 'deactivated');
  },
  'user-activate': async (visit, desk) => {
    await desk.accounts.users.activate(visit.user.id, visit.param('user'));
    return done(visit.param('user'), 'activated');
  },
  'user-sessions-end': async (visit, desk) => {
    await desk.accounts.users.endSessions(visit.user.id, visit.param('user'));
    return done(visit.param('user'), 'sessions');
  },
};

/** Ends the work of a form that is shown again: thrown, so that it may be sent again. */
class RefusedForm extends Error {
  override readonly name = 'RefusedForm';
  readonly errors: FormErrors;

  constructor(errors: FormErrors) {
    super('the form was refused');
    this.errors = errors;
  }
}

function done(user: string, did: string): Response {
  return seeOther(url('user', { user }, { did }));
}

const said: Readonly<Record<string, string>> = {
  added: 'Added. Give them the temporary password below.',
  changed: 'Saved. If the roles changed, every session of this user has ended.',
  password: 'A new password is set, every session has ended, and the login is unlocked.',
  deactivated: 'Deactivated. Every session has ended; nobody signs in with this login until it is activated again.',
  activated: 'Activated: this user can sign in again.',
  sessions: 'Every session of this user has ended.',
};

async function departmentNames(desk: DeskServices): Promise<readonly string[]> {
  return (await desk.departments.list()).filter(({ active }) => active).map(({ name }) => name);
}

async function newUserPage(desk: DeskServices, typed: TypedUser, errors: FormErrors): Promise<Answer> {
  const departments = await departmentNames(desk);
  return page(
    { title: 'Add a user', status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>Add a user</h1>
      <ErrorSummary errors={errors} title="The user was not added" />
      <form class="panel" method="post" action={url('user-add')}>
        <Once token={desk.random.uuid()} />
        <UserFields user={typed} errors={errors} departments={departments} withLogin />
        <p class="quiet">
          They get a temporary password, which you hand over, and choose one of their own when they first sign in.
        </p>
        <div class="actions">
          <Submit>Add the user</Submit>
          <LinkButton href={url('users')}>Back to all users</LinkButton>
        </div>
      </form>
    </div>,
  );
}

async function userPage(
  visit: Visit,
  desk: DeskServices,
  user: User,
  typed: Omit<TypedUser, 'login'>,
  errors: FormErrors,
): Promise<Answer> {
  const departments = await departmentNames(desk);
  const password = user.password === 'temporary' ? await findTemporaryPassword(visit, desk, user.id) : undefined;
  const did = new Map(Object.entries(said)).get(visit.query.get('did') ?? '');
  return page(
    { title: user.name, status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <div class="page-head">
        <h1>
          <Foreign text={user.name} />
        </h1>
        <LinkButton href={url('users')}>All users</LinkButton>
      </div>
      <ErrorSummary errors={errors} />
      {did === undefined ? null : (
        <Notice tone="green" role="status">
          <p>{did}</p>
        </Notice>
      )}
      {password === undefined ? null : <TemporaryPassword user={user.id} login={user.login} password={password} />}
      <Standing user={user} once={desk.random.uuid()} isSelf={visit.user.id === user.id} />
      <Section title="Name and roles" id="roles">
        <form method="post" action={url('user-change', { user: user.id })}>
          <UserFields
            user={{ ...typed, login: user.login }}
            errors={errors}
            departments={departments}
            withLogin={false}
          />
          <p class="quiet">Changed roles hold at once: every session of this user ends.</p>
          <Submit>Save</Submit>
        </form>
      </Section>
    </div>,
  );
}

/** How things stand with a user, and what can be done about it. */
function Standing({ user, once, isSelf }: { readonly user: User; readonly once: string; readonly isSelf: boolean }) {
  const { id, active, locked, liveSessions, lastSignInAt } = user;
  return (
    <Section title="Sign-in" id="standing">
      <Facts
        facts={[
          { term: 'State', value: <UserState user={user} /> },
          { term: 'Login', value: <span class="mono">{user.login}</span> },
          { term: 'Roles', value: user.roles.map((role) => roleWords[role].title).join(', ') },
          { term: 'Signs in with', value: factorWords[user.password] },
          { term: 'Added', value: <When at={user.createdAt} /> },
          { term: 'Last sign-in', value: lastSignInAt === undefined ? 'never' : <When at={lastSignInAt} /> },
          {
            term: 'Signed in now',
            value: liveSessions === 0 ? 'nowhere' : `in ${liveSessions} ${liveSessions === 1 ? 'browser' : 'browsers'}`,
          },
        ]}
      />
      {locked ? (
        <Notice tone="red" title="Locked after 100 wrong tries in a row">
          <p>Somebody may be guessing this password. A new one ends the lock.</p>
        </Notice>
      ) : null}
      <div class="actions">
        {active ? (
          <>
            <form method="post" action={url('user-deactivate', { user: id })}>
              <Submit tone="danger">Deactivate{isSelf ? ' yourself' : ''}</Submit>
            </form>
            {isSelf ? (
              <LinkButton href={url('password')}>Change your password</LinkButton>
            ) : (
              <form method="post" action={url('user-password', { user: id })}>
                <Once token={once} />
                <Submit tone="second">{locked ? 'Unlock with a new password' : 'Set a new password'}</Submit>
              </form>
            )}
          </>
        ) : (
          <form method="post" action={url('user-activate', { user: id })}>
            <Submit tone="second">Activate again</Submit>
          </form>
        )}
        {liveSessions === 0 ? null : (
          <form method="post" action={url('user-sessions-end', { user: id })}>
            <Submit tone="second">End every session</Submit>
          </form>
        )}
      </div>
      <p class="quiet">
        Users are deactivated and never deleted: the journal of who looked at which record names them for good.
        Deactivating ends every session at once and can be taken back.
      </p>
    </Section>
  );
}
