import type { OpenAlert } from '../../../alerts/alert.ts';
import type { AlertSubject } from '../../../alerts/preview.ts';
import { LinkButton } from '../../components/form.tsx';
import { Section } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { deliveryWords } from './alert-words.ts';

/** Of one patient or referral; more lead to nothing but telephone calls. */
const shownMax = 10;

/**
 * What the police were told of a patient or a referral, for pages that show the record: whoever sees it may know. Nothing
 * where they were told nothing and nothing is offered, and the links only for who may follow them.
 */
export async function CaseAlerts({
  about: { patient, referral },
  offer = false,
  visit,
  desk,
}: {
  readonly about: AlertSubject;
  /** A police case: whoever may is offered to tell the police. */
  readonly offer?: boolean;
  readonly visit: Visit;
  readonly desk: DeskServices;
}) {
  const found = [
    ...(patient === undefined ? [] : await desk.alerts.ofPatient(patient, shownMax + 1)),
    ...(referral === undefined ? [] : await desk.alerts.ofReferral(referral, shownMax + 1)),
  ];
  const alerts = [...new Map(found.map((alert) => [alert.id, alert])).values()];
  const isListed = visit.is('doctor', 'coordinator');
  const isOffered = offer && isListed;
  if (alerts.length === 0 && !isOffered) return null;
  return (
    <Section title="The police" id="police">
      {alerts.length === 0 ? (
        <p>This is a police case. Nobody here has told the police.</p>
      ) : (
        <List alerts={alerts.slice(0, shownMax)} visit={visit} />
      )}
      {alerts.length > shownMax ? (
        <p>
          The newest {shownMax}; the others are under {isListed ? <a href={url('alerts')}>Alerts</a> : 'Alerts'}.
        </p>
      ) : null}
      {isOffered ? (
        <LinkButton href={url('alert-new', {}, { patient, referral })}>
          {alerts.length === 0 ? 'Tell the police' : 'Tell the police again'}
        </LinkButton>
      ) : null}
    </Section>
  );
}

function List({ alerts, visit }: { readonly alerts: readonly OpenAlert[]; readonly visit: Visit }) {
  return (
    <ul>
      {alerts.map((alert) => (
        <li>
          <Line alert={alert} isLinked={visit.is('doctor', 'coordinator')} />
        </li>
      ))}
    </ul>
  );
}

function Line({ alert, isLinked }: { readonly alert: OpenAlert; readonly isLinked: boolean }) {
  const { word, tone } = deliveryWords[alert.delivery.state];
  const name = <Foreign text={`Case ${alert.caseNumber}, ${alert.station.name}`} />;
  return (
    <>
      {isLinked ? <a href={url('alert', { alert: alert.id })}>{name}</a> : name}{' '}
      <span class="second-line">
        <When at={alert.confirmedAt} /> <Tag tone={tone}>{word}</Tag>
        {alert.loud === undefined ? null : <strong> telephone now</strong>}
      </span>
    </>
  );
}
