import { formatInstant } from '../../../../protocol/instant.ts';
import { checkFirstRun } from '../../../operations/first-run.ts';
import {
  holdWords,
  isReady,
  needsConfirmation,
  readyWords,
  tellCheck,
  type ToldFinding,
} from '../../../operations/first-run-answer.ts';
import { page, type Answer } from '../../answer.ts';
import { Checkboxes, ErrorSummary, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { MomentsIn } from '../../components/moments-in.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { personOf } from './admin-form.tsx';
import { submitOnce } from '../../submit-once.ts';
import { FindingTag } from './finding-view.tsx';

/** Screen 13: six checks with live results, each failure with its fix, and the way to the first peer. */
export async function showFirstRun(_visit: Visit, desk: DeskServices, errors: FormErrors = []): Promise<Answer> {
  const checks = (await checkFirstRun(desk)).map((check) => ({ ...tellCheck(check), asks: needsConfirmation(check) }));
  return page(
    { title: 'First-run checks', status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <ErrorSummary errors={errors} title="Nothing was confirmed" />
      <div class="page-head">
        <h1>First-run checks</h1>
        <LinkButton href={url('first-run')}>Check again</LinkButton>
      </div>
      <p class="lead" role="status">
        {holdWords(checks)}
      </p>
      {checks.map((check, i) => (
        <Section title={`${i + 1}. ${check.title}`} id={`check-${i + 1}`} aside={<FindingTag state={check.state} />}>
          {check.findings.map((finding) => (
            <FindingView finding={finding} />
          ))}
          {check.asks ? (
            <ConfirmKeys once={desk.random.uuid()} path={desk.config.rootKey.path} errors={errors} />
          ) : null}
        </Section>
      ))}
      <Next ready={isReady(checks)} title={readyWords(checks)} />
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

function FindingView({ finding: { state, heading, detail, toDo } }: { readonly finding: ToldFinding }) {
  return (
    <>
      <p>
        {heading === '' ? null : <strong>{heading}: </strong>}
        <MomentsIn text={detail} />
      </p>
      {toDo === null ? null : (
        <Notice tone={state === 'fail' ? 'red' : 'amber'} title={`To do (${toDo.side})`}>
          <p>
            <Foreign text={toDo.fix} />
          </p>
          <p class="quiet">{toDo.meaning}</p>
        </Notice>
      )}
    </>
  );
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

function Next({ ready, title }: { readonly ready: boolean; readonly title: string }) {
  return (
    <Notice tone={ready ? 'green' : 'blue'} title={title}>
      <p class="actions">
        <LinkButton href={url('peers')} tone={ready ? 'main' : 'second'}>
          Pair with another hospital
        </LinkButton>
        <LinkButton href={url('settings')}>Set the call-back number and the time zone</LinkButton>
        <LinkButton href={url('station-import')}>Add police stations</LinkButton>
      </p>
    </Notice>
  );
}
