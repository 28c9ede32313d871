import { Option, type Command } from 'commander';
import { OperationError } from '../platform/operation-error.ts';
import { addCommand, onCall } from './command.ts';
import { writeOutput } from './files.ts';
import { counted, withProgress } from './progress.ts';
import { bytesText } from '../operations/bytes-text.ts';

interface ExportOptions {
  readonly id?: string;
  readonly all?: true;
  readonly form: 'spreadsheet' | 'interchange';
  readonly out?: string;
}

export function addPatientExport(group: Command): void {
  const command = addCommand(group, 'export', 'write patients as CSV')
    .option('--id <patient>', 'one patient, by id or CSV id')
    .option('--all', 'every patient')
    .addOption(
      new Option('--form <form>', 'spreadsheet: for people, no cell can start a formula; interchange: lossless')
        .choices(['spreadsheet', 'interchange'])
        .makeOptionMandatory(),
    )
    .option('--out <file>', 'a new file; stdout without it');
  onCall<ExportOptions>(command, async (caller, { id, all, form, out }) => {
    if ((id === undefined) === (all === undefined))
      throw new OperationError('invalid', 'usage', 'Give one of --id and --all. Nothing was written.');
    if (form === 'interchange')
      caller.remark(
        'This form is for other nodes and auditors: do not open it in a spreadsheet, which may run its cells.',
      );
    await using session = await caller.openSession();
    const bytes = session.download('patient.export', { form, ...(id === undefined ? {} : { patient: id }) });
    const size = await withProgress(caller, 'Exporting', (progress) =>
      writeOutput(caller, out, counted(bytes, progress, undefined)),
    );
    if (out !== undefined && out !== '-') caller.answer({ file: out, size }, [`Wrote ${bytesText(size)} to ${out}.`]);
  });
}
