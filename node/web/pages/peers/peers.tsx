import { skewWords } from '../../../peers/peer-clocks.ts';
import { readOverview, type PeerOverview } from '../../../peers/overview.ts';
import type { PairingStatus } from '../../../peers/pairing-status.ts';
import { readPeerQueues, type PeerQueue } from '../../../referrals/peer-queues.ts';
import type { Instant } from '../../../../protocol/instant.ts';
import { page } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState, Facts, Notice, Section } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { Foreign, spanWords, When } from '../../components/text.tsx';
import type { HandlersOf } from '../../route.ts';
import type { peerRoutes } from '../../routes/peer-routes.ts';
import { url } from '../../urls.ts';
import { PairingTag, PeerStateTag } from './peer-words.tsx';
import { PeerMap } from './peer-map.tsx';

/** A peer with what waits for it, ready to be shown in card, map and table alike. */
interface Row {
  readonly overview: PeerOverview;
  readonly queue: PeerQueue | undefined;
  readonly now: Instant;
}

/** Screen 14: cards, map and table of the same facts, and pairings under way. */
export const peerListHandlers: Pick<HandlersOf<typeof peerRoutes>, 'peers'> = {
  peers: async (visit, desk) => {
    const overviews = await desk.store.read((reader) => readOverview(reader, desk));
    const queues = await desk.store.read(readPeerQueues);
    const pairings = (await desk.pairing.recent()).filter(({ state }) => state !== 'paired' && state !== 'ended');
    const rows = overviews.map((overview) => ({ overview, queue: queues.get(overview.peer.name), now: visit.now }));
    return page(
      { title: 'Peers' },
      <>
        <div class="page-head">
          <h1>Peers</h1>
          <LinkButton href={url('peer-add')} tone="main">
            Add a peer
          </LinkButton>
        </div>
        <Pairings pairings={pairings} />
        {rows.length === 0 ? <NoPeers /> : <Known title={desk.own.title} rows={rows} />}
      </>,
    );
  },
};

function Known({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }) {
  const paired = rows.filter(({ overview }) => overview.peer.state === 'paired').length;
  return (
    <>
      {paired > 1 ? null : (
        <Notice tone="amber" title="No independent witness yet">
          <p>
            With two hospitals nobody independent vouches for either log. A third one that pairs with both makes the
            difference.
          </p>
        </Notice>
      )}
      <ul class="cards">
        {rows.map((row) => (
          <li>
            <PeerCard row={row} />
          </li>
        ))}
      </ul>
      <Section id="map" title="Map">
        <PeerMap title={title} peers={rows.map(({ overview }) => overview)} />
      </Section>
      <DataTable
        id="peer-table"
        caption="The same facts as a table"
        columns={columns}
        rows={rows}
        rowKey={({ overview }) => overview.peer.name}
      />
    </>
  );
}

function PeerCard({ row }: { readonly row: Row }) {
  const { peer } = row.overview;
  return (
    <article class="panel card" aria-labelledby={`peer-${peer.name}`}>
      <div class="panel-head">
        <h2 id={`peer-${peer.name}`}>
          <a href={url('peer', { peer: peer.name })}>
            <Foreign text={peer.title} />
          </a>
        </h2>
        <PeerStateTag state={peer.state} />
      </div>
      <p class="quiet">
        since <When at={peer.since} />
      </p>
      {peer.detail === '' ? null : <p>{peer.detail}</p>}
      <Facts
        facts={[
          { term: 'Last exchange', value: <LastExchange row={row} /> },
          { term: 'Queue', value: queueWords(row) },
          { term: 'Clock', value: clockWords(row) },
          { term: 'Our log, cosigned', value: <Cosigned row={row} /> },
        ]}
      />
    </article>
  );
}

const columns: readonly Column<Row>[] = [
  {
    key: 'peer',
    label: 'Peer',
    isHeader: true,
    cell: ({ overview: { peer } }) => (
      <>
        <a href={url('peer', { peer: peer.name })}>
          <Foreign text={peer.title} />
        </a>
        <span class="second-line">{peer.name}</span>
      </>
    ),
  },
  {
    key: 'state',
    label: 'State',
    cell: ({ overview: { peer } }) => (
      <>
        <PeerStateTag state={peer.state} />
        <span class="second-line">
          since <When at={peer.since} />
        </span>
      </>
    ),
  },
  { key: 'exchange', label: 'Last exchange', cell: (row) => <LastExchange row={row} /> },
  { key: 'queue', label: 'Queue', cell: queueWords },
  { key: 'clock', label: 'Clock', cell: clockWords },
  { key: 'cosigned', label: 'Our log, cosigned', cell: (row) => <Cosigned row={row} /> },
];

export function LastExchange({ row }: { readonly row: Pick<Row, 'overview'> }) {
  const { lastExchangeAt } = row.overview;
  return lastExchangeAt === undefined ? 'none yet' : <When at={lastExchangeAt} />;
}

export function queueWords({ queue, now }: Pick<Row, 'queue' | 'now'>): string {
  if (queue === undefined) return 'nothing waits';
  const waits =
    queue.waiting === 0
      ? 'nothing waits'
      : `${queue.waiting} waiting${queue.oldestAt === undefined ? '' : `, the oldest for ${spanWords(now - queue.oldestAt)}`}`;
  return queue.setAside === 0 ? waits : `${waits}; ${queue.setAside} set aside`;
}

export function clockWords({ overview: { clock }, now }: Pick<Row, 'overview' | 'now'>): string {
  if (clock === undefined) return 'not asked since this node started';
  return `${skewWords(clock)}, ${spanWords(now - clock.at)} ago`;
}

export function Cosigned({ row: { overview } }: { readonly row: Pick<Row, 'overview'> }) {
  const { ourLog } = overview;
  if (ourLog === undefined) return 'not yet';
  return (
    <>
      {`${ourLog.size} entries, `}
      <When at={ourLog.at} />
    </>
  );
}

function NoPeers() {
  return (
    <EmptyState title="No peers yet">
      <p>
        A peer is another hospital’s node. To pair, one of you makes an invitation and the other opens it; you read six
        words to each other on the telephone.
      </p>
      <LinkButton href={url('peer-add')} tone="main">
        Add a peer
      </LinkButton>
    </EmptyState>
  );
}

function Pairings({ pairings }: { readonly pairings: readonly PairingStatus[] }) {
  if (pairings.length === 0) return null;
  return (
    <Section id="pairings" title="Pairings under way">
      <ul>
        {pairings.map((status) => (
          <li>
            <a href={url('pairing', { invitation: status.invitation })}>
              {status.title === undefined ? (
                (status.peer ?? 'Invitation that nobody has opened')
              ) : (
                <Foreign text={status.title} />
              )}
            </a>{' '}
            <PairingTag status={status} /> until <When at={status.expires} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
