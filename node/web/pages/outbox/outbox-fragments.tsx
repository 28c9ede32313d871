import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import type { Visit } from '../../visit.ts';
import { readListFacts } from '../inbox/list-facts.ts';
import { readIds } from '../inbox/read-ids.ts';
import { needsUs, OutboxSum, OutboxTiles } from './outbox-page.tsx';
import { outboxFilterOf, outboxLink, readOutboxQuery } from './outbox-query.ts';
import { OutboxTable } from './outbox-table.tsx';

/** Counts as they are now, and how many were sent since the page was made. */
export async function outboxNews(visit: Visit, desk: DeskServices): Promise<Response> {
  const asked = readOutboxQuery(visit.query);
  const counts = await desk.outboxList.counts(outboxFilterOf(asked));
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const fresh = Math.max(0, total - (Number(visit.query.get('total')) || 0));
  return fragment(
    desk,
    <div data-count={String(needsUs(counts))}>
      <div data-part="list-tiles">
        <OutboxTiles counts={counts} asked={asked} />
      </div>
      <p data-part="list-sum">
        <OutboxSum found={{ counts, total }} asked={asked} />
      </p>
      <p data-part="list-fresh">
        {fresh === 0 ? null : (
          <a class="button main" href={outboxLink(asked)}>
            {fresh} sent meanwhile. Show
          </a>
        )}
      </p>
    </div>,
  );
}

/** Rows that a page shows, as they are now. */
export async function outboxRows(visit: Visit, desk: DeskServices): Promise<Response> {
  const lines = await desk.outboxList.lines(readIds(visit.query));
  return fragment(desk, <OutboxTable lines={lines} facts={await readListFacts(visit, desk)} />);
}
