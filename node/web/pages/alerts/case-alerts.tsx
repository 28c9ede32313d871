import type { OpenAlert } from '../../../alerts/alert.ts';
import type { AlertSubject } from '../../../alerts/preview.ts';
import { Section } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { deliveryWords } from './alert-words.ts';

/**
 * What the police were told of a patient or a referral, for pages that show the record: whoever sees it may know. Nothing
 * where they were told nothing, and the links only for who may follow them.
 */
export async function CaseAlerts({
  about: { patient, referral },
  visit,
  desk,
}: {
  readonly about: AlertSubject;
  readonly visit: Visit;
  readonly desk: DeskServices;
}) {
  const found = [
    ...(patient === undefined ? [] : await desk.alerts.ofPatient(patient)),
    ...(referral === undefined ? [] : await desk.alerts.ofReferral(referral)),
  ];
  const alerts = [...new Map(found.map((alert) => [alert.id, alert])).values()];
  if (alerts.length === 0) return null;
  return (
    <Section title="The police" id="police">
      <ul>
        {alerts.map((alert) => (
          <li>
            <Line alert={alert} isLinked={visit.is('doctor', 'coordinator')} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Line({ alert, isLinked }: { readonly alert: OpenAlert; readonly isLinked: boolean }) {
  const { word, tone } = deliveryWords[alert.delivery.state];
  const name = <Foreign text={`Case ${alert.caseNumber}, ${alert.station.name}`} />;
  return (
    <>
      {isLinked ? <a href={url('alert', { alert: alert.id })}>{name}</a> : name}, <When at={alert.confirmedAt} />{' '}
      <Tag tone={tone}>{word}</Tag>
      {alert.loud === undefined ? null : <strong> telephone now</strong>}
    </>
  );
}
