import type { OutboxCounts, OutboxPage } from '../../../referrals/outbox-list.ts';
import type { OutboxGroup } from '../../../referrals/outbox-list-queries.ts';
import { page, type Answer } from '../../answer.ts';
import { EmptyState, Tiles } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import { priorityWord, type Tone } from '../../components/tag.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { Choose } from '../inbox/inbox-head.tsx';
import { priorities } from '../inbox/inbox-query.ts';
import { readListFacts, type ListFacts } from '../inbox/list-facts.ts';
import { LiveState, refreshSeconds } from '../live/live-state.tsx';
import { outboxFilterOf, outboxLink, outboxQueryOf, readOutboxQuery, type OutboxAsked } from './outbox-query.ts';
import { OutboxTable } from './outbox-table.tsx';

const rowsOfPage = 25;

/** What was sent, with each step that is proven, the newest first (screen 7). */
export async function outboxPage(visit: Visit, desk: DeskServices): Promise<Answer> {
  const asked = readOutboxQuery(visit.query);
  const { place } = asked;
  const found = await desk.outboxList.page({
    ...outboxFilterOf(asked),
    limit: rowsOfPage,
    ...(place === undefined ? {} : { place }),
  });
  const facts = await readListFacts(visit, desk);
  return page(
    {
      title: 'Outbox',
      count: needsUs(found.counts),
      scripts: ['inbox'],
      refreshSeconds,
      skip: { id: 'outbox-list', label: 'Skip to list' },
    },
    <div
      id="outbox"
      data-list
      data-news={url('outbox-news', {}, { ...outboxQueryOf(asked), total: found.total })}
      data-rows={url('outbox-rows', {}, outboxQueryOf(asked))}
      data-kinds="sent"
      data-title="Outbox"
    >
      <div class="list-head">
        <h1>Outbox</h1>
        <p class="fresh" id="list-fresh" role="status"></p>
        <LiveState now={visit.now} />
      </div>
      <div id="list-tiles">
        <OutboxTiles counts={found.counts} asked={asked} />
      </div>
      <div class="list-tools">
        <p class="sum" id="list-sum">
          <OutboxSum found={found} asked={asked} />
        </p>
        <Filters asked={asked} facts={facts} />
      </div>
      {found.lines.length === 0 ? (
        <Nothing found={found} asked={asked} />
      ) : (
        <OutboxTable lines={found.lines} facts={facts} />
      )}
      <Pager
        label="Pages of the outbox"
        newer={found.before === undefined ? undefined : outboxLink(asked, { before: found.before })}
        older={found.after === undefined ? undefined : outboxLink(asked, { after: found.after })}
      />
    </div>,
  );
}

const tiles: readonly { readonly group: OutboxGroup; readonly label: string; readonly tone?: Tone }[] = [
  { group: 'failed', label: 'Not delivered', tone: 'red' },
  { group: 'overdue', label: 'Late', tone: 'amber' },
  { group: 'troubled', label: 'Tried again', tone: 'amber' },
  { group: 'underway', label: 'On its way', tone: 'blue' },
  { group: 'asked', label: 'Asked of us', tone: 'amber' },
  { group: 'undecided', label: 'Waiting for them' },
  { group: 'accepted', label: 'Accepted' },
  { group: 'closed', label: 'Closed' },
];

/** How many will not go on without somebody here: the number in the window's title. */
export function needsUs({ failed, overdue, asked }: OutboxCounts): number {
  return failed + overdue + asked;
}

export function OutboxTiles({ counts, asked }: { readonly counts: OutboxCounts; readonly asked: OutboxAsked }) {
  return (
    <Tiles
      label="Sent referrals by where they are"
      tiles={tiles.map(({ group, label, tone }) => ({
        label,
        count: counts[group],
        href: outboxLink(asked, { group: asked.group === group ? 'open' : group }),
        isCurrent: asked.group === group,
        ...(tone !== undefined && counts[group] > 0 ? { tone } : {}),
      }))}
    />
  );
}

export function OutboxSum({
  found: { counts, total },
  asked,
}: {
  readonly found: Pick<OutboxPage, 'counts' | 'total'>;
  readonly asked: OutboxAsked;
}) {
  return (
    <>
      <strong>{total - counts.closed} open</strong> + {counts.closed} closed ={' '}
      <a href={outboxLink(asked, { group: asked.group === 'all' ? 'open' : 'all' })}>{total} in all</a>.
    </>
  );
}

function Filters({ asked, facts }: { readonly asked: OutboxAsked; readonly facts: ListFacts }) {
  const isNarrowed = asked.peer !== '' || asked.priority !== '';
  return (
    <details class="filters" open={isNarrowed}>
      <summary>Filters{isNarrowed ? ' (in use)' : ''}</summary>
      <form method="get" action={url('outbox')} class="inline">
        {asked.group === 'open' ? null : <input type="hidden" name="group" value={asked.group} />}
        <Choose
          name="priority"
          label="Priority"
          value={asked.priority}
          any="any"
          choices={priorities.map((value) => ({ value, label: priorityWord(value) }))}
        />
        <Choose
          name="peer"
          label="To"
          value={asked.peer}
          any="any hospital"
          choices={facts.peers.map(({ name, title }) => ({ value: name, label: title }))}
        />
        <button type="submit" class="button second">
          Show
        </button>
        {isNarrowed ? <a href={outboxLink(asked, { peer: '', priority: '' })}>Without filters</a> : null}
      </form>
    </details>
  );
}

function Nothing({ found, asked }: { readonly found: OutboxPage; readonly asked: OutboxAsked }) {
  return (
    <div id="outbox-list" tabindex={-1}>
      <EmptyState title={found.total === 0 ? 'Nothing was sent yet' : 'No sent referral fits what you chose'}>
        {found.total === 0 ? (
          <p>
            A referral begins with a patient: <a href={url('patients')}>find the patient</a>, and choose "Refer".
          </p>
        ) : (
          <p>
            <a href={outboxLink(asked, { group: 'all', peer: '', priority: '' })}>Show everything that was sent</a>
          </p>
        )}
      </EmptyState>
    </div>
  );
}
