import { targetOf } from '../../protocol/http/routes.ts';
import { TransportError, type TransportErrorCode } from '../peers/transport.ts';
import { backOffCapMs, carryLeaving, carryStored, type Reach } from './carry.ts';
import type { ChunkTokens } from './chunk-tokens.ts';
import type { DeliveryEffects } from './finish-delivery.ts';
import type { Departures, OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';

/** Bundles of one peer on their way at once. */
const bundlesAtOnceMax = 8;
/** Bundles that are being prepared at once; chunk buffers are shared by all. */
const preparationsMax = 2;
/** A less urgent bundle waits so long for a more urgent one that has just left: then nothing blocks anything. */
const headStartMs = 2_000;
/** While something waits for a peer that is out of reach, it is asked so often whether it is back (Spec §5). */
const probeEveryMs = 30_000;

/** Moves the outbox: one step of it looks what is due and begins it; nothing waits for another peer. */
export interface Dispatcher extends Departures {
  /** The node runs: from now on what has nothing before it may leave in the moment in which it is stored. */
  start(): void;
  /** Begins what is due. A job calls it every second and whenever something changes. */
  step(signal: AbortSignal): Promise<void>;
  /** A peer spoke: what waited for the network is due now. */
  peerSpoke(peer: string): void;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
}

interface Running {
  readonly peer: string;
  readonly rank: number;
  readonly sinceMs: number;
  readonly done: Promise<void>;
}

type OpenRow = Pick<
  OutboxRow,
  'bundle' | 'peer' | 'rank' | 'state' | 'next_at' | 'priority' | 'attempts' | 'trouble_code'
>;

type Place = Pick<OutboxRow, 'bundle' | 'peer' | 'rank'>;

export function openDispatcher(ports: OutboxPorts, tokens: ChunkTokens, effects: DeliveryEffects): Dispatcher {
  const running = new Map<string, Running>();
  const preparing = new Set<string>();
  /** By peer: when it was last found out of reach, or probed. */
  const outOfReach = new Map<string, number>();
  const probes = new Set<Promise<void>>();
  /** Peers for which something due waits for room: nothing that is stored later goes before it. */
  let waitedFor = new Set<string>();
  let isStarted = false;
  const carrying = { ports, tokens, effects };
  const { clock, store, directory } = ports;

  const peerSpoke: Dispatcher['peerSpoke'] = (peer) => {
    if (!outOfReach.delete(peer)) return;
    void store
      .write(async (writer) => writer.run(outboxQueries.clearBackOff, { peer, now: clock.now() }))
      .then(ports.wake, (error: unknown) => ports.diagnostics.error('back-off-not-cleared', error, { peer }));
  };

  const reach: Reach = {
    answered: peerSpoke,
    silent: (peer) => {
      if (!outOfReach.has(peer)) outOfReach.set(peer, clock.elapsedMs());
    },
  };

  /** Whether a bundle may leave now, beside those that are on their way to the same peer. */
  const hasRoom = (row: Place): boolean => {
    if (directory.find(row.peer)?.state !== 'paired') return false;
    const others = [...running].filter(([bundle, each]) => each.peer === row.peer && bundle !== row.bundle);
    const elapsed = clock.elapsedMs();
    return (
      others.length < bundlesAtOnceMax &&
      !others.some(([, each]) => each.rank < row.rank && elapsed - each.sinceMs < headStartMs)
    );
  };

  const begin = (row: OpenRow): void => {
    const leave = (bundle: OutboxRow): boolean => {
      if (outOfReach.has(bundle.peer) || !hasRoom(bundle)) return false;
      if (preparing.delete(bundle.bundle)) ports.wake(); // Another may be prepared meanwhile.
      return true;
    };
    run(row, carryStored(carrying, row.bundle, { ...reach, leave }));
  };

  const run = ({ bundle, peer, rank }: Place, work: Promise<void>): void => {
    const done = work
      .catch((error: unknown) => {
        // Not even the next time to try could be written: what was stored before stands, and is tried again.
        ports.diagnostics.error('delivery-not-noted', error, { bundle, peer });
      })
      .finally(() => {
        running.delete(bundle);
        preparing.delete(bundle);
        ports.wake();
      });
    running.set(bundle, { peer, rank, sinceMs: clock.elapsedMs(), done });
  };

  const reserve: Departures['reserve'] = (place) => {
    const { peer } = place;
    if (!isStarted || outOfReach.has(peer) || waitedFor.has(peer)) return undefined;
    if (!hasRoom(place)) {
      waitedFor.add(peer);
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<OutboxRow | undefined>();
    run(
      place,
      promise.then(async (row) => (row === undefined ? undefined : carryLeaving(carrying, row, reach))),
    );
    return { go: resolve, [Symbol.dispose]: () => resolve(undefined) };
  };

  const mayBegin = (row: OpenRow, first: OpenRow | undefined, now: number): boolean => {
    if (running.has(row.bundle) || isLater(row.next_at, now)) return false;
    if (row.state === 'preparing') return preparing.size < preparationsMax;
    // The most urgent of a silent peer's bundles is tried in the place of all: it is the first to arrive.
    return (row === first || !outOfReach.has(row.peer)) && hasRoom(row);
  };

  const probe = async (peerName: string): Promise<void> => {
    const peer = directory.find(peerName);
    if (peer === undefined) return;
    try {
      const { status } = await ports.transport.plain(peer, { method: 'GET', path: targetOf({ name: 'getCard' }) });
      if (status === 200) directory.spoke(peer.name);
    } catch (error) {
      if (!(error instanceof TransportError)) ports.diagnostics.error('probe-failed', error, { peer: peer.name });
    }
  };

  /** Nobody waits for a probe here: a peer that is silent holds up no other. */
  const beginProbe = (peer: string): void => {
    const done = probe(peer).finally(() => probes.delete(done));
    probes.add(done);
  };

  return {
    start: () => {
      isStarted = true;
    },
    reserve,
    step: async () => {
      const rows = await store.read((reader) => reader.all(outboxQueries.open, {}));
      const first = new Map<string, OpenRow>();
      waitedFor = new Set();
      for (const row of rows) {
        // After a restart the rows alone know who was out of reach.
        const isTakenBack = row.state === 'withdrawing' && isLater(row.next_at, clock.now());
        if (silentCodes.has(row.trouble_code) || isTakenBack) reach.silent(row.peer);
        if (row.state !== 'preparing' && !first.has(row.peer)) first.set(row.peer, row);
        if (!mayBegin(row, first.get(row.peer), clock.now())) {
          if (!running.has(row.bundle) && !isLater(row.next_at, clock.now())) waitedFor.add(row.peer);
          continue;
        }
        if (row.state === 'preparing') preparing.add(row.bundle);
        begin(row);
      }
      const waiting = new Set(rows.map((row) => row.peer));
      for (const [peer, probedAt] of outOfReach) {
        if (!waiting.has(peer)) outOfReach.delete(peer);
        else if (clock.elapsedMs() - probedAt >= probeEveryMs) {
          outOfReach.set(peer, clock.elapsedMs());
          beginProbe(peer);
        }
      }
    },
    peerSpoke,
    settled: async () => {
      while (running.size + probes.size > 0)
        await Promise.all([...[...running.values()].map((each) => each.done), ...probes]);
    },
  };
}

/** Troubles of a bundle whose peer gave no answer that counts. */
const silentCodes: ReadonlySet<string> = new Set<TransportErrorCode>([
  'NET_UNREACHABLE',
  'NET_TIMEOUT',
  'NET_ADDRESS',
  'NET_UNSIGNED',
]);

/** Later than any back-off allows was written by a clock that stood wrong. */
function isLater(nextAt: number, now: number): boolean {
  return nextAt > now && nextAt <= now + backOffCapMs.routine;
}
