import { targetOf } from '../../protocol/http/routes.ts';
import { parseBundleId } from '../../protocol/ids.ts';
import { parseProblem } from '../../protocol/http/problem.ts';
import { parseWithdrawnAnswer } from '../../protocol/messages.ts';
import { callTargetOf } from '../peers/cards.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Writer } from '../store/store.ts';
import type { Outcome } from './delivery-outcome.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { judgeReceipt } from './settle-delivery.ts';

/**
 * Takes a bundle back: before its sent leaf nothing else is needed; after it a withdrawn leaf at once, in this
 * transaction, and DELETE from then on until the receiver answers (Spec §6). `trouble` says why a bundle is set aside.
 */
export async function beginWithdrawal(
  ports: OutboxPorts,
  writer: Writer,
  bundle: string,
  trouble: { readonly code: string; readonly text: string } = { code: '', text: '' },
): Promise<void> {
  const row = await writer.first(outboxQueries.get, { bundle });
  const now = ports.clock.now();
  if (row?.state === 'preparing' || row?.state === 'queued') {
    const final = { state: 'withdrawn', proof: null, unchecked_size: null } as const;
    await writer.run(outboxQueries.finish, {
      bundle,
      ...final,
      trouble_code: trouble.code,
      trouble: trouble.text,
      now,
    });
    return;
  }
  if (row?.state !== 'leaving' || row.record === null)
    throw new OperationError('conflict', 'not-withdrawable', 'The bundle has ended already: it cannot be taken back.');
  await ports.log.queue(writer, { type: 'withdrawn', record: row.record, peer: ports.directory.get(row.peer).name });
  await writer.run(outboxQueries.withdrawing, { bundle, trouble_code: trouble.code, trouble: trouble.text, now });
}

/** Sends DELETE. A receiver that has the bundle answers with its receipt, and then the receipt counts (Spec §6). */
export async function withdrawBundle(ports: OutboxPorts, row: OutboxRow): Promise<Outcome> {
  const peer = ports.directory.get(row.peer);
  const bundle = parseBundleId(row.bundle);
  const answer = await ports.transport.call(callTargetOf(peer), {
    method: 'DELETE',
    path: targetOf({ name: 'deleteBundle', bundle }),
  });
  if (answer.status === 200) {
    parseWithdrawnAnswer(answer.body);
    return { kind: 'withdrawn' };
  }
  const problem = parseProblem(answer.body);
  const { record } = row;
  if (record === null) throw new Error('a withdrawal of a bundle that never left');
  const departing = { peer, record };
  if (problem.code === 'REC_RECEIVED' && problem.receipt !== undefined) {
    const size = await judgeReceipt(ports, departing, problem.receipt, 'received');
    return { kind: 'delivered', proof: problem.receipt, size };
  }
  if (problem.proof !== undefined) {
    const size = await judgeReceipt(ports, departing, problem.proof, 'refused');
    return { kind: 'refused', proof: problem.proof, size, problem };
  }
  return problem.code === 'REC_WITHDRAWN' ? { kind: 'withdrawn' } : { kind: 'again', problem };
}
