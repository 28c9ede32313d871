import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseAttachmentId } from '../../protocol/ids.ts';
import { diagnosticsName, type NodeProcess } from './node-processes.ts';
import { ToolError } from './tools.ts';

const pollMs = 10;
const endedOtherwise = /"bundle-(?:refused|set-aside)"/;

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
  // The node is not asked: it would be measured while it answers. What it tells its operator is read instead.
  for (;;) {
    const lines = (await readFile(join(from.directory, diagnosticsName), 'utf8')).split('\n');
    const told = lines.filter((line) => line.includes(sent.bundle));
    if (told.some((line) => line.includes('"bundle-delivered"'))) return;
    if (told.some((line) => endedOtherwise.test(line))) throw new ToolError('the study was not taken');
    await wait(pollMs);
  }
}
