import type { Child } from 'hono/jsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { agoWords } from './referral-words.ts';

const shownMax = 3;
const countedMax = 100;

/**
 * Emergencies that nobody opened yet, above every page of everybody who may see referrals, until somebody opens them; and
 * questions about emergencies that left here, above every page of whoever may answer, until somebody does. Pages renew it
 * by themselves; it names no patient (Node §13.4).
 */
export async function EmergencyBanner({ desk, visit }: { readonly desk: DeskServices; readonly visit: Visit }) {
  if (!visit.is('doctor', 'nurse', 'coordinator')) return null;
  return (
    <div
      id="emergencies"
      data-live-kinds="emergency referral"
      data-live-src={url('emergencies')}
      data-live-over="Nothing of this waits any more."
    >
      {await emergencyNotice(desk, visit)}
    </div>
  );
}

interface Line {
  readonly href: string;
  readonly words: Child;
}

/** What stands inside the banner; nothing where nothing of it waits. */
export async function emergencyNotice(desk: DeskServices, visit: Visit) {
  const titleOf = (peer: string): Child => <Foreign text={desk.directory.find(peer)?.title ?? peer} />;
  const arrived = await desk.inboxList.unopenedEmergencies(countedMax);
  const asked = visit.is('doctor', 'coordinator') ? await desk.outboxList.askedEmergencies(countedMax) : [];
  return (
    <>
      <Waiting
        one="A new emergency referral"
        many="new emergency referrals"
        lines={arrived.map(({ id, number, peer, arrivedAt }) => ({
          href: url('received', { referral: id }),
          words: (
            <>
              {number} from {titleOf(peer)}, {agoWords(arrivedAt, visit.now)}
            </>
          ),
        }))}
        all={{ href: url('inbox', {}, { group: 'emergency' }), words: 'All emergencies' }}
      />
      <Waiting
        one="A question about an emergency that you referred"
        many="questions about emergencies that you referred"
        lines={asked.map(({ id, number, peer, askedAt }) => ({
          href: `${url('sent', { referral: id })}#questions`,
          words: (
            <>
              {number}: {titleOf(peer)} asked {agoWords(askedAt, visit.now)}
            </>
          ),
        }))}
        all={{ href: url('outbox', {}, { group: 'asked' }), words: 'All questions' }}
      />
    </>
  );
}

interface WaitingProps {
  readonly one: string;
  readonly many: string;
  readonly lines: readonly Line[];
  readonly all: Line;
}

function Waiting({ one, many, lines, all }: WaitingProps) {
  if (lines.length === 0) return null;
  const count = `${lines.length}${lines.length === countedMax ? ' or more' : ''}`;
  const shown = lines.length > shownMax ? [...lines.slice(0, shownMax), all] : lines;
  return (
    <div class="notice red emergencies" role="alert">
      <p class="notice-title">
        <span aria-hidden="true">▲</span> {lines.length === 1 ? one : `${count} ${many}`}
      </p>
      <ul>
        {shown.map(({ href, words }) => (
          <li>
            <a href={href}>{words}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}
