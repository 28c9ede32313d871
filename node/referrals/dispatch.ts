import type { Priority } from '../../protocol/bundle/manifest.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { OperationError } from '../platform/operation-error.ts';
import { TransportError, type TransportErrorCode } from '../peers/transport.ts';
import type { ChunkTokens } from './chunk-tokens.ts';
import { deliverBundle, departSealed } from './deliver.ts';
import { finishDelivery, type DeliveryEffects } from './finish-delivery.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { sealBundle, storeSealed } from './prepare.ts';
import { withdrawBundle } from './withdraw.ts';

/** Back-off between tries, by priority (Spec §5); a peer that speaks clears it. */
export const backOffCapMs: Readonly<Record<Priority, number>> = {
  stat: 30_000,
  urgent: 2 * 60_000,
  routine: 15 * 60_000,
};
const backOffFirstMs = 1_000;
/** Bundles of one peer on their way at once. */
const bundlesAtOnceMax = 8;
/** Bundles that are being prepared at once; chunk buffers are shared by all. */
const preparationsMax = 2;
/** A less urgent bundle waits so long for a more urgent one that has just left: then nothing blocks anything. */
const headStartMs = 2_000;
/** While something waits for a peer that is out of reach, it is asked so often whether it is back (Spec §5). */
const probeEveryMs = 30_000;

/** Moves the outbox: one step of it looks what is due and begins it; nothing waits for another peer. */
export interface Dispatcher {
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

export function openDispatcher(ports: OutboxPorts, tokens: ChunkTokens, effects: DeliveryEffects): Dispatcher {
  const running = new Map<string, Running>();
  const preparing = new Set<string>();
  /** By peer: when it was last found out of reach, or probed. */
  const outOfReach = new Map<string, number>();
  const probes = new Set<Promise<void>>();
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
  const hasRoom = (row: Pick<OpenRow, 'bundle' | 'peer' | 'rank'>): boolean => {
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
    const done = work(ports, tokens, effects, row.bundle, { ...reach, leave })
      .catch((error: unknown) => {
        // Not even the next time to try could be written: what was stored before stands, and is tried again.
        ports.diagnostics.error('delivery-not-noted', error, { bundle: row.bundle, peer: row.peer });
      })
      .finally(() => {
        running.delete(row.bundle);
        preparing.delete(row.bundle);
        ports.wake();
      });
    running.set(row.bundle, { peer: row.peer, rank: row.rank, sinceMs: clock.elapsedMs(), done });
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
    step: async () => {
      const rows = await store.read((reader) => reader.all(outboxQueries.open, {}));
      const first = new Map<string, OpenRow>();
      for (const row of rows) {
        // After a restart the rows alone know who was out of reach.
        const isTakenBack = row.state === 'withdrawing' && isLater(row.next_at, clock.now());
        if (silentCodes.has(row.trouble_code) || isTakenBack) reach.silent(row.peer);
        if (row.state !== 'preparing' && !first.has(row.peer)) first.set(row.peer, row);
        if (!mayBegin(row, first.get(row.peer), clock.now())) continue;
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

/** What one try finds out about its peer. */
interface Reach {
  answered(peer: string): void;
  silent(peer: string): void;
}

interface Leave extends Reach {
  /** Whether a bundle that was just prepared may go on to its peer at once. */
  leave(row: OutboxRow): boolean;
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

/** One try of one bundle, whatever its state; every failure ends in a new time to try or in a final state. */
async function work(
  ports: OutboxPorts,
  tokens: ChunkTokens,
  effects: DeliveryEffects,
  bundle: string,
  reach: Leave,
): Promise<void> {
  const stored = await ports.store.read((reader) => reader.first(outboxQueries.get, { bundle }));
  if (stored === undefined) return;
  let row = stored;
  try {
    if (row.state === 'preparing') {
      const sealed = await sealBundle(ports, tokens, row);
      if (!reach.leave(row)) return await storeSealed(ports, row, sealed);
      const leaving = await departSealed(ports, row, sealed);
      if (leaving === undefined) return;
      row = leaving;
    }
    const outcome =
      row.state === 'withdrawing' ? await withdrawBundle(ports, row) : await deliverBundle(ports, tokens, row);
    reach.answered(row.peer);
    const again = await finishDelivery(ports, effects, row, outcome);
    if (again !== undefined) await tryLater(ports, row, again);
  } catch (error) {
    if (error instanceof TransportError) {
      reach.silent(row.peer);
      await tryLater(ports, row, { code: error.code, text: error.message, retryAfterMs: error.retryAfterMs });
      return;
    }
    ports.diagnostics.error('delivery-failed', error, { bundle, peer: row.peer });
    const text =
      error instanceof OperationError ? error.message : 'This node failed while sending; see its diagnostics.';
    await tryLater(ports, row, { code: 'SEND_FAULT', text, retryAfterMs: undefined });
  }
}

async function tryLater(
  ports: OutboxPorts,
  row: OutboxRow,
  trouble: { readonly code: string; readonly text: string; readonly retryAfterMs: number | undefined },
): Promise<void> {
  const attempts = row.attempts + 1;
  const cap = backOffCapMs[row.priority];
  const full = Math.min(cap, backOffFirstMs * 2 ** Math.min(attempts - 1, 20));
  const [jitter = 0] = ports.random.bytes(1);
  const waitMs = Math.max(full / 2 + (full / 2) * (jitter / 255), trouble.retryAfterMs ?? 0);
  const next = ports.clock.now() + Math.round(waitMs);
  ports.diagnostics.warn('delivery-later', { bundle: row.bundle, peer: row.peer, code: trouble.code, attempts });
  if (ports.clock.now() > row.deadline)
    ports.diagnostics.warn('delivery-overdue', { bundle: row.bundle, peer: row.peer, priority: row.priority });
  await ports.store.write(async (writer) => {
    // While it is taken back, the trouble is why: what befalls the withdrawal itself does not stand in its place.
    const current = await writer.first(outboxQueries.get, { bundle: row.bundle });
    const { trouble_code, trouble: text } =
      current?.state === 'withdrawing' ? current : { trouble_code: trouble.code, trouble: trouble.text };
    await writer.run(outboxQueries.later, { bundle: row.bundle, next_at: next, attempts, trouble_code, trouble: text });
  });
}
