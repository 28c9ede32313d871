import { fragment } from '../../fragment.tsx';
import type { HandlersOf } from '../../route.ts';
import type { alertRoutes } from '../../routes/alert-routes.ts';
import { url } from '../../urls.ts';
import { showNewAlert } from './alert-form.tsx';
import { showAlerts } from './alert-list.tsx';
import { showAlert, showAlertState } from './alert-page.tsx';
import { previewAlert, sendAlert } from './alert-preview.tsx';
import { unsentNotice } from './unsent-alerts.tsx';

export const alertHandlers: HandlersOf<typeof alertRoutes> = {
  alerts: showAlerts,
  'alerts-banner': async (_visit, desk) => await fragment(desk, await unsentNotice(desk)),
  'alert-new': showNewAlert,
  'alert-preview': (visit, desk) => previewAlert(visit, desk),
  'alert-send': sendAlert,
  alert: showAlert,
  'alert-state': showAlertState,
  'alert-acknowledge': (visit, desk) => {
    const alert = visit.param('alert');
    return visit.once(async () => {
      await desk.alerts.acknowledge({ id: visit.user.id, name: visit.user.name }, alert);
      return url('alert', { alert });
    });
  },
  'alert-again': (visit, desk) => {
    const alert = visit.param('alert');
    return visit.once(async () => {
      await desk.alerts.tryAgain({ id: visit.user.id, name: visit.user.name }, alert);
      return url('alert', { alert });
    });
  },
};
