import type { Handler } from './route.ts';
import type { RouteName } from './route-table.ts';
import { accountHandlers } from './pages/accounts/account-handlers.ts';
import { adminHandlers } from './pages/admin/admin-handlers.ts';
import { alertHandlers } from './pages/alerts/alert-handlers.ts';
import { importHandlers } from './pages/imports/import-handlers.ts';
import { inboxHandlers } from './pages/inbox/inbox-handlers.ts';
import { logHandlers } from './pages/log/log-handlers.ts';
import { patientHandlers } from './pages/patients/patient-handlers.ts';
import { peerHandlers } from './pages/peers/peer-handlers.ts';
import { referralHandlers } from './pages/referrals/referral-handlers.ts';
import { shellHandlers } from './pages/shell/shell-handlers.tsx';
import { uploadHandlers } from './pages/uploads/upload-handlers.ts';

/** Who answers each route; a row of the table without one does not compile. */
export const handlers: { readonly [Name in RouteName]: Handler } = {
  ...shellHandlers,
  ...accountHandlers,
  ...inboxHandlers,
  ...patientHandlers,
  ...uploadHandlers,
  ...importHandlers,
  ...referralHandlers,
  ...alertHandlers,
  ...peerHandlers,
  ...logHandlers,
  ...adminHandlers,
};
