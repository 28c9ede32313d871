import type { Child } from 'hono/jsx';
import { Notice } from '../../components/panel.tsx';
import { Foreign, spanWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import { callWords, loudWords } from './alert-words.ts';

const shownMax = 3;

/**
 * The red banner above every page of doctors and coordinators while an alert to the police is not sent or not answered
 * (Node §8 rule 4). It names station and telephone, never the case; pages renew it by themselves.
 */
export async function unsentAlerts(desk: DeskServices): Promise<Child> {
  return (
    <div
      id="unsent-alerts"
      data-live-kinds="alert"
      data-live-src={url('alerts-banner')}
      data-live-over="Nobody has to telephone the police any more."
    >
      {await unsentNotice(desk)}
    </div>
  );
}

/** What stands inside the banner; nothing while nobody has to telephone. */
export async function unsentNotice(desk: DeskServices): Promise<Child> {
  const loud = await desk.alerts.loud();
  if (loud.length === 0) return null;
  const now = desk.clock.now();
  const more = loud.length - shownMax;
  return (
    <Notice tone="red" role="alert" title="An alert to the police needs you">
      <ul>
        {loud.slice(0, shownMax).map((alert) => (
          <li>
            <strong>
              <Foreign text={callWords(alert)} />
            </strong>
            . {alert.loud === undefined ? '' : `${loudWords[alert.loud.why]} For ${spanWords(now - alert.loud.since)}.`}{' '}
            <a href={url('alert', { alert: alert.id })}>Open this alert</a>
          </li>
        ))}
      </ul>
      {more > 0 ? (
        <p>
          <a href={url('alerts')}>And {more} more</a>
        </p>
      ) : null}
    </Notice>
  );
}
