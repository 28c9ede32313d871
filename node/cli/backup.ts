import type { Command } from 'commander';
import type { PlainName, OperationInput, OperationOutput } from '../operations/table.ts';
import { bytesText } from '../operations/bytes-text.ts';
import type { BackupView } from '../operations/backups.ts';
import { systemClock } from '../platform/clock.ts';
import { addBackupRestore } from './backup-restore.ts';
import type { Caller } from './caller.ts';
import { addCommand, addGroup, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { withProgress, type Progress } from './progress.ts';
import type { Session } from './session.ts';
import { counted, fieldLines, tableLines } from './text.ts';

const askAgainMs = 500;

export function addBackupCommands(program: Command): void {
  const group = addGroup(program, 'backup', 'backups of the whole node, and what they are worth');

  const create = addCommand(group, 'create', 'make a backup now, in the directory of fernpost.json').option(
    '--new-disk',
    'the directory may be empty although backups were made there',
  );
  onCall<{ readonly newDisk?: true }>(create, async (caller, { newDisk = false }) => {
    await using session = await caller.openSession();
    const { backup } = await watched(caller, session, 'Backing up', 'backup.create', { newDisk });
    caller.answer(backup, [
      `Backed up as ${backup.name}.`,
      ...fieldLines(factsOf(backup)),
      'The root key is in no backup: keep its copy in a safe.',
    ]);
  });

  const list = addCommand(group, 'list', 'backups, the newest first');
  onCall(list, async (caller) => {
    await using session = await caller.openSession();
    const found = await session.plain('backup.list', {});
    const rows = found.backups.map((backup) => [
      backup.name,
      bytesText(backup.databaseBytes),
      `${backup.files} (${bytesText(backup.fileBytes)})`,
      String(backup.logSize),
      backup.name === found.proven ? 'restored in the last drill' : '',
    ]);
    caller.answer(found, [
      ...tableLines(['backup', 'database', 'files', 'log entries', ''], rows),
      ...found.damaged.map((name) => `${name} cannot be read: its backup.json is damaged.`),
      ...found.unfinished.map((name) => `${name} is unfinished and counts for nothing.`),
    ]);
  });

  const drill = addCommand(
    group,
    'drill',
    'restore a backup beside the node and prove it: exit code 1 when it fails',
  ).argument('[backup]', 'name of the backup; the newest without it');
  onCall(drill, async (caller, _options, backup = '') => {
    await using session = await caller.openSession();
    const input = backup === '' ? {} : { backup };
    const result = await watched(caller, session, 'Restore drill', 'backup.drill', input);
    if (result.state === 'failed') {
      caller.answer(result, [`The backup ${result.backup} is NOT proven: ${result.message}.`]);
      caller.endWith(exitCodes.no);
      return;
    }
    const { databaseBytes, leaves, keys, values, files, bytes, bucketRead, bucketTotal, removed } = result;
    caller.answer(result, [
      `The backup ${result.backup} was restored and is whole.`,
      ...fieldLines({
        database: `${bytesText(databaseBytes)}, no damage`,
        'exchange log': `${counted(leaves, 'entry', 'entries')} under the signed root`,
        keys: `${keys} of patients and referrals`,
        'sealed values': `${values} opened`,
        files: `${files} read (${bytesText(bytes)})`,
        bucket: bucketTotal === 0 ? '' : `${bucketRead} of ${bucketTotal} files read back`,
        removed: removed === 0 ? '' : `${removed} files, by people, while it was made`,
      }),
    ]);
  });

  addBackupRestore(group);
}

function factsOf(backup: BackupView): Readonly<Record<string, string>> {
  return {
    database: bytesText(backup.databaseBytes),
    files: `${backup.files} (${bytesText(backup.fileBytes)})`,
    'only in the bucket': backup.inBucket === 0 ? '' : `${backup.inBucket} files`,
    'NOT in it': backup.damaged === 0 ? '' : `${backup.damaged} files that could not be read here: look at this disk`,
    'log entries': String(backup.logSize),
  };
}

/** Asks for something long and, on a terminal, for how far it is. */
async function watched<Name extends PlainName & ('backup.create' | 'backup.drill')>(
  caller: Caller,
  session: Session,
  title: string,
  name: Name,
  input: OperationInput<Name>,
): Promise<OperationOutput<Name>> {
  return await withProgress(caller, title, async (progress) => {
    const done = new AbortController();
    const watching = watch(session, progress, done.signal);
    try {
      return await session.plain(name, input);
    } finally {
      done.abort();
      await watching;
    }
  });
}

async function watch(session: Session, progress: Progress, done: AbortSignal): Promise<void> {
  while (!done.aborted && process.stderr.isTTY) {
    await systemClock.sleep(askAgainMs, done);
    if (done.aborted) return;
    const { reached } = await session.plain('backup.status', {});
    if (reached !== null) progress.reached(reached.done, reached.total);
  }
}
