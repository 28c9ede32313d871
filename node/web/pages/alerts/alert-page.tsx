import type { Child } from 'hono/jsx';
import { toHex } from '../../../../protocol/bytes.ts';
import type { OpenAlert } from '../../../alerts/alert.ts';
import type { NearStation } from '../../../alerts/stations/stations.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton, Submit } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Facts, Notice, Section, Steps, type Step } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { MailView } from './alert-preview.tsx';
import { journalSubjectsOf } from './alert-subject.ts';
import { deliveryWords, distanceWords, loudWords } from './alert-words.ts';

/** One alert: what has become of it, whom to call, and exactly what was sent. */
export async function showAlert(visit: Visit, desk: DeskServices): Promise<Answer> {
  const alert = await desk.alerts.get(visit.param('alert'));
  let isClosed = false;
  for (const subject of await journalSubjectsOf(desk, alert.about))
    if ((await desk.access.look(visit.user, subject, 'view')).state === 'restricted') isClosed = true;
  return page(
    { title: 'Alert to the police', refreshSeconds: alert.delivery.state === 'queued' ? 10 : 60 },
    <div class="narrow">
      <div class="page-head">
        <h1>
          Police case <Foreign text={isClosed ? '(restricted)' : alert.caseNumber || '(erased)'} />
        </h1>
      </div>
      <div data-live-kinds="alert" data-live-ids={alert.id} data-live-src={url('alert-state', { alert: alert.id })}>
        {await alertState(alert, desk)}
      </div>
      {isClosed ? (
        <Notice tone="violet" title="The record is restricted">
          <p>Case, reason and mail are shown to people who have to do with the patient.</p>
        </Notice>
      ) : (
        <Content alert={alert} />
      )}
      <p>
        <a href={url('alerts')}>All alerts</a>
      </p>
    </div>,
  );
}

/** The part of the page that changes by itself. */
export async function showAlertState(visit: Visit, desk: DeskServices): Promise<Answer> {
  return await fragment(desk, await alertState(await desk.alerts.get(visit.param('alert')), desk));
}

async function alertState(alert: OpenAlert, desk: DeskServices): Promise<Child> {
  const further = alert.loud === undefined ? [] : await desk.alerts.furtherStations(alert.id);
  const { word, tone } = deliveryWords[alert.delivery.state];
  return (
    <>
      <p>
        <Tag tone={tone}>{word}</Tag>
      </p>
      <Loudness alert={alert} />
      <Steps label="What has become of it" steps={stepsOf(alert)} />
      <Acts alert={alert} newToken={() => desk.random.uuid()} />
      <Further alert={alert} further={further} />
    </>
  );
}

function Loudness({ alert: { loud, station, delivery } }: { readonly alert: OpenAlert }) {
  if (loud === undefined) return null;
  const trouble = delivery.state === 'queued' || delivery.state === 'failed' ? delivery.trouble : '';
  return (
    <Notice tone="red" role="alert" title="Telephone the station now">
      <p class="lead">
        <Foreign text={station.name} />: <strong class="nowrap">{station.telephone}</strong>
      </p>
      <p>
        {loudWords[loud.why]} {trouble}
      </p>
    </Notice>
  );
}

function stepsOf({ delivery, confirmedAt, confirmedBy, attempts, station }: OpenAlert): readonly Step[] {
  const isAnswered = delivery.state === 'acknowledged';
  return [
    {
      label: 'Confirmed',
      state: 'done',
      detail: (
        <>
          <When at={confirmedAt} /> by <Foreign text={confirmedBy.name} />, to <Foreign text={station.name} />,{' '}
          <span class="nowrap">{station.telephone}</span>
        </>
      ),
    },
    sentStep(delivery, attempts),
    {
      label: 'Answered',
      state: isAnswered ? 'done' : delivery.state === 'sent' ? 'current' : 'waiting',
      detail: isAnswered ? (
        <>
          <When at={delivery.acknowledgedAt} /> noted by <Foreign text={delivery.by.name} />
        </>
      ) : undefined,
    },
  ];
}

function sentStep(delivery: OpenAlert['delivery'], attempts: number): Step {
  const tries = attempts === 1 ? 'One try' : `${attempts} tries`;
  switch (delivery.state) {
    case 'queued':
      return {
        label: 'Sent',
        state: 'current',
        detail:
          delivery.trouble === '' ? (
            'on its way'
          ) : (
            <>
              {tries}; next at <When at={delivery.nextTryAt} show="seconds" />. {delivery.trouble}
            </>
          ),
      };
    case 'failed':
      return { label: 'Sent', state: 'failed', detail: `${tries}. ${delivery.trouble}` };
    case 'sent':
      return { label: 'Sent', state: 'done', detail: <When at={delivery.sentAt} show="seconds" /> };
    case 'acknowledged':
      return delivery.sentAt === undefined
        ? { label: 'Sent', state: 'waiting', detail: 'not by mail: reached by telephone' }
        : { label: 'Sent', state: 'done', detail: <When at={delivery.sentAt} show="seconds" /> };
  }
}

function Acts({ alert: { id, delivery }, newToken }: { readonly alert: OpenAlert; readonly newToken: () => string }) {
  if (delivery.state === 'acknowledged') return null;
  const mayTryAgain = delivery.state !== 'sent';
  return (
    <div class="actions">
      <form method="post" action={url('alert-acknowledge', { alert: id })}>
        <Once token={newToken()} />
        <Submit>The station has answered</Submit>
      </form>
      {mayTryAgain ? (
        <form method="post" action={url('alert-again', { alert: id })}>
          <Once token={newToken()} />
          <Submit tone="second">Try the mail again now</Submit>
        </form>
      ) : null}
    </div>
  );
}

function Further({ alert, further }: { readonly alert: OpenAlert; readonly further: readonly NearStation[] }) {
  const [next] = further;
  if (next === undefined) return null;
  const { patient, referral } = alert.about;
  return (
    <Section title="Or tell the next station" id="further">
      <p>
        <Foreign text={next.station.name} />, {distanceWords(next.distanceKm)},{' '}
        <strong class="nowrap">{next.station.telephone}</strong>
      </p>
      <LinkButton href={url('alert-new', {}, { patient, referral, follows: alert.id })}>
        Alert a further station
      </LinkButton>
    </Section>
  );
}

function Content({ alert }: { readonly alert: OpenAlert }) {
  const { patient } = alert.about;
  return (
    <>
      <Section title="Why, for this hospital only" id="reason">
        <ForeignLines text={alert.reason} />
        {patient === undefined ? null : (
          <p>
            <a href={url('patient', { patient })}>Open the patient</a>
          </p>
        )}
      </Section>
      <Section title="The mail" id="mail">
        <MailView mail={alert.mail} />
        <Facts
          facts={[
            { term: 'Message-ID', value: <span class="mono">{alert.messageId}</span> },
            { term: 'SHA-256 of the text', value: <span class="mono">{toHex(alert.sha256)}</span> },
          ]}
        />
        <p class="hint">The exchange log holds this hash, who confirmed it and when.</p>
      </Section>
    </>
  );
}
