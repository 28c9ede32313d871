import type { DecisionKind } from '../../../referrals/decision-words.ts';
import { Notice } from '../../components/panel.tsx';
import { Submit } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { actorOf } from './referral-of.ts';

const deeds: Readonly<Record<DecisionKind, string>> = {
  accepted: 'accepted',
  rejected: 'declined',
  asked: 'asked about',
};

/**
 * What this person decided or asked in the last ten seconds, with Undo, on whatever page they went on to (screen 3; WCAG 2.2.1).
 * Without scripts it stays until the page is left; an undo that comes too late is told so.
 */
export async function UndoBanners({ desk, visit }: { readonly desk: DeskServices; readonly visit: Visit }) {
  if (!visit.is('doctor')) return null;
  const waiting = await desk.referralDesk.decisions.waitingOf(actorOf(visit));
  if (waiting.length === 0) return null;
  return (
    <>
      <script type="module" src={desk.assets.script('undo')}></script>
      {waiting.map(({ referral, kind, number, dueAt }) => (
        <div data-undo-until={String(dueAt - visit.now)}>
          <Notice tone="blue" role="status">
            <form method="post" action={url('received-undo', { referral })} class="inline">
              <Once token={desk.random.uuid()} />
              <p>
                You {deeds[kind]} <Foreign text={number} />. The signed {kind === 'asked' ? 'question' : 'answer'}{' '}
                leaves in <span data-seconds>{Math.max(1, Math.ceil((dueAt - visit.now) / 1000))}</span> s.
              </p>
              <Submit tone="second">Undo</Submit>
            </form>
          </Notice>
        </div>
      ))}
    </>
  );
}
