import { statement } from '../../node/store/statement.ts';
import type { TestDesk } from './desk.ts';

const hasten = statement<{ now: number }>()((db, values) =>
  db.updateTable('referral_decision').set({ due_at: values.now }).where('state', '=', 'waiting'),
);

/** Lets what rests for its undo leave at once: a real node's clock cannot be moved. */
export async function leaveNow({ node }: TestDesk): Promise<void> {
  await node.store.write((writer) => writer.run(hasten, { now: node.clock.now() }));
  await node.referralDesk.decisions.sendDue();
}
