import type { Emergency } from '../../../referrals/inbox-list.ts';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { agoWords } from './referral-words.ts';

const shownMax = 3;
const countedMax = 100;

/**
 * Emergencies that nobody opened yet, above every page of everybody who may see referrals, until somebody opens them. Pages
 * renew it by themselves; it names no patient (Node §13.4).
 */
export async function EmergencyBanner({ desk, visit }: { readonly desk: DeskServices; readonly visit: Visit }) {
  if (!visit.is('doctor', 'nurse', 'coordinator')) return null;
  return (
    <div id="emergencies" data-live-kinds="emergency referral" data-live-src={url('emergencies')}>
      {await emergencyNotice(desk, visit)}
    </div>
  );
}

/** What stands inside the banner; nothing where there is no such referral. */
export async function emergencyNotice(desk: DeskServices, visit: Visit) {
  const found = await desk.inboxList.unopenedEmergencies(countedMax);
  const [first] = found;
  if (first === undefined) return null;
  const count = `${found.length}${found.length === countedMax ? ' or more' : ''}`;
  return (
    <div class="notice red emergencies" role="alert">
      <p class="notice-title">
        <span aria-hidden="true">▲</span>{' '}
        {found.length === 1 ? 'A new emergency referral' : `${count} new emergency referrals`}
      </p>
      <ul>
        {found.slice(0, shownMax).map((emergency) => (
          <li>
            <Line emergency={emergency} desk={desk} visit={visit} />
          </li>
        ))}
        {found.length > shownMax ? (
          <li>
            <a href={url('inbox', {}, { group: 'emergency' })}>All emergencies</a>
          </li>
        ) : null}
      </ul>
    </div>
  );
}

function Line({
  emergency,
  desk,
  visit,
}: {
  readonly emergency: Emergency;
  readonly desk: DeskServices;
  readonly visit: Visit;
}) {
  const title = desk.directory.find(emergency.peer)?.title ?? emergency.peer;
  return (
    <a href={url('received', { referral: emergency.id })}>
      {emergency.number} from <Foreign text={title} />, {agoWords(emergency.arrivedAt, visit.now)}
    </a>
  );
}
