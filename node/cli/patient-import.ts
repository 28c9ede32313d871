import type { Command } from 'commander';
import { utf8 } from '../../protocol/bytes.ts';
import type { ImportVerdicts, RecordVerdict } from '../operations/imports.ts';
import { streamOnce } from '../platform/files.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Caller } from './caller.ts';
import { addCommand, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { openInput, writeOutput } from './files.ts';
import { counted, withProgress } from './progress.ts';
import { tableLines } from './text.ts';

interface ImportOptions {
  readonly confirm?: true;
  readonly leaveOutErrors?: string | true;
  readonly newestDuplicates?: true;
  readonly leaveOut?: string;
  readonly eraseEmpty?: true;
}

export function addPatientImport(group: Command): void {
  const command = addCommand(group, 'import', 'import patients from CSV: a dry run, until --confirm')
    .argument('<file>', 'UTF-8 CSV; - for stdin')
    .option('--confirm', 'store them, all or nothing')
    .option('--leave-out-errors <file>', 'import the others and write the rows with errors to this new CSV file')
    .option('--newest-duplicates', 'of records with one CSV id take the one with the newest updated_at')
    .option('--leave-out <numbers>', 'records to leave out, as in 3,17')
    .option('--erase-empty', 'take away what is stored where a cell is empty; without it that stays');
  onCall<ImportOptions>(command, async (caller, options, file = '') => {
    if (options.confirm === true) await confirm(caller, options, file);
    else await dryRun(caller, options, file);
  });

  const undo = addCommand(group, 'undo-import', 'take a whole import back').argument('<import>', 'its id');
  onCall(undo, async (caller, _options, id = '') => {
    await using session = await caller.openSession();
    const undone = await session.plain('import.undo', { import: id });
    caller.answer(undone, [`Undone: ${undone.removed} patients removed, ${undone.restored} changed back.`]);
  });

  const list = addCommand(group, 'imports', 'past imports, newest first');
  onCall(list, async (caller) => {
    await using session = await caller.openSession();
    const past = await session.plain('import.list', {});
    const rows = past.imports.map((one) => [one.at, one.state, String(one.added), String(one.updated), one.id]);
    caller.answer(past, tableLines(['at', 'state', 'added', 'updated', 'id'], rows));
  });
}

async function dryRun(caller: Caller, options: ImportOptions, file: string): Promise<void> {
  await using session = await caller.openSession();
  const { bytes, size } = await openInput(caller, file);
  const checked = await withProgress(caller, 'Checking', (progress) =>
    session.upload('import.check', {}, counted(bytes, progress, size)),
  );
  if (typeof options.leaveOutErrors === 'string') await writeRejected(caller, options.leaveOutErrors, checked);
  caller.answer(checked, [
    ...verdictLines(checked),
    ...erasedLines(checked.erased, options),
    'Nothing was stored: this was a dry run. Add --confirm to import.',
  ]);
  if (checked.counts.error > 0) caller.endWith(exitCodes.no);
}

async function confirm(caller: Caller, options: ImportOptions, file: string): Promise<void> {
  const errorsFile = typeof options.leaveOutErrors === 'string' ? options.leaveOutErrors : undefined;
  const input = {
    leaveOutErrors: errorsFile !== undefined,
    takeNewestDuplicates: options.newestDuplicates === true,
    leaveOut: numbersIn(options.leaveOut ?? ''),
    eraseEmpty: options.eraseEmpty === true,
  };
  await using session = await caller.openSession();
  const { bytes, size } = await openInput(caller, file);
  const done = await withProgress(caller, 'Importing', (progress) =>
    session.upload('import.confirm', input, counted(bytes, progress, size)),
  );
  if (errorsFile !== undefined) await writeRejected(caller, errorsFile, done.verdicts);
  const { added, updated, unchanged, leftOut } = done.outcome;
  caller.answer(done, [
    `Imported: ${added} added, ${updated} updated, ${unchanged} unchanged, ${leftOut} left out.`,
    `To take it back: fernpost patient undo-import ${done.outcome.import}`,
  ]);
}

async function writeRejected(caller: Caller, file: string, { rejected }: ImportVerdicts): Promise<void> {
  if (rejected === '') return;
  await writeOutput(caller, file, streamOnce(utf8(rejected)));
  caller.remark(`The rows with errors are in ${file}: mend them there and import it again.`);
}

function verdictLines({ records, counts, unknownColumns }: ImportVerdicts): readonly string[] {
  const told = records.filter((record) => record.verdict !== 'ok' || record.remarks.length > 0);
  const rows = told.map((record) => [
    String(record.number),
    String(record.line),
    record.csvId ?? '',
    record.verdict,
    reasonOf(record),
  ]);
  const total = Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');
  return [
    ...(rows.length === 0 ? [] : tableLines(['record', 'line', 'csv_id', 'verdict', 'why'], rows)),
    ...(unknownColumns.length === 0
      ? []
      : [`Left out, because they are not ours: columns ${unknownColumns.join(', ')}`]),
    `${records.length} records: ${total}`,
  ];
}

function erasedLines(erased: number, { eraseEmpty }: ImportOptions): readonly string[] {
  if (erased === 0) return [];
  const values = erased === 1 ? '1 stored value has an empty cell' : `${erased} stored values have empty cells`;
  const outcome =
    eraseEmpty === true ? 'Importing with --erase-empty erases that.' : 'That stays; --erase-empty erases it.';
  return [`${values} in the file. ${outcome}`];
}

/** Columns and grades, never a cell. */
function reasonOf(record: RecordVerdict): string {
  const [match] = record.matches;
  return [
    ...record.remarks,
    ...(record.duplicateOf === null ? [] : [`same csv_id as record ${record.duplicateOf}`]),
    ...columnsOf('changes', record, false),
    ...columnsOf('empty cell for', record, true),
    ...(match === undefined ? [] : [`${match.grade} match with ${match.with}`]),
  ].join('; ');
}

function columnsOf(what: string, { changes }: RecordVerdict, erasing: boolean): readonly string[] {
  const found = changes.filter(({ erases = false }) => erases === erasing).map(({ column }) => column);
  return found.length === 0 ? [] : [`${what} ${found.join(', ')}`];
}

function numbersIn(list: string): number[] {
  if (list === '') return [];
  if (!/^[1-9][0-9]{0,6}(?:,[1-9][0-9]{0,6})*$/.test(list))
    throw new OperationError(
      'invalid',
      'usage',
      '--leave-out expects numbers of records, as in 3,17. Nothing was stored.',
    );
  return list.split(',').map(Number);
}
