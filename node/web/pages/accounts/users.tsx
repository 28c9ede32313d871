import { roleWords } from '../../../accounts/roles.ts';
import type { User } from '../../../accounts/users.ts';
import { page } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { url } from '../../urls.ts';

const pageSize = 100;

/** Screen 16: everybody who has or had a login here. */
export const userListHandlers: Pick<HandlersOf<typeof accountRoutes>, 'users'> = {
  users: async (visit, desk) => {
    const after = visit.query.get('after') ?? undefined;
    const { users, hasMore, all, active } = await desk.accounts.users.page({ limit: pageSize, after });
    const last = hasMore ? users.at(-1) : undefined;
    return page(
      { title: 'Users' },
      <>
        <div class="page-head">
          <h1>Users</h1>
          <LinkButton href={url('user-new')} tone="main">
            Add a user
          </LinkButton>
        </div>
        <p class="quiet">
          {active} of {all} can sign in. Administrators and auditors never see patients; every change here stands in the
          exchange log.
        </p>
        <DataTable id="users" caption="Users" hideCaption columns={columns} rows={users} rowKey={({ id }) => id} />
        <Pager
          newer={after === undefined ? undefined : url('users')}
          older={last === undefined ? undefined : url('users', {}, { after: last.id })}
        />
      </>,
    );
  },
};

const columns: readonly Column<User>[] = [
  {
    key: 'name',
    label: 'Name',
    isHeader: true,
    cell: ({ id, name, login }) => (
      <>
        <a class="name" href={url('user', { user: id })}>
          <Foreign text={name} />
        </a>
        <span class="second-line mono">{login}</span>
      </>
    ),
  },
  {
    key: 'roles',
    label: 'Roles',
    cell: ({ roles, department }) => (
      <>
        {roles.map((role) => roleWords[role].title).join(', ')}
        {department === '' ? null : (
          <span class="second-line">
            <Foreign text={department} />
          </span>
        )}
      </>
    ),
  },
  { key: 'state', label: 'State', cell: (user) => <UserState user={user} /> },
  { key: 'factors', label: 'Signs in with', cell: ({ password }) => factorWords[password] },
  { key: 'sessions', label: 'Sessions', align: 'end', cell: ({ liveSessions }) => String(liveSessions) },
  {
    key: 'last',
    label: 'Last sign-in',
    cell: ({ lastSignInAt }) => (lastSignInAt === undefined ? 'never' : <When at={lastSignInAt} />),
  },
];

/** What a user proves with who they are. */
export const factorWords: Readonly<Record<User['password'], string>> = {
  own: 'a password of their own',
  temporary: 'a temporary password, for seven days',
  'temporary-expired': 'a temporary password that has expired',
};

/** Whether somebody can sign in, in a word. */
export function UserState({ user }: { readonly user: User }) {
  if (!user.active) return <Tag>deactivated</Tag>;
  if (user.locked) return <Tag tone="red">locked</Tag>;
  if (user.password === 'temporary-expired') return <Tag tone="amber">expired</Tag>;
  if (user.password === 'temporary') return <Tag tone="blue">invited</Tag>;
  return <Tag tone="green">active</Tag>;
}
