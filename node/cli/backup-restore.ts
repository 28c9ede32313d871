import type { Command } from 'commander';
import { basename, resolve } from 'node:path';
import { readSecret, Secret } from '../config/secrets.ts';
import { KeyError } from '../keys/keyring.ts';
import { loadRootKey, type RootKey } from '../keys/root-key.ts';
import { bytesText } from '../operations/bytes-text.ts';
import { systemClock } from '../platform/clock.ts';
import { systemRandom } from '../platform/random.ts';
import type { Caller } from './caller.ts';
import { addCommand, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { askPassphrase } from './passphrase.ts';
import { withProgress } from './progress.ts';
import { counted, fieldLines } from './text.ts';

interface RestoreOptions {
  readonly rootKey: string;
}

/** Needs no node and no configuration: both come from the backup. */
export function addBackupRestore(group: Command): void {
  const command = addCommand(
    group,
    'restore',
    'make a data directory (--data) from a backup; it can be read, not served',
  )
    .argument('<folder>', 'the folder of the backup, in its directory')
    .requiredOption('--root-key <file>', 'the copy of root.key from the safe');
  onCall<RestoreOptions>(command, async (caller, options, folder = '') => {
    const { dataDirectory, files } = caller;
    const rootKeyFile = resolve(options.rootKey);
    const rootKey = await readRootKey(caller, rootKeyFile);
    const { restoreBackup } = await import('../backups/restore.ts');
    const { progressOf } = await import('../backups/progress.ts');
    const restored = await withProgress(caller, 'Restoring', (progress) =>
      restoreBackup(
        { files, clock: systemClock, random: systemRandom },
        { backup: resolve(folder), dataDirectory, rootKey, rootKeyFile },
        progressOf(({ done, total }) => progress.reached(done, total)),
      ),
    );
    const { manifest, lost, inBucket, rootKeyWanted } = restored;
    const { node, takenAt, log } = manifest;
    const answer = { node, takenAt, dataDirectory, logSize: log.size, files: restored.files, inBucket, lost };
    caller.answer(answer, [
      `Restored ${basename(folder)} to ${dataDirectory}.`,
      ...fieldLines({
        node,
        'taken at': takenAt,
        database: `${bytesText(manifest.files['node.db'].size)}, every byte as it was written`,
        'exchange log': `${counted(log.size, 'entry', 'entries')} under the signed root`,
        files: `${restored.files} of patients`,
        'in the bucket': inBucket === 0 ? '' : `${inBucket} files are read from there`,
        LOST:
          lost === 0 ? '' : `${lost} files were damaged or missing in the backup; their patients are whole otherwise`,
      }),
      ...(rootKeyWanted === undefined ? [] : [`Put root.key at ${rootKeyWanted}: its fernpost.json wants it there.`]),
      'It can be read: patient list, show and export, referral list, log verify. It sends and signs nothing, because its',
      'log may be behind what other hospitals have seen: node/README.md says under "A restored log" how to go on.',
    ]);
    if (lost > 0) caller.endWith(exitCodes.no);
  });
}

async function readRootKey(caller: Caller, path: string): Promise<RootKey> {
  const { environment, files } = caller;
  const given = await readSecret('FERNPOST_ROOT_PASSPHRASE_FILE', environment, files);
  const open = async (passphrase: Secret | undefined): Promise<RootKey> =>
    await loadRootKey({ path, ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }) }, files);
  try {
    return await open(given);
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'wrong-passphrase' || given !== undefined) throw error;
    const typed = await askPassphrase('Passphrase of the root key');
    if (typed === undefined) throw error;
    return await open(new Secret(typed));
  }
}
