import type { Priority } from '../../protocol/bundle/manifest.ts';
import { OperationError } from '../platform/operation-error.ts';
import { TransportError } from '../peers/transport.ts';
import type { ChunkTokens } from './chunk-tokens.ts';
import { deliverBundle } from './deliver.ts';
import { finishDelivery, type DeliveryEffects, type Trouble } from './finish-delivery.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { prepareBundle, storeSealed } from './prepare.ts';
import { departSealed } from './sent-leaf.ts';
import { withdrawBundle } from './withdraw.ts';

/** Back-off between tries, by priority (Spec §5); a peer that speaks clears it. */
export const backOffCapMs: Readonly<Record<Priority, number>> = {
  stat: 30_000,
  urgent: 2 * 60_000,
  routine: 15 * 60_000,
};
const backOffFirstMs = 1_000;

/** What one try of a bundle needs. */
export interface Carrying {
  readonly ports: OutboxPorts;
  readonly tokens: ChunkTokens;
  readonly effects: DeliveryEffects;
}

/** What one try finds out about its peer. */
export interface Reach {
  answered(peer: string): void;
  silent(peer: string): void;
}

export interface Leave extends Reach {
  /** Whether a bundle that was just prepared may go on to its peer at once. */
  leave(row: OutboxRow): boolean;
}

/** One try of one bundle, whatever its state; every failure ends in a new time to try or in a final state. */
export async function carryStored(carrying: Carrying, bundle: string, reach: Leave): Promise<void> {
  const { ports, tokens } = carrying;
  const row = await ports.store.read((reader) => reader.first(outboxQueries.get, { bundle }));
  if (row === undefined) return;
  await withTrouble(ports, row, reach, async () => {
    if (row.state !== 'preparing') return carry(carrying, row, reach);
    const sealed = await prepareBundle(ports, tokens, row);
    if (!reach.leave(row)) return storeSealed(ports, row, sealed);
    const leaving = await departSealed(ports, row, sealed);
    return leaving === undefined ? undefined : carry(carrying, leaving, reach);
  });
}

/** The first try of a bundle that this moment became durable, with its sent leaf. */
export async function carryLeaving(carrying: Carrying, row: OutboxRow, reach: Reach): Promise<void> {
  await withTrouble(carrying.ports, row, reach, () => carry(carrying, row, reach));
}

async function carry({ ports, tokens, effects }: Carrying, row: OutboxRow, reach: Reach): Promise<Trouble | undefined> {
  const outcome =
    row.state === 'withdrawing' ? await withdrawBundle(ports, row) : await deliverBundle(ports, tokens, row);
  reach.answered(row.peer);
  return finishDelivery(ports, effects, row, outcome);
}

async function withTrouble(
  ports: OutboxPorts,
  row: OutboxRow,
  reach: Reach,
  attempt: () => Promise<Trouble | undefined | void>,
): Promise<void> {
  try {
    const again = await attempt();
    if (again !== undefined) await tryLater(ports, row, again);
  } catch (error) {
    if (error instanceof TransportError) {
      reach.silent(row.peer);
      await tryLater(ports, row, { code: error.code, text: error.message, retryAfterMs: error.retryAfterMs });
      return;
    }
    ports.diagnostics.error('delivery-failed', error, { bundle: row.bundle, peer: row.peer });
    const text =
      error instanceof OperationError ? error.message : 'This node failed while sending; see its diagnostics.';
    await tryLater(ports, row, { code: 'SEND_FAULT', text, retryAfterMs: undefined });
  }
}

async function tryLater(ports: OutboxPorts, row: OutboxRow, trouble: Trouble): Promise<void> {
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
