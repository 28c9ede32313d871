import { formatInstant } from '../../../../protocol/instant.ts';
import type { Finding } from '../../../operations/finding.ts';
import { checkFirstRun, worstOf, type FirstRunCheck, type FirstRunName } from '../../../operations/first-run.ts';
import { page, type Answer } from '../../answer.ts';
import { Checkboxes, ErrorSummary, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { personOf } from './admin-form.tsx';
import { submitOnce } from '../../submit-once.ts';
import { FindingTag } from './finding-view.tsx';
import { begun, meaningOf, titleOf } from './meanings.ts';

const titles: Readonly<Record<FirstRunName, string>> = {
  name: 'Name',
  keys: 'Keys made and backed up',
  database: 'Database',
  storage: 'Storage: write, read, delete',
  'mail and clock': 'Mail and clock',
  'public url': 'Public address',
};

/** Screen 13: six checks with live results, each failure with its fix, and the way to the first peer. */
export async function showFirstRun(_visit: Visit, desk: DeskServices, errors: FormErrors = []): Promise<Answer> {
  const checks = await checkFirstRun(desk);
  const good = checks.filter((check) => worstOf(check) !== 'fail').length;
  return page(
    { title: 'First-run checks', status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <ErrorSummary errors={errors} title="Nothing was confirmed" />
      <div class="page-head">
        <h1>First-run checks</h1>
        <LinkButton href={url('first-run')}>Check again</LinkButton>
      </div>
      <p class="lead" role="status">
        {good} of {checks.length} hold.
      </p>
      {checks.map((check, i) => (
        <Section
          title={`${i + 1}. ${titles[check.name]}`}
          id={`check-${i + 1}`}
          aside={<FindingTag state={worstOf(check)} />}
        >
          {check.findings.map((finding) => (
            <FindingView finding={finding} isOneOfMany={check.findings.length > 1} />
          ))}
          {needsConfirmation(check) ? (
            <ConfirmKeys once={desk.random.uuid()} path={desk.config.rootKey.path} errors={errors} />
          ) : null}
        </Section>
      ))}
      <Next isReady={good === checks.length} />
    </div>,
  );
}

/** A person vouches for the safe: the node cannot look into it. */
export async function confirmKeys(visit: Visit, desk: DeskServices): Promise<Answer> {
  const isTicked = (await visit.form()).get('safe') === 'yes';
  if (!isTicked) {
    const message = 'Tick the box when the copy lies in a safe';
    return await showFirstRun(visit, desk, [{ field: 'safe', message }]);
  }
  return await submitOnce(visit, async () => {
    const keysBackedUp = `${formatInstant(visit.now)} by user ${visit.user.login}`;
    const changed = await desk.settings.change(personOf(visit), { keysBackedUp });
    if (changed.state === 'changed') return url('first-run');
    return await showFirstRun(visit, desk, [{ field: 'safe', message: 'This could not be kept' }]);
  });
}

function FindingView({ finding, isOneOfMany }: { readonly finding: Finding; readonly isOneOfMany: boolean }) {
  return (
    <>
      <p>
        {isOneOfMany ? <strong>{titleOf(finding)}: </strong> : null}
        <Foreign text={isOneOfMany ? finding.detail : begun(finding.detail)} />
      </p>
      {finding.state === 'ok' ? null : (
        <Notice tone={finding.state === 'fail' ? 'red' : 'amber'} title={`To do (${finding.side})`}>
          <p>
            <Foreign text={begun(finding.fix)} />
          </p>
          <p class="quiet">{meaningOf(finding)}</p>
        </Notice>
      )}
    </>
  );
}

function needsConfirmation({ findings }: FirstRunCheck): boolean {
  return findings.some(({ check, state }) => check === 'backup of the keys' && state !== 'ok');
}

function ConfirmKeys({
  once,
  path,
  errors,
}: {
  readonly once: string;
  readonly path: string;
  readonly errors: FormErrors;
}) {
  return (
    <form method="post" action={url('keys-backed-up')}>
      <Once token={once} />
      <Checkboxes
        name="safe"
        label="Confirm"
        errors={errors}
        choices={[
          {
            value: 'yes',
            label: 'A copy of the root key lies in a safe, apart from every backup',
            hint: (
              <>
                The file is <span class="mono">{path}</span>
              </>
            ),
          },
        ]}
      />
      <Submit tone="second">Confirm the backup</Submit>
    </form>
  );
}

function Next({ isReady }: { readonly isReady: boolean }) {
  return (
    <Notice
      tone={isReady ? 'green' : 'blue'}
      title={isReady ? 'This node is ready for its first peer' : 'You may pair a peer before everything holds'}
    >
      <p class="actions">
        <LinkButton href={url('peers')} tone={isReady ? 'main' : 'second'}>
          Pair with another hospital
        </LinkButton>
        <LinkButton href={url('settings')}>Set the call-back number</LinkButton>
        <LinkButton href={url('station-import')}>Add police stations</LinkButton>
      </p>
    </Notice>
  );
}
