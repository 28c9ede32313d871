import { bytesText } from '../../../operations/bytes-text.ts';
import { bad, good, type Finding } from '../../../operations/finding.ts';
import { checkHealth, findWaitingWork, type WaitingWork } from '../../../operations/health.ts';
import { forecastSpace, forecastWords } from '../../../operations/space-forecast.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { BackupsPanel, refreshWhile } from './backups.tsx';
import { BrokenGlassToday, RecentBrokenGlass } from './broken-glass.tsx';
import { FindingTable } from './finding-view.tsx';
import { begun } from '../../../operations/meanings.ts';
import { StorageHistory } from './storage-history.tsx';

/** Screen 17: what works, what does not, and what that means for patients. */
export async function showHealth(visit: Visit, desk: DeskServices): Promise<Answer> {
  const withDamage = visit.query.get('database') === 'search';
  const [checked, work, values, free, samples, backups] = await Promise.all([
    checkHealth(desk, { withDamage }),
    findWaitingWork(desk),
    desk.settings.values(),
    desk.storageSamples.freeNow(),
    desk.storageSamples.list(),
    desk.backups.standing(),
  ]);
  const findings = [...workFindings(work), ...checked].toSorted((left, right) => rank(left) - rank(right));
  const failed = findings.filter(({ state }) => state === 'fail').length;
  const { size, signedAt } = desk.log.head();
  return page(
    { title: 'Health', count: failed, ...refreshWhile(backups.running) },
    <>
      <div class="page-head">
        <h1>Health and storage</h1>
        <LinkButton href={url('health')}>Check again</LinkButton>
      </div>
      {values.keysBackedUp === '' ? <KeysNotBackedUp /> : null}
      <Summary
        failed={failed}
        warned={findings.filter(({ state }) => state === 'warn').length}
        total={findings.length}
      />
      <BrokenGlassToday visit={visit} desk={desk} />
      <FindingTable id="findings" caption="Checks, the worst first" findings={findings} />
      <BackupsPanel visit={visit} standing={backups} once={() => desk.random.uuid()} />
      <RecentBrokenGlass visit={visit} desk={desk} />
      <div class="halves">
        <Section title="Storage" id="storage">
          <Facts
            facts={[
              { term: 'Free on the disk', value: bytesText(free.freeBytes) },
              { term: 'In the days ahead', value: begun(forecastWords(forecastSpace(samples, free))) },
              { term: 'Not yet in cloud storage', value: `${work.uploads} ${work.uploads === 1 ? 'file' : 'files'}` },
            ]}
          />
          <StorageHistory samples={samples} />
          <p>
            <a href={url('health', {}, { database: 'search' })}>Search the database for damage</a>{' '}
            <span class="quiet">reads all of it; everybody waits meanwhile</span>
          </p>
        </Section>
        <Section title="Work that waits" id="work">
          <Facts
            facts={[
              { term: 'On the way to other hospitals', value: String(work.deliveries) },
              { term: 'Of these, overdue', value: String(work.overdue) },
              { term: 'Exchange log', value: `${size} entries` },
              { term: 'Last signed', value: size === 0 ? 'never' : <When at={signedAt} show="seconds" /> },
            ]}
          />
          <p>
            <a href={url('first-run')}>First-run checks</a>
          </p>
        </Section>
      </div>
    </>,
  );
}

function workFindings({ overdue, loudAlerts }: WaitingWork): readonly Finding[] {
  return [
    loudAlerts === 0
      ? good('alerts to the police', 'none waits for somebody')
      : bad(
          'alerts to the police',
          'fail',
          'this node',
          `${loudAlerts} ${loudAlerts === 1 ? 'alert is' : 'alerts are'} not sent or not answered`,
          'ask a doctor or coordinator on duty: their pages show whom to telephone',
        ),
    overdue === 0
      ? good('overdue deliveries', 'none')
      : bad(
          'overdue deliveries',
          'fail',
          'the network',
          `${overdue} ${overdue === 1 ? 'delivery has' : 'deliveries have'} passed the deadline; the node goes on trying`,
          'look at the checks of the peers',
        ),
  ];
}

function rank({ state }: Finding): number {
  return state === 'fail' ? 0 : state === 'warn' ? 1 : 2;
}

function Summary({
  failed,
  warned,
  total,
}: {
  readonly failed: number;
  readonly warned: number;
  readonly total: number;
}) {
  if (failed === 0 && warned === 0) return <Notice tone="green" title={`All ${total} checks below are good`} />;
  const tone = failed > 0 ? 'red' : 'amber';
  const failing =
    failed === 0 ? 'No check below fails' : `${failed} of ${total} checks ${failed === 1 ? 'fails' : 'fail'}`;
  const looking = warned === 0 ? '' : `; ${warned} ${warned === 1 ? 'wants' : 'want'} a look`;
  return <Notice tone={tone} title={failing + looking} />;
}

function KeysNotBackedUp() {
  return (
    <Notice tone="red" title="Nobody has confirmed that the keys are in a safe">
      <p>
        If this disk breaks, everything is lost with it. <a href={url('first-run')}>Go through the first-run checks</a>
      </p>
    </Notice>
  );
}
