import type { NodeName } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { Peer, PeerDirectory } from '../peers/directory.ts';
import { heardAt, reachableMs } from '../peers/silent-peers.ts';
import type { Clock } from '../platform/clock.ts';
import { statement } from '../store/statement.ts';
import type { Store } from '../store/store.ts';

/** What somebody wants to know of another hospital before referring to it (screen 6). */
export interface PeerReach {
  readonly name: NodeName;
  readonly title: string;
  readonly state: Peer['state'];
  readonly since: Instant;
  /**
   * `now` when it was heard of within some minutes and nothing to it meets an obstacle; `out-of-reach` when it did not answer
   * just now either; `unknown` where it is not asked.
   */
  readonly reachable: 'now' | 'unknown' | 'out-of-reach';
  /** When it last spoke or showed its card. */
  readonly heardAt: Instant;
  /** Bundles that wait for it. */
  readonly waiting: number;
  /** The middle of the times between its receipts and its decisions; `undefined` before there are three. */
  readonly usualAnswerMs: number | undefined;
}

const answersMin = 3;

const answerTimes = statement<{ peer: string }>()((db, values) =>
  db
    .selectFrom('referral')
    .innerJoin('outbox', 'outbox.referral', 'referral.id')
    .innerJoin('referral_event', 'referral_event.referral', 'referral.id')
    .select((eb) => eb('referral_event.at', '-', eb.ref('outbox.done_at')).as('took'))
    .where('referral.direction', '=', 'sent')
    .where('referral.peer', '=', values.peer)
    .where('outbox.kind', '=', 'referral')
    .where('outbox.state', '=', 'delivered')
    .where('referral_event.author', '=', 'receiver')
    .where('referral_event.name', 'in', ['referral-accepted', 'referral-rejected'])
    .orderBy('referral.created_at', 'desc')
    .limit(50),
);
const waitingFor = statement<{ peer: string }>()((db, values) =>
  db
    .selectFrom('outbox')
    .select(['trouble_code'])
    .where('peer', '=', values.peer)
    .where('state', 'in', ['preparing', 'queued', 'leaving', 'withdrawing'])
    .limit(1000),
);

/** Every peer that was ever paired, with what its own signed answers say of it; `unanswered` did not answer just now. */
export async function peerReach(
  ports: { readonly store: Store; readonly directory: PeerDirectory; readonly clock: Clock },
  unanswered: ReadonlySet<NodeName>,
): Promise<readonly PeerReach[]> {
  const now = ports.clock.now();
  const peers = ports.directory.list().filter(({ state }) => state !== 'invited' && state !== 'confirming');
  return ports.store.read(async (reader) => {
    const found: PeerReach[] = [];
    for (const { name, title, state, since, ...peer } of peers) {
      const waiting = await reader.all(waitingFor, { peer: name });
      const times = (await reader.all(answerTimes, { peer: name })).map(({ took }) => Number(took));
      const isTroubled = waiting.some((one) => one.trouble_code.startsWith('NET_'));
      const isAway = unanswered.has(name) || isTroubled;
      const isRecent = now - heardAt(peer) <= reachableMs;
      found.push({
        name,
        title,
        state,
        since,
        heardAt: heardAt(peer),
        reachable: isAway ? 'out-of-reach' : isRecent ? 'now' : 'unknown',
        waiting: waiting.length,
        usualAnswerMs:
          times.length < answersMin ? undefined : times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)],
      });
    }
    return found;
  });
}
