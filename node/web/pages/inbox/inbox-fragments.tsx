import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import type { Visit } from '../../visit.ts';
import { InboxTiles, unlookedAt } from './inbox-head.tsx';
import { filterOf, inboxLink, readInboxQuery } from './inbox-query.ts';
import { Sum } from './inbox-page.tsx';
import { InboxTable } from './inbox-table.tsx';
import { readListFacts } from './list-facts.ts';
import { readIds } from './read-ids.ts';

/** Counts as they are now, and how many rows came that the list does not show: rows themselves stay where they are. */
export async function inboxNews(visit: Visit, desk: DeskServices): Promise<Response> {
  const asked = readInboxQuery(visit.query);
  const filter = filterOf(visit, asked);
  const since = Number(visit.query.get('since'));
  const counts = await desk.inboxList.counts(filter);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const fresh = Number.isSafeInteger(since) ? await desk.inboxList.cameSince(filter, since) : 0;
  return fragment(
    desk,
    <div data-count={String(unlookedAt(counts))}>
      <div data-part="list-tiles">
        <InboxTiles counts={counts} asked={asked} />
      </div>
      <p data-part="list-sum">
        <Sum found={{ counts, total }} asked={asked} />
      </p>
      <p data-part="list-fresh">
        {fresh === 0 ? null : (
          <a class="button main" href={inboxLink(asked, { sort: 'newest' })}>
            {fresh} new {fresh === 1 ? 'referral' : 'referrals'}. Show
          </a>
        )}
      </p>
    </div>,
  );
}

/** Rows that a page shows, as they are now, whether or not they still fit its filter: none vanishes under a pointer. */
export async function inboxRows(visit: Visit, desk: DeskServices): Promise<Response> {
  const asked = readInboxQuery(visit.query);
  const lines = await desk.inboxList.lines(readIds(visit.query), visit.user.id);
  const facts = await readListFacts(visit, desk);
  return fragment(
    desk,
    <InboxTable
      lines={lines}
      facts={facts}
      sort={asked.sort}
      sortLink={(sort) => inboxLink(asked, { sort })}
      back={inboxLink(asked)}
    />,
  );
}
