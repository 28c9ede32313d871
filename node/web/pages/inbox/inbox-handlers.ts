import { seeOther } from '../../answer.ts';
import { fragment } from '../../fragment.tsx';
import { homeOf } from '../../layout/navigation.ts';
import type { HandlersOf } from '../../route.ts';
import type { inboxRoutes } from '../../routes/inbox-routes.ts';
import { openStream } from '../live/stream.ts';
import { outboxNews, outboxRows } from '../outbox/outbox-fragments.tsx';
import { outboxPage } from '../outbox/outbox-page.tsx';
import { assignReferral } from './assign.ts';
import { emergencyNotice } from './emergency-banner.tsx';
import { inboxNews, inboxRows } from './inbox-fragments.tsx';
import { inboxPage } from './inbox-page.tsx';

export const inboxHandlers: HandlersOf<typeof inboxRoutes> = {
  inbox: (visit, desk) =>
    visit.is('doctor', 'nurse', 'coordinator') ? inboxPage(visit, desk) : seeOther(homeOf(visit)),
  'inbox-news': inboxNews,
  'inbox-rows': inboxRows,
  'inbox-assign': assignReferral,
  outbox: outboxPage,
  'outbox-rows': outboxRows,
  'outbox-news': outboxNews,
  emergencies: async (visit, desk) => fragment(desk, await emergencyNotice(desk, visit)),
  live: openStream,
};
