import type { InboxPage } from '../../../referrals/inbox-list.ts';
import { page, type Answer } from '../../answer.ts';
import { EmptyState } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { LiveState, refreshSeconds } from '../live/live-state.tsx';
import { groupWords, InboxFilters, InboxTiles, Scopes, toDecide, unlookedAt } from './inbox-head.tsx';
import { filterOf, inboxLink, inboxQueryOf, readInboxQuery, type InboxQueryText } from './inbox-query.ts';
import { InboxTable } from './inbox-table.tsx';
import { peersHeard, readListFacts } from './list-facts.ts';

export const rowsOfPage = 25;

/** Home of everybody who treats patients: what arrived, what it waits for, the most urgent first (screen 2). */
export async function inboxPage(visit: Visit, desk: DeskServices): Promise<Answer> {
  const asked = readInboxQuery(visit.query);
  const { place, sort } = asked;
  const found = await desk.inboxList.page({
    ...filterOf(visit, asked),
    sort,
    limit: rowsOfPage,
    ...(place === undefined ? {} : { place }),
  });
  const facts = await readListFacts(visit, desk);
  const count = unlookedAt(found.counts);
  return page(
    {
      title: 'Inbox',
      count,
      scripts: ['inbox'],
      refreshSeconds,
      skip: { id: 'inbox-list', label: 'Skip to list' },
    },
    <div
      id="inbox"
      data-list
      data-cursor={String(found.cursor)}
      data-kinds="received emergency"
      data-news={url('inbox-news', {}, { ...inboxQueryOf(asked), since: found.cursor })}
      data-rows={url('inbox-rows', {}, inboxQueryOf(asked))}
      data-title="Inbox"
    >
      <div class="list-head">
        <h1>Inbox</h1>
        <Scopes asked={asked} />
        <p class="fresh" id="list-fresh" role="status"></p>
        <LiveState now={visit.now} />
      </div>
      <div id="list-tiles">
        <InboxTiles counts={found.counts} asked={asked} />
      </div>
      <div class="list-tools">
        <p class="sum" id="list-sum">
          <Sum found={found} asked={asked} />
        </p>
        <InboxFilters asked={asked} facts={facts} />
        <NotifyChoice />
      </div>
      {found.lines.length === 0 ? (
        <Nothing found={found} asked={asked} visit={visit} desk={desk} />
      ) : (
        <InboxTable
          lines={found.lines}
          facts={facts}
          sort={sort}
          sortLink={(name) => inboxLink(asked, { sort: name })}
          back={visit.target}
        />
      )}
      <Pager
        label="Pages of the inbox"
        newer={found.before === undefined ? undefined : inboxLink(asked, { before: found.before })}
        older={found.after === undefined ? undefined : inboxLink(asked, { after: found.after })}
      />
    </div>,
  );
}

/** What the tiles add up to, in words. */
export function Sum({
  found: { counts, total },
  asked,
}: {
  readonly found: Pick<InboxPage, 'counts' | 'total'>;
  readonly asked: InboxQueryText;
}) {
  return (
    <>
      <strong>{toDecide(counts)} to decide</strong> + {counts.accepted} accepted + {counts.closed} closed ={' '}
      <a href={inboxLink(asked, { group: asked.group === 'all' ? 'to-decide' : 'all' })}>{total} in all</a>. Shown:{' '}
      {groupWords(asked.group)}.
    </>
  );
}

/** Why the list is empty, and what to do next. */
function Nothing({
  found,
  asked,
  visit,
  desk,
}: {
  readonly found: InboxPage;
  readonly asked: InboxQueryText;
  readonly visit: Visit;
  readonly desk: DeskServices;
}) {
  const { heard, paired } = peersHeard(desk);
  const isNarrowed =
    asked.peer !== '' || asked.priority !== '' || asked.department !== '' || asked.scope !== 'hospital';
  return (
    <div id="inbox-list" tabindex={-1}>
      <EmptyState title={isNarrowed ? 'No referral fits what you chose' : `No referral is ${groupWords(asked.group)}`}>
        {asked.scope === 'department' && visit.user.department === '' ? (
          <p>You have no department yet. An administrator can give you one.</p>
        ) : null}
        {isNarrowed ? (
          <p>
            <a href={url('inbox')}>Show everything that is to be decided</a>
          </p>
        ) : null}
        {found.total > 0 && !isNarrowed ? (
          <p>
            <a href={inboxLink(asked, { group: 'all' })}>Show all {found.total}</a>
          </p>
        ) : null}
        <p>
          {paired === 0
            ? 'No other hospital is paired with this one yet: an administrator does that.'
            : `Peers can reach you: ${heard} of ${paired}${heard < paired ? ' were heard from in the last 24 hours. The others may be down: telephone if you wait for something.' : '.'}`}
        </p>
      </EmptyState>
    </div>
  );
}

/** Shown by the script where the browser can notify: what it says names no patient. */
function NotifyChoice() {
  return (
    <button type="button" class="button quiet" id="notify" hidden>
      Notify me of emergencies
    </button>
  );
}
