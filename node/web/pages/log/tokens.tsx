import type { Instant } from '../../../../protocol/instant.ts';
import type { AccessToken, TokenPlace } from '../../../exchange-log/tokens.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { EmptyState, Notice, Section } from '../../components/panel.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { submitOnce } from '../../submit-once.ts';
import { url } from '../../urls.ts';
import { findIssued, holdIssued, type IssuedToken } from './issued-tokens.ts';

const labelLettersMax = 100;
const pageSize = 50;
type TokenRoutes = 'tokens' | 'token-issue' | 'token-ask' | 'token-revoke';

/** Auditors' tokens: who may read the log and the records behind it from outside (Spec §5.8). Administrators only. */
export const tokenHandlers: Pick<HandlersOf<typeof logRoutes>, TokenRoutes> = {
  tokens: (visit, desk) =>
    tokensPage(desk, {
      label: visit.draft?.get('label') ?? '',
      made: visit.query.get('made') ?? '',
      before: readPlace(visit.query.get('before')),
    }),
  // The one form whose answer is no redirect: the token is in no database and no address, and shows in this page alone.
  'token-issue': async (visit, desk) => {
    const form = await visit.form();
    const label = form.get('label').trim();
    const once = form.get('once');
    const done = await submitOnce(visit, async () => {
      try {
        holdIssued(visit, desk, once, { label, token: await desk.tokens.issue(label, visit.user.id) });
        return url('tokens', {}, { made: label });
      } catch (error) {
        if (!(error instanceof OperationError) || (error.code !== 'bad-label' && error.code !== 'label-taken'))
          throw error;
        return tokensPage(desk, { label, errors: [{ field: 'label', message: error.message }] });
      }
    });
    const issued = findIssued(visit, desk, once);
    return issued === undefined ? done : tokensPage(desk, { label: '', issued });
  },
  'token-ask': (visit, desk) => {
    const label = visit.query.get('label') ?? '';
    return page(
      { title: 'Take a token back' },
      <>
        <h1>
          Take back the token “<Foreign text={label} />
          ”?
        </h1>
        <p>Whoever holds it reads nothing more from this moment on. What they have read, they have.</p>
        <form method="post" action={url('token-revoke')} class="inline">
          <Once token={desk.random.uuid()} />
          <Hidden name="label" value={label} />
          <Submit tone="danger">Take it back</Submit>
          <LinkButton href={url('tokens')}>Leave it as it is</LinkButton>
        </form>
      </>,
    );
  },
  'token-revoke': async (visit, desk) => {
    const label = (await visit.form()).get('label');
    return visit.once(async () => {
      if (!(await desk.tokens.revoke(label, visit.user.id)))
        throw new OperationError('not-found', 'unknown-token', 'No live token has this label. Nothing was changed.');
      return url('tokens');
    });
  },
};

interface TokensState {
  readonly label: string;
  readonly before?: TokenPlace | undefined;
  readonly errors?: FormErrors;
  readonly issued?: IssuedToken;
  /** The label of a token that was made by a form which is sent again now. */
  readonly made?: string;
}

interface Row extends AccessToken {
  readonly createdName: string;
  readonly revokedName: string;
}

async function tokensPage(
  desk: DeskServices,
  { label, errors = [], issued, made = '', before }: TokensState,
): Promise<Answer> {
  const users = new Map((await desk.accounts.users.list()).map((user) => [user.id as string, user.name]));
  const nameOf = (id: string): string => users.get(id) ?? id;
  const found = await desk.tokens.page({ limit: pageSize + 1, before });
  const tokens = found
    .slice(0, pageSize)
    .map((token) => ({ ...token, createdName: nameOf(token.createdBy), revokedName: nameOf(token.revokedBy) }));
  const last = found.length > pageSize ? tokens.at(-1) : undefined;
  return page(
    { title: 'Auditors', status: errors.length === 0 ? 200 : 422, secret: issued !== undefined },
    <>
      <ErrorSummary errors={errors} title="No token was made" />
      <h1>Auditors’ tokens</h1>
      <p>
        With a token an auditor reads this log, and the records behind it, from outside with their own tools. Records
        hold no patient. Auditors who work here sign in instead.
      </p>
      {issued === undefined ? null : <Issued label={issued.label} token={issued.token} desk={desk} />}
      {made === '' || !tokens.some((token) => token.label === made) ? null : (
        <Notice
          tone="amber"
          role="status"
          title={
            <>
              The token for <Foreign text={made} /> was made before
            </>
          }
        >
          <p>It is shown once and never again. If nobody wrote it down, take it back and make another.</p>
        </Notice>
      )}
      <Section id="new-token" title="Make a token">
        <form method="post" action={url('token-issue')}>
          <Once token={desk.random.uuid()} />
          <Field
            name="label"
            label="For whom"
            hint="Letters, digits, spaces or . _ @ -; it stands in the log"
            value={label}
            maxlength={labelLettersMax}
            width="medium"
            autocomplete="off"
            errors={errors}
            required
          />
          <Submit>Make a token</Submit>
        </form>
      </Section>
      {tokens.length === 0 ? (
        <EmptyState title="No tokens yet" />
      ) : (
        <DataTable
          id="tokens"
          caption="Tokens, the newest first"
          columns={columns}
          rows={tokens}
          rowKey={({ label: name, createdAt }) => `${name} ${createdAt}`}
        />
      )}
      <Pager
        newer={before === undefined ? undefined : url('tokens')}
        older={last === undefined ? undefined : url('tokens', {}, { before: `${last.createdAt}.${last.label}` })}
      />
    </>,
  );
}

/** `1700000000000.label`; anything else begins at the newest. */
function readPlace(text: string | null): TokenPlace | undefined {
  const [, at, label] = /^(\d{1,16})\.(.{1,100})$/.exec(text ?? '') ?? [];
  return at === undefined || label === undefined ? undefined : { at: Number(at), label };
}

function Issued(props: { readonly label: string; readonly token: string; readonly desk: DeskServices }) {
  const { label, token, desk } = props;
  return (
    <Notice
      tone="green"
      title={
        <>
          The token for <Foreign text={label} />: shown this once
        </>
      }
      role="status"
    >
      <p>
        <code class="wrap" id="token">
          {token}
        </code>
      </p>
      <p>
        Hand it over by another way than the log’s key. They use it so:{' '}
        <code class="wrap">{`fernpost log verify --url ${desk.own.url}/log --vkey ${desk.own.logVkey} --token …`}</code>
      </p>
    </Notice>
  );
}

const columns: readonly Column<Row>[] = [
  { key: 'label', label: 'For whom', isHeader: true, cell: ({ label }) => <Foreign text={label} /> },
  {
    key: 'state',
    label: 'State',
    cell: ({ revokedAt }) => (revokedAt === undefined ? <Tag tone="green">live</Tag> : <Tag>taken back</Tag>),
  },
  {
    key: 'created',
    label: 'Made',
    cell: ({ createdAt, createdName }) => <ByWhom at={createdAt} name={createdName} />,
  },
  {
    key: 'revoked',
    label: 'Taken back',
    cell: ({ label, revokedAt, revokedName }) =>
      revokedAt === undefined ? (
        <a href={url('token-ask', {}, { label })}>Take back</a>
      ) : (
        <ByWhom at={revokedAt} name={revokedName} />
      ),
  },
];

function ByWhom({ at, name }: { readonly at: number; readonly name: string }) {
  return (
    <>
      <When at={at as Instant} />
      {name === '' ? null : (
        <span class="second-line">
          by <Foreign text={name} />
        </span>
      )}
    </>
  );
}
