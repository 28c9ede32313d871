import type { Child } from 'hono/jsx';
import { Notice } from '../components/panel.tsx';
import type { DeskServices } from '../desk-services.ts';
import { LastSignIn } from '../pages/accounts/last-sign-in.tsx';
import { unsentAlerts } from '../pages/alerts/unsent-alerts.tsx';
import { EmergencyBanner } from '../pages/inbox/emergency-banner.tsx';
import { trustBanner } from '../pages/peers/trust-banner.tsx';
import { UndoBanners } from '../pages/referrals/undo-banner.tsx';
import type { Visit } from '../visit.ts';

/** What no page may hide: shown above every page of whoever it concerns, until it is over. */
export async function banners(desk: DeskServices, visit: Visit): Promise<Child> {
  return (
    <>
      {desk.store.isFull() ? <DiskFull /> : null}
      {visit.is('doctor', 'coordinator') ? await unsentAlerts(desk) : null}
      {visit.is('administrator') ? await trustBanner(desk, visit) : null}
      <EmergencyBanner desk={desk} visit={visit} />
      <UndoBanners desk={desk} visit={visit} />
      <LastSignIn visit={visit} />
    </>
  );
}

function DiskFull() {
  return (
    <Notice tone="red" role="alert" title="The disk of the node is full">
      <p>Nothing new can be saved or received. What was saved is safe and can be read. Tell the administrator now.</p>
    </Notice>
  );
}
