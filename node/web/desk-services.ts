import type { Access } from '../accounts/access.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Drafts } from '../accounts/drafts.ts';
import type { Once } from '../accounts/once.ts';
import type { Live } from '../live/live.ts';
import type { NodeServices } from '../operations/node-services.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import type { PatientActs } from '../records/patient-acts.ts';
import type { Uploads } from '../records/attachments/uploads.ts';
import type { ImportDrafts } from '../records/csv/drafts.ts';
import type { Registration } from '../records/registration.ts';
import type { Timeline } from '../records/timeline.ts';
import type { ReferralDesk } from '../referrals/referral-desk.ts';
import type { InboxList } from '../referrals/inbox-list.ts';
import type { OutboxList } from '../referrals/outbox-list.ts';
import type { PageAssets } from './assets.ts';

/** The parts of an open node that its pages use. */
export interface DeskServices extends NodeServices {
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  readonly accounts: Accounts;
  readonly drafts: Drafts;
  readonly once: Once;
  readonly access: Access;
  readonly inboxList: InboxList;
  readonly outboxList: OutboxList;
  /** What changed, for pages that renew themselves. */
  readonly live: Live;
  readonly referralDesk: ReferralDesk;
  readonly patientActs: PatientActs;
  readonly registration: Registration;
  readonly timeline: Timeline;
  readonly uploads: Uploads;
  readonly importDrafts: ImportDrafts;
  /** The desk's own scripts and styles. */
  readonly assets: PageAssets;
}
