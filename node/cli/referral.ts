import { Option, type Command } from 'commander';
import { OperationError } from '../platform/operation-error.ts';
import { addCommand, addGroup, collected, onCall } from './command.ts';
import { writeOutput } from './files.ts';
import { counted, withProgress } from './progress.ts';
import { addReferralQueries } from './referral-queries.ts';
import { bytesText } from '../operations/bytes-text.ts';

interface SendOptions {
  readonly to: string;
  readonly patient: string;
  readonly priority: 'routine' | 'urgent' | 'stat';
  readonly reason: string;
  readonly question: string;
  readonly specialty?: string;
  readonly note?: string;
  readonly consultation?: readonly string[];
  readonly attachment?: readonly string[];
  readonly allAttachments?: true;
  readonly breakGlass?: string;
  readonly consentFrom?: string;
  readonly consentTo?: string;
  readonly expires?: string;
}

export function addReferralCommands(program: Command): void {
  const group = addGroup(program, 'referral', 'refer patients to other hospitals, and decide about theirs');
  addSend(group);
  addReferralQueries(group);
  addDecisions(group);
  addQuestions(group);
  addFiles(group);
}

function addSend(group: Command): void {
  const send = addCommand(group, 'send', 'refer a patient to another hospital')
    .requiredOption('--to <peer>', 'name of its node')
    .requiredOption('--patient <patient>', 'id or CSV id')
    .requiredOption('--reason <text>', 'why the patient is referred')
    .requiredOption('--question <text>', 'what the other hospital is asked to do')
    .addOption(new Option('--priority <priority>').choices(['routine', 'urgent', 'stat']).default('routine'))
    .option('--specialty <text>')
    .option('--note <text>')
    .option('--consultation <id>', 'only these consultations; may be repeated', collected)
    .option('--attachment <id>', 'a file of the patient that goes along; may be repeated', collected)
    .option('--all-attachments', 'every file of the patient goes along')
    .option('--consent-from <time>', 'since when the patient consents; together with --consent-to')
    .option('--consent-to <time>', 'until when')
    .option('--break-glass <reason>', 'an emergency without consent, and why')
    .option('--expires <time>', 'until when it may be accepted; 30 days without it');
  onCall<SendOptions>(send, async (caller, options) => {
    const { to, patient, priority, reason, question } = options;
    const attachments = options.allAttachments === true ? ('all' as const) : [...(options.attachment ?? [])];
    const input = {
      to,
      patient,
      priority,
      reason,
      question,
      ...(options.specialty === undefined ? {} : { specialty: options.specialty }),
      ...(options.note === undefined ? {} : { note: options.note }),
      ...(options.consultation === undefined ? {} : { consultations: [...options.consultation] }),
      attachments,
      ...(options.breakGlass === undefined ? {} : { breakGlass: options.breakGlass }),
      ...consentIn(options),
      ...(options.expires === undefined ? {} : { expiresAt: options.expires }),
    };
    await using session = await caller.openSession();
    const sent = await session.plain('referral.send', input);
    caller.answer({ ...sent, running: session.running }, [`Referral ${sent.number} (${sent.id}) is in the outbox.`]);
    if (!session.running) caller.remark('It leaves when the node runs: fernpost serve.');
  });
}

function consentIn({ consentFrom: from, consentTo: to }: SendOptions): { consent?: { from: string; to: string } } {
  if (from === undefined && to === undefined) return {};
  if (from === undefined || to === undefined)
    throw new OperationError('invalid', 'usage', '--consent-from and --consent-to go together. Nothing was sent.');
  return { consent: { from, to } };
}

function addDecisions(group: Command): void {
  const accept = addCommand(group, 'accept', 'accept a received referral')
    .argument('<referral>', 'id')
    .option('--note <text>');
  onCall<{ note?: string }>(accept, async (caller, { note }, referral = '') => {
    await using session = await caller.openSession();
    const line = await session.plain('referral.accept', { referral, ...(note === undefined ? {} : { note }) });
    caller.answer(line, [`Accepted; the referral is ${line.state}. The answer is in the outbox.`]);
  });

  const reject = addCommand(group, 'reject', 'reject a received referral')
    .argument('<referral>', 'id')
    .requiredOption('--reason <text>', 'what the sender reads')
    .option('--advice <text>', 'where the patient could go instead');
  onCall<{ reason: string; advice?: string }>(reject, async (caller, { reason, advice }, referral = '') => {
    await using session = await caller.openSession();
    const input = { referral, reason, ...(advice === undefined ? {} : { advice }) };
    const line = await session.plain('referral.reject', input);
    caller.answer(line, [`Rejected; the referral is ${line.state}. The answer is in the outbox.`]);
  });

  const withdraw = addCommand(group, 'withdraw', 'take back a referral that has no receipt yet').argument(
    '<referral>',
    'id',
  );
  onCall(withdraw, async (caller, _options, referral = '') => {
    await using session = await caller.openSession();
    const line = await session.plain('referral.withdraw', { referral });
    caller.answer(line, [`Withdrawing; the referral is ${line.state}.`]);
  });
}

function addQuestions(group: Command): void {
  const ask = addCommand(group, 'ask', 'ask the hospital that sent a referral')
    .argument('<referral>', 'id')
    .requiredOption('--question <text>', 'what the sender reads');
  onCall<{ question: string }>(ask, async (caller, { question }, referral = '') => {
    await using session = await caller.openSession();
    const line = await session.plain('referral.ask', { referral, question });
    caller.answer(line, [`Asked; the referral is ${line.state}. The question is in the outbox.`]);
  });

  const answer = addCommand(group, 'answer', 'answer the open question about a referral that was sent from here')
    .argument('<referral>', 'id')
    .requiredOption('--text <text>', 'what the other hospital reads')
    .option('--attachment <id>', 'a file of the patient that goes along; may be repeated', collected);
  onCall<{ text: string; attachment?: readonly string[] }>(answer, async (caller, options, referral = '') => {
    const { text, attachment = [] } = options;
    await using session = await caller.openSession();
    const line = await session.plain('referral.answer', { referral, text, attachments: [...attachment] });
    caller.answer(line, [`Answered; the referral is ${line.state}. The answer is in the outbox.`]);
  });
}

function addFiles(group: Command): void {
  const attachment = addCommand(group, 'attachment', 'write an attachment of a received referral to a file')
    .argument('<referral>', 'id')
    .argument('<attachment>', 'id')
    .option('--out <file>', 'a new file; stdout without it');
  onCall<{ out?: string }>(attachment, async (caller, { out }, referral = '', id = '') => {
    await using session = await caller.openSession();
    const { attachments } = await session.plain('referral.show', { referral });
    const total = attachments.find((one) => one.id === id)?.size;
    const size = await withProgress(caller, 'Opening', (progress) =>
      writeOutput(
        caller,
        out,
        counted(session.download('referral.attachment', { referral, attachment: id }), progress, total),
      ),
    );
    if (out !== undefined && out !== '-') caller.answer({ file: out, size }, [`Wrote ${bytesText(size)} to ${out}.`]);
  });

  const document = addCommand(group, 'document', 'write the exact FHIR bundle of an event to a file')
    .argument('<referral>', 'id')
    .argument('<message>', 'id of the event, as "referral show" lists it')
    .option('--out <file>', 'a new file; stdout without it');
  onCall<{ out?: string }>(document, async (caller, { out }, referral = '', message = '') => {
    await using session = await caller.openSession();
    const size = await writeOutput(caller, out, session.download('referral.document', { referral, message }));
    if (out !== undefined && out !== '-') caller.answer({ file: out, size }, [`Wrote ${bytesText(size)} to ${out}.`]);
  });
}
