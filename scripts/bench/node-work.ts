import { setTimeout as wait } from 'node:timers/promises';
import { parseAttachmentId } from '../../protocol/ids.ts';
import type { NodeProcess } from './node-processes.ts';
import { ToolError } from './tools.ts';

const pollMs = 20;

/** Adds a patient and gives back the id by which the hospital knows her. */
export async function addSharma(node: NodeProcess, csvId: string): Promise<string> {
  const details = {
    csv_id: csvId,
    family_name: 'Sharma',
    given_names: 'Priya',
    sex: 'female',
    birth_date: '1987-04-05',
  };
  await node.session.plain('patient.add', { details });
  return csvId;
}

/** Refers a patient with attachments; resolves at the durable receipt. */
export async function refer(
  from: NodeProcess,
  to: NodeProcess,
  patient: string,
  attachments: readonly string[],
): Promise<void> {
  const sent = await from.session.plain('referral.send', {
    to: to.name,
    patient,
    priority: 'urgent',
    reason: 'Fracture',
    question: 'Please operate',
    attachments: attachments.map((id) => parseAttachmentId(id)),
  });
  for (;;) {
    const { deliveries } = await from.session.plain('referral.show', { referral: sent.id });
    const [delivery] = deliveries;
    if (delivery?.state === 'delivered') return;
    if (delivery?.state === 'refused' || delivery?.state === 'set-aside')
      throw new ToolError(`the study was not taken: ${delivery.trouble}`);
    await wait(pollMs);
  }
}
