import type { Writer } from '../store/store.ts';
import type { Outcome } from './delivery-outcome.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { beginWithdrawal } from './withdraw.ts';

/** What the workflow does when a bundle reached its end, in the transaction that ends it; `row` is as it was before. */
export interface DeliveryEffects {
  delivered(writer: Writer, row: OutboxRow): Promise<void>;
  refused(writer: Writer, row: OutboxRow, reason: string): Promise<void>;
  withdrawn(writer: Writer, row: OutboxRow): Promise<void>;
  /** Puts the same content into the outbox again under a new uuid. */
  sealAnew(writer: Writer, row: OutboxRow): Promise<void>;
}

/** Why a bundle is tried again. */
export interface Trouble {
  readonly code: string;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

/** Makes an outcome durable. Gives back the trouble when the bundle is to be tried again, nothing when it ended. */
export async function finishDelivery(
  ports: OutboxPorts,
  effects: DeliveryEffects,
  row: OutboxRow,
  outcome: Outcome,
): Promise<Trouble | undefined> {
  const { bundle, peer } = row;
  switch (outcome.kind) {
    case 'delivered':
      await Promise.all([
        end(ports, row, { state: 'delivered', proof: outcome.proof, size: outcome.size }, effects.delivered),
        outcome.cosigned,
      ]);
      ports.delivered();
      ports.diagnostics.info('bundle-delivered', { bundle, peer, priority: row.priority });
      return undefined;
    case 'refused': {
      const { code, title, detail } = outcome.problem;
      const text = detail === undefined ? title : `${title}: ${detail}`;
      await end(
        ports,
        row,
        { state: 'refused', proof: outcome.proof, size: outcome.size, code, text },
        (writer, before) => effects.refused(writer, before, text),
      );
      ports.diagnostics.warn('bundle-refused', { bundle, peer, code });
      return undefined;
    }
    case 'withdrawn': {
      const aside = row.state === 'withdrawing' && row.trouble_code !== '';
      const kept = aside ? { code: row.trouble_code, text: row.trouble } : {};
      await end(ports, row, { state: aside ? 'set-aside' : 'withdrawn', ...kept }, effects.withdrawn);
      return undefined;
    }
    case 'key-gone':
      await ports.cards.fetch(ports.directory.get(peer));
      await ports.store.write(async (writer) => {
        await beginWithdrawal(ports, writer, bundle);
        await effects.sealAnew(writer, row);
      });
      return undefined;
    case 'poison': {
      const { code, title, detail } = outcome.problem;
      const text = detail === undefined ? title : `${title}: ${detail}`;
      ports.diagnostics.error('bundle-set-aside', undefined, { bundle, peer, code });
      await ports.store.write(async (writer) => beginWithdrawal(ports, writer, bundle, { code, text }));
      return undefined;
    }
    case 'verifying':
      return { code: 'REC_BUSY', text: 'The receiver is still checking the bundle.', retryAfterMs: outcome.waitMs };
    case 'again': {
      const { problem } = outcome;
      const text = problem === undefined ? 'The receiver asked to try again.' : problem.title;
      return { code: problem?.code ?? 'REC_BUSY', text, retryAfterMs: outcome.retryAfterMs };
    }
  }
}

async function end(
  ports: OutboxPorts,
  row: OutboxRow,
  final: {
    readonly state: 'delivered' | 'refused' | 'withdrawn' | 'set-aside';
    readonly proof?: string;
    readonly size?: number;
    readonly code?: string;
    readonly text?: string;
  },
  effect: (writer: Writer, before: OutboxRow) => Promise<void>,
): Promise<void> {
  await ports.store.write(async (writer) => {
    // Not the row that this delivery began with: somebody may have begun to withdraw it meanwhile.
    const before = await writer.first(outboxQueries.get, { bundle: row.bundle });
    const { changes } = await writer.run(outboxQueries.finish, {
      bundle: row.bundle,
      state: final.state,
      proof: final.proof ?? null,
      unchecked_size: final.size ?? null,
      trouble_code: final.code ?? '',
      trouble: final.text ?? '',
      now: ports.clock.now(),
    });
    if (changes > 0 && before !== undefined) await effect(writer, before);
  });
}
