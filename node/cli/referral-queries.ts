import type { Command } from 'commander';
import type { OperationOutput } from '../operations/table.ts';
import type { Caller } from './caller.ts';
import { addCommand, onCall } from './command.ts';
import { questionLines } from './question-lines.ts';
import { fieldLines, shown, tableLines } from './text.ts';

type Line = OperationOutput<'referral.list'>['referrals'][number];
type Detail = OperationOutput<'referral.show'>;

export function addReferralQueries(group: Command): void {
  const list = addCommand(group, 'list', 'referrals, newest first; received ones without --sent')
    .option('--sent', 'those that were sent from here')
    .option('--limit <count>', 'how many, 1 to 100', '50');
  onCall<{ sent?: true; limit: string }>(list, async (caller, { sent, limit }) => {
    await using session = await caller.openSession();
    const direction = sent === true ? 'sent' : 'received';
    tellLines(caller, await session.plain('referral.list', { direction, limit: Number(limit) }));
  });

  const find = addCommand(group, 'find', "received referrals of the patient that a peer's CSV id names")
    .argument('<peer>', 'name of the node that sent them')
    .argument('<csv-id>', 'the CSV id at that hospital');
  onCall(find, async (caller, _options, peer = '', csvId = '') => {
    await using session = await caller.openSession();
    tellLines(caller, await session.plain('referral.find', { peer, csvId }));
  });

  const show = addCommand(group, 'show', 'everything about one referral').argument('<referral>', 'id');
  onCall(show, async (caller, _options, referral = '') => {
    await using session = await caller.openSession();
    const detail = await session.plain('referral.show', { referral });
    caller.answer(detail, detailLines(detail));
  });

  const outbox = addCommand(group, 'outbox', 'what has not arrived yet, and why');
  onCall(outbox, async (caller) => {
    await using session = await caller.openSession();
    const { deliveries } = await session.plain('referral.outbox', {});
    const rows = deliveries.map((one) => [
      one.peer,
      one.state,
      one.priority,
      String(one.attempts),
      one.nextAt,
      one.deadline + (one.overdue ? ' OVERDUE' : ''),
      one.trouble,
    ]);
    const header = ['to', 'state', 'priority', 'tries', 'next', 'deadline', 'trouble'];
    caller.answer({ deliveries }, rows.length === 0 ? ['Nothing waits.'] : tableLines(header, rows));
  });
}

function tellLines(caller: Caller, found: { readonly referrals: readonly Line[] }): void {
  const rows = found.referrals.map((line) => [
    line.number,
    line.peer,
    line.state,
    line.priority,
    line.createdAt,
    line.summary.patientName,
    line.id,
  ]);
  const header = ['number', 'peer', 'state', 'priority', 'created', 'patient', 'id'];
  caller.answer(found, rows.length === 0 ? ['No referrals.'] : tableLines(header, rows));
}

function detailLines(detail: Detail): readonly string[] {
  const { id, number, direction, peer, state, priority, createdAt, expiresAt, summary } = detail;
  const lines = [...fieldLines({ id, number, direction, peer, state, priority, createdAt, expiresAt, ...summary })];
  const events = detail.events.map((one) => [one.at, one.author, one.name, one.status, one.reason, one.message]);
  lines.push('', 'Events', ...tableLines(['at', 'by', 'event', 'status', 'reason', 'message'], events));
  lines.push(...questionLines(detail.questions));
  for (const { title, rows } of detail.sections)
    lines.push('', shown(title), ...rows.map((row) => `  ${row.map(shown).join(' | ')}`));
  if (detail.attachments.length > 0) {
    const rows = detail.attachments.map((one) => [one.id, one.contentType, String(one.size), one.title]);
    lines.push('', 'Attachments', ...tableLines(['id', 'type', 'bytes', 'title'], rows));
  }
  if (detail.deliveries.length > 0) {
    const rows = detail.deliveries.map((one) => [one.kind, one.state, String(one.attempts), one.deadline, one.trouble]);
    lines.push('', 'Deliveries', ...tableLines(['what', 'state', 'tries', 'deadline', 'trouble'], rows));
  }
  const proof = detail.receipt ?? detail.deliveries.find((one) => one.kind === 'referral')?.proof ?? null;
  if (proof !== null) lines.push('', 'Receipt', ...proof.trimEnd().split('\n').map(shown));
  return lines;
}
