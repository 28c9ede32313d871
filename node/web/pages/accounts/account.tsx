import type { TextSize } from '../../../accounts/accounts.ts';
import { roleWords } from '../../../accounts/roles.ts';
import type { SessionSummary } from '../../../accounts/sessions.ts';
import { json, page, seeOther } from '../../answer.ts';
import { Checkboxes, Hidden, LinkButton, Radios, Submit } from '../../components/form.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, Unseen, When } from '../../components/text.tsx';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { browserWords } from './browser-words.ts';
import { SignInPlace } from './last-sign-in.tsx';

type AccountHandlers = Pick<
  HandlersOf<typeof accountRoutes>,
  'account' | 'preferences' | 'own-sessions-end' | 'session-stay'
>;

const textSizes: readonly { readonly value: TextSize; readonly label: string }[] = [
  { value: 'normal', label: 'Normal' },
  { value: 'large', label: 'Large' },
  { value: 'larger', label: 'Larger' },
];

/** Screen 25: who one is here, what one signs in with, where one is signed in, and how pages behave. */
export const ownAccountHandlers: AccountHandlers = {
  account: async (visit, desk) => {
    const sessions = await desk.accounts.listSessions(visit.user.id);
    return page({ title: 'My security' }, <AccountPage visit={visit} sessions={sessions} />);
  },
  preferences: async (visit, desk) => {
    const form = await visit.form();
    const textSize = textSizes.find(({ value }) => value === form.get('text-size'))?.value ?? 'normal';
    await desk.accounts.setPreferences(visit.user.id, { shortcuts: form.has('shortcuts'), textSize });
    return seeOther(url('account', {}, { saved: '1' }));
  },
  'own-sessions-end': async (visit, desk) => {
    const wanted = (await visit.form()).get('session');
    for (const { id } of await desk.accounts.listSessions(visit.user.id))
      if (wanted === id || (wanted === 'others' && id !== visit.session?.id))
        await desk.accounts.endSession(visit.user.id, id);
    return seeOther(
      wanted === visit.session?.id ? url('sign-in', {}, { out: '1' }) : url('account', {}, { ended: '1' }),
    );
  },
  /** Asked by a person who was told that the session ends soon: being asked keeps it. */
  'session-stay': (visit) => json({ msLeft: (visit.session?.expiresAt ?? 0) - visit.now }),
};

const said: readonly (readonly [string, string])[] = [
  ['changed', 'Your password is changed. You are signed out everywhere else.'],
  ['saved', 'Saved. It holds from this page on, wherever you sign in.'],
  ['ended', 'That session has ended: whoever used it has to sign in again.'],
];

function AccountPage({ visit, sessions }: { readonly visit: Visit; readonly sessions: readonly SessionSummary[] }) {
  const { user, session } = visit;
  const told = said.find(([name]) => visit.query.get(name) === '1')?.[1];
  return (
    <div class="narrow">
      <h1>My security</h1>
      {told === undefined ? null : (
        <Notice tone="green" role="status">
          <p>{told}</p>
        </Notice>
      )}
      <Section
        title="Who you are here"
        id="who"
        aside={<LinkButton href={url('password')}>Change your password</LinkButton>}
      >
        <Facts
          facts={[
            { term: 'Name', value: <Foreign text={user.name} /> },
            { term: 'Login', value: <span class="mono">{user.login}</span> },
            ...(user.department === '' ? [] : [{ term: 'Department', value: <Foreign text={user.department} /> }]),
            {
              term: user.roles.length > 1 ? 'Roles' : 'Role',
              value: user.roles.map((role) => (
                <p>
                  <b>{roleWords[role].title}</b>: {roleWords[role].may}
                </p>
              )),
            },
            {
              term: 'Last sign-in',
              value:
                session?.previousSignIn === undefined ? (
                  'this is the first'
                ) : (
                  <SignInPlace {...session.previousSignIn} />
                ),
            },
          ]}
        />
        <p class="quiet">Is something of this wrong? An administrator can change it.</p>
      </Section>
      <Sessions visit={visit} sessions={sessions} />
      <Section title="How pages behave" id="pages">
        <form method="post" action={url('preferences')}>
          <Checkboxes
            name="shortcuts"
            label="Keyboard"
            choices={[
              {
                value: 'on',
                label: 'Single keys as shortcuts',
                hint: 'Such as / for search and J and K in lists. Switch them off if you speak to your computer.',
              },
            ]}
            values={session?.preferences.shortcuts === false ? [] : ['on']}
          />
          <Radios
            name="text-size"
            label="Size of text"
            choices={textSizes}
            values={[session?.preferences.textSize ?? 'normal']}
            required
          />
          <Submit tone="second">Save</Submit>
        </form>
      </Section>
    </div>
  );
}

function Sessions({ visit, sessions }: { readonly visit: Visit; readonly sessions: readonly SessionSummary[] }) {
  const own = visit.session?.id;
  const columns: readonly Column<SessionSummary>[] = [
    {
      key: 'browser',
      label: 'Browser',
      isHeader: true,
      cell: ({ id, agent, address }) => (
        <>
          {browserWords(agent)} {id === own ? <Tag tone="blue">this one</Tag> : null}
          <span class="second-line">from {address}</span>
        </>
      ),
    },
    {
      key: 'seen',
      label: 'Last used',
      cell: ({ lastSeenAt, createdAt }) => (
        <>
          <When at={lastSeenAt} />
          <span class="second-line">
            since <When at={createdAt} />
          </span>
        </>
      ),
    },
    {
      key: 'end',
      label: 'End',
      cell: ({ id, agent }) => (
        <form method="post" action={url('own-sessions-end')}>
          <Hidden name="session" value={id} />
          <button type="submit" class="button quiet">
            {id === own ? 'Sign out' : 'End'}
            <Unseen> of {browserWords(agent)}</Unseen>
          </button>
        </form>
      ),
    },
  ];
  return (
    <Section title="Where you are signed in" id="sessions">
      <DataTable
        id="own-sessions"
        caption="Your sessions"
        hideCaption
        columns={columns}
        rows={sessions}
        rowKey={({ id }) => id}
      />
      {sessions.length < 2 ? null : (
        <form method="post" action={url('own-sessions-end')}>
          <Hidden name="session" value="others" />
          <Submit tone="second">End all others</Submit>
        </form>
      )}
    </Section>
  );
}
