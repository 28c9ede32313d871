import type { Instant } from '../../protocol/instant.ts';
import { statement } from '../store/statement.ts';
import type { Reader } from '../store/store.ts';

/** What waits to leave for one peer. */
export interface PeerQueue {
  readonly waiting: number;
  readonly oldestAt: Instant | undefined;
  /** Set aside: they will not leave by themselves. */
  readonly setAside: number;
}

const queues = statement()((db) =>
  db
    .selectFrom('outbox')
    .select((eb) => ['peer', 'state', eb.fn.countAll<number>().as('count'), eb.fn.min('queued_at').as('oldest')])
    .where('state', 'in', ['preparing', 'queued', 'leaving', 'withdrawing', 'set-aside'])
    .groupBy(['peer', 'state']),
);

/** How much waits for each peer; one that nothing waits for is not in it. */
export async function readPeerQueues(reader: Reader): Promise<ReadonlyMap<string, PeerQueue>> {
  const found = new Map<string, PeerQueue>();
  for (const { peer, state, count, oldest } of await reader.all(queues, {})) {
    const before = found.get(peer) ?? { waiting: 0, oldestAt: undefined, setAside: 0 };
    const isWaiting = state !== 'set-aside';
    const oldestMs = isWaiting ? Math.min(before.oldestAt ?? Number.MAX_SAFE_INTEGER, Number(oldest)) : undefined;
    found.set(peer, {
      waiting: before.waiting + (isWaiting ? count : 0),
      oldestAt: oldestMs === undefined ? before.oldestAt : (oldestMs as Instant),
      setAside: before.setAside + (isWaiting ? 0 : count),
    });
  }
  return found;
}
