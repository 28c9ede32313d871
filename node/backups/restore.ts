import { basename, dirname, join } from 'node:path';
import { equalBytes } from '../../protocol/bytes.ts';
import { formatInstant } from '../../protocol/instant.ts';
import { BlobError } from '../blobs/blob-store.ts';
import { openDirectoryBlobs } from '../blobs/directory.ts';
import { configBytesMax, parseConfigFile } from '../config/config-file.ts';
import { KeyError, openKeyring } from '../keys/keyring.ts';
import { loadNodeSecrets } from '../keys/node-secrets.ts';
import type { RootKey } from '../keys/root-key.ts';
import type { Clock } from '../platform/clock.ts';
import { FileError, type ByteStream, type Files } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import { findDamageInCopy, openCopy } from '../store/copy.ts';
import { BackupError } from './backup-error.ts';
import { readBlobList } from './blob-list.ts';
import { blobListFile, blobsFolder, configFile, databaseFile, readManifest } from './directory.ts';
import { manifestDamaged } from './drill.ts';
import { DrillFault } from './drill-fault.ts';
import { isSealed, type FileFacts, type Manifest } from './manifest.ts';
import type { Progress } from './progress.ts';
import { proveLog } from './prove-log.ts';
import { writeRestoredMark } from './restored-mark.ts';
import { copyFile, digestFile, isSameFile } from './whole-files.ts';

export interface RestorePorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RestoreTask {
  /** The folder of the backup in its directory. */
  readonly backup: string;
  /** Missing or empty. */
  readonly dataDirectory: string;
  readonly rootKey: RootKey;
  /** The file that the key was read from; a copy of it goes into the new directory. */
  readonly rootKeyFile: string;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Files of patients that were restored; that only the bucket has; and that are damaged or missing in the backup. */
  readonly files: number;
  readonly inBucket: number;
  readonly lost: number;
  /** Where `fernpost.json` wants the root key, when it is not in the data directory. */
  readonly rootKeyWanted: string | undefined;
}

const rootKeyName = 'root.key';
const keyFileBytesMax = 4096;
const roomReserveBytes = 256 * 1024 ** 2;
const restoringSuffix = '.restoring';

/**
 * Makes a data directory from a backup and the root key: every byte against its digest, the log against its signed root,
 * the key against what it has to open. The mark that keeps it from signing is there before anything else, the database
 * comes last. Files of patients that the backup has lost are counted and the others restored; anything else that does not
 * hold leaves an empty directory.
 */
export async function restoreBackup(ports: RestorePorts, task: RestoreTask, progress: Progress): Promise<Restored> {
  const { files, clock } = ports;
  const { backup, dataDirectory } = task;
  const manifest = await readManifest(files, backup);
  if (manifest === 'missing')
    throw new BackupError('unknown-backup', `${backup} is no backup: give the folder that holds its backup.json`);
  if (manifest === 'damaged') throw manifestDamaged();
  await assertEmpty(files, dataDirectory);
  await files.makeDirectory(dataDirectory);
  await assertRoom(files, dataDirectory, manifest.files['node.db'].size + manifest.blobs.bytes);
  try {
    const { node, takenAt, log } = manifest;
    const mark = { node, backup: basename(backup), takenAt, restoredAt: formatInstant(clock.now()), log };
    await writeRestoredMark(files, dataDirectory, mark);
    const unfinished = await restoreDatabase(ports, task, manifest, progress);
    const blobs = await restoreBlobs(ports, task, manifest, progress);
    const rootKeyWanted = await restoreSmall(files, task, manifest);
    await files.moveDurably(unfinished, join(dataDirectory, databaseFile));
    assertSame(databaseFile, await digestFile(files, join(dataDirectory, databaseFile)), manifest.files['node.db']);
    return { manifest, ...blobs, rootKeyWanted };
  } catch (error) {
    for (const name of await files.list(dataDirectory)) await files.removeTree(join(dataDirectory, name));
    throw error;
  }
}

async function assertEmpty(files: Files, path: string): Promise<void> {
  try {
    if ((await files.list(path)).length === 0) return;
  } catch (error) {
    if (error instanceof FileError && error.code === 'missing') return;
    throw error;
  }
  throw new BackupError(
    'not-empty',
    `${path} is not empty: nothing was restored; name a directory that is empty or new`,
  );
}

async function assertRoom(files: Files, path: string, bytes: number): Promise<void> {
  const free = await files.freeBytes(path);
  if (free < bytes + roomReserveBytes)
    throw new BackupError(
      'no-room',
      `${path} has ${free} bytes free and this needs ${bytes + roomReserveBytes}: nothing was restored`,
    );
}

async function restoreDatabase(
  { files, clock, random }: RestorePorts,
  { backup, dataDirectory, rootKey }: RestoreTask,
  manifest: Manifest,
  progress: Progress,
): Promise<string> {
  progress.enter('database');
  const path = join(dataDirectory, `${databaseFile}${restoringSuffix}`);
  const wanted = manifest.files['node.db'];
  let done = 0;
  const onBytes = (bytes: number): void => progress.reached((done += bytes), wanted.size);
  assertSame(databaseFile, await copyFile(files, join(backup, databaseFile), path, onBytes), wanted);
  const [damage] = await findDamageInCopy(path);
  if (damage !== undefined)
    throw new DrillFault('database-unsound', `the database in it is damaged (${damage}): use an earlier backup`);
  await using copy = openCopy({ path });
  try {
    const keyring = await openKeyring({ store: copy, rootKey, clock, random });
    if (!isSealed(manifest, keyring)) throw manifestDamaged();
    const secrets = await copy.read((reader) => loadNodeSecrets(reader, keyring));
    await proveLog(copy, manifest, secrets.log.publicKey, progress);
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    const message = 'this root key does not open the backup: nothing was restored; give the right copy of root.key';
    throw new DrillFault('wrong-root-key', message, { cause });
  }
  return path;
}

async function restoreBlobs(
  { files, random }: RestorePorts,
  { backup, dataDirectory }: RestoreTask,
  manifest: Manifest,
  progress: Progress,
): Promise<Pick<Restored, 'files' | 'inBucket' | 'lost'>> {
  progress.enter('files');
  const list = join(backup, blobListFile);
  assertSame(blobListFile, await digestFile(files, list), manifest.files['blobs.txt']);
  const from = await openDirectoryBlobs({ files, random, path: join(dirname(backup), blobsFolder) });
  const to = await openDirectoryBlobs({ files, random, path: join(dataDirectory, blobsFolder) });
  const counts = { files: 0, inBucket: 0, lost: 0 };
  for await (const { name, size, place } of readBlobList(files, list)) {
    if (place === 'bucket') counts.inBucket += 1;
    if (place === 'damaged') counts.lost += 1;
    if (place !== 'here') continue;
    async function* bytes(): ByteStream {
      yield* await from.get(name);
    }
    try {
      await to.put(name, size, bytes);
      counts.files += 1;
    } catch (error) {
      if (!(error instanceof BlobError) || (error.code !== 'missing' && error.code !== 'damaged')) throw error;
      counts.lost += 1;
    }
    progress.reached(counts.files + counts.lost, manifest.blobs.here);
  }
  return counts;
}

async function restoreSmall(
  files: Files,
  { backup, dataDirectory, rootKeyFile }: RestoreTask,
  manifest: Manifest,
): Promise<string | undefined> {
  const config = await files.readWhole(join(backup, configFile), configBytesMax);
  const place = join(dataDirectory, configFile);
  await files.writeDurably(place, config);
  assertSame(configFile, await digestFile(files, place), manifest.files['fernpost.json']);
  const wanted = parseConfigFile(config, place).rootKeyFile;
  if (wanted !== undefined) return wanted;
  const key = await files.readWhole(rootKeyFile, keyFileBytesMax);
  const copy = join(dataDirectory, rootKeyName);
  await files.writeDurably(copy, key);
  if (!equalBytes(await files.readWhole(copy, keyFileBytesMax), key))
    throw new BackupError('io', `${copy} does not read back as it was written: look at that disk`);
  return undefined;
}

function assertSame(name: string, is: FileFacts, was: FileFacts): void {
  if (isSameFile(is, was)) return;
  const codes = {
    [configFile]: 'configuration-damaged',
    [blobListFile]: 'file-list-damaged',
  } as const;
  const code = name === configFile || name === blobListFile ? codes[name] : 'database-damaged';
  throw new DrillFault(code, `${name} in it is not what was written there: use an earlier backup`);
}
