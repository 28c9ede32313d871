import { BackupError } from '../../../backups/backup-error.ts';
import type { BackupStanding, RunningBackup } from '../../../backups/backups.ts';
import type { Phase } from '../../../backups/progress.ts';
import type { BackupRun, RunKind } from '../../../backups/runs.ts';
import { bytesText } from '../../../operations/bytes-text.ts';
import { begun } from '../../../operations/meanings.ts';
import type { Answer, PageFacts } from '../../answer.ts';
import { Submit } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { submitOnce } from '../../submit-once.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { personOf } from './admin-form.tsx';

const refreshSeconds = 60;
const refreshSecondsBusy = 3;
const hourMs = 3_600_000;

export function backUpNow(visit: Visit, desk: DeskServices): Promise<Answer> {
  return askFor(visit, desk, 'backup');
}

export function startDrill(visit: Visit, desk: DeskServices): Promise<Answer> {
  return askFor(visit, desk, 'drill');
}

/** The job does it; the page tells how far it is. Who asked stands in the exchange log before anything begins. */
async function askFor(visit: Visit, desk: DeskServices, kind: RunKind): Promise<Answer> {
  return await submitOnce(visit, async () => {
    try {
      desk.backups.assertMayStart();
      await desk.adminChanges.noteAsked(personOf(visit), kind);
      desk.backups.request(kind, visit.user.name);
      return `${url('health')}#backups`;
    } catch (error) {
      if (!(error instanceof BackupError) || (error.code !== 'busy' && error.code !== 'not-configured')) throw error;
      return `${url('health', {}, { did: error.code })}#backups`; // Somebody was faster: the page shows what is under way.
    }
  });
}

/** The page looks again sooner while something is under way, with and without scripts. */
export function refreshWhile(running: RunningBackup | undefined): Pick<PageFacts, 'refreshSeconds' | 'scripts'> {
  return running === undefined ? { refreshSeconds } : { refreshSeconds: refreshSecondsBusy, scripts: ['reload'] };
}

/** What of this node is safe elsewhere, and whether anybody has seen it come back (screen 17). */
export function BackupsPanel({
  visit,
  standing,
  once,
}: {
  readonly visit: Visit;
  readonly standing: BackupStanding;
  readonly once: () => string;
}) {
  const { config, running, goodBackup, drill, goodDrill } = standing;
  if (config === undefined) return <NotConfigured />;
  const wasBusy = running !== undefined && visit.query.get('did') === 'busy';
  return (
    <Section title="Backups" id="backups">
      {running === undefined ? null : <UnderWay running={running} wasBusy={wasBusy} />}
      <Facts
        facts={[
          { term: 'Last backup', value: goodBackup === undefined ? 'none yet' : <Made run={goodBackup} /> },
          {
            term: 'Last restored in a drill',
            value: goodDrill === undefined ? 'never' : <Proven run={goodDrill} />,
          },
          {
            term: 'Where and how often',
            value: (
              <>
                <span class="mono">
                  <Foreign text={config.directory} />
                </span>
                <span class="second-line">
                  every {config.everyHours} h, kept {config.keepDays} days
                </span>
              </>
            ),
          },
        ]}
      />
      {drill?.state === 'failed' ? <DrillFailed run={drill} /> : null}
      {running === undefined ? <Buttons once={once} hasBackup={goodBackup !== undefined} /> : null}
      <p class="hint">
        A restore drill restores the newest backup beside this node, checks every byte, key, record and log entry of it,
        and removes it again. Work goes on meanwhile. The root key is in no backup.
      </p>
    </Section>
  );
}

function NotConfigured() {
  return (
    <Section title="Backups" id="backups">
      <Notice tone="amber" title="This node makes no backups">
        <p>
          Add a directory on another disk to <span class="mono">fernpost.json</span> and start the node again:
        </p>
        <p class="mono">"backups": {'{ "directory": "/mnt/backup/fernpost" }'}</p>
      </Notice>
    </Section>
  );
}

const phaseWords: Readonly<Record<Phase, string>> = {
  database: 'the database',
  files: 'files of patients',
  digests: 'digests',
  log: 'the exchange log',
  records: 'records',
};

function UnderWay({ running, wasBusy }: { readonly running: RunningBackup; readonly wasBusy: boolean }) {
  const { kind, by, startedAt, reached } = running;
  const title = kind === 'backup' ? 'A backup is being made' : 'A backup is being restored and proven';
  const share = reached === undefined || reached.total === 0 ? 0 : Math.floor((reached.done / reached.total) * 100);
  return (
    <Notice tone="blue" role="status" title={title}>
      <p data-reload={refreshSecondsBusy}>
        {reached === undefined ? 'It begins now.' : `${begun(phaseWords[reached.phase])}: ${share} %.`} Asked for by{' '}
        <Foreign text={by} /> at <When at={startedAt} show="seconds" />. You may leave this page.
      </p>
      {wasBusy ? <p>Nothing else was started: one at a time.</p> : null}
    </Notice>
  );
}

function Made({ run }: { readonly run: BackupRun }) {
  const { startedAt, facts, by } = run;
  const damaged = facts['damaged'] ?? 0;
  return (
    <>
      <When at={startedAt} />
      <span class="second-line">
        {bytesText(facts['bytes'] ?? 0)} with {counted(facts['here'] ?? 0, 'file')} of patients; by{' '}
        <Foreign text={by} />
      </span>
      {damaged === 0 ? null : (
        <span class="second-line">
          <strong>{counted(damaged, 'file')} could not be read here and are not in it</strong>
        </span>
      )}
    </>
  );
}

function Proven({ run }: { readonly run: BackupRun }) {
  const { facts, startedAt, endedAt, backup, by } = run;
  const inBucket = facts['bucketTotal'] ?? 0;
  return (
    <>
      <When at={endedAt} />
      <span class="second-line">
        Backup <span class="nowrap">{backup}</span>, then {ageWords(backup, startedAt)} old; it took{' '}
        {secondsWords(endedAt - startedAt)}, asked for by <Foreign text={by} />
      </span>
      <span class="second-line">
        Proven: {counted(facts['leaves'] ?? 0, 'log entry', 'log entries')} under the signed root,{' '}
        {counted(facts['keys'] ?? 0, 'key')} of patients and referrals, {counted(facts['values'] ?? 0, 'sealed value')}{' '}
        opened, {counted(facts['files'] ?? 0, 'file')} of patients read
        {inBucket === 0
          ? ''
          : `, ${facts['bucketRead'] ?? 0} of ${counted(inBucket, 'file')} read back from the bucket`}
      </span>
    </>
  );
}

function DrillFailed({ run }: { readonly run: BackupRun }) {
  return (
    <Notice tone="red" title="The last restore drill failed">
      <p>
        <When at={run.endedAt} />
        {run.backup === '' ? '' : `, backup ${run.backup}`}: <Foreign text={run.message} />.
      </p>
    </Notice>
  );
}

function Buttons({ once, hasBackup }: { readonly once: () => string; readonly hasBackup: boolean }) {
  return (
    <div class="actions">
      <form method="post" action={url('backup-now')}>
        <Once token={once()} />
        <Submit tone={hasBackup ? 'second' : 'main'}>Back up now</Submit>
      </form>
      {hasBackup ? (
        <form method="post" action={url('restore-drill')}>
          <Once token={once()} />
          <Submit tone="second">Restore drill</Submit>
        </form>
      ) : null}
    </div>
  );
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function secondsWords(ms: number): string {
  return ms < 1000 ? 'less than a second' : counted(Math.round(ms / 1000), 'second');
}

/** How old a backup was: its name is when it was made. */
function ageWords(backup: string, at: number): string {
  const made = Date.parse(backup.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
  const hours = Math.floor((at - made) / hourMs);
  if (!(hours >= 1)) return 'less than an hour';
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}
