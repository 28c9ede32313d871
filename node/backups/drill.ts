import { join } from 'node:path';
import { configBytesMax, parseConfigFile } from '../config/config-file.ts';
import { ConfigError } from '../config/config-error.ts';
import { KeyError, openKeyring, type Keyring } from '../keys/keyring.ts';
import { loadNodeSecrets, type NodeSecrets } from '../keys/node-secrets.ts';
import type { RootKey } from '../keys/root-key.ts';
import type { Clock } from '../platform/clock.ts';
import { findDamageInCopy, openCopy, type DatabaseCopy } from '../store/copy.ts';
import { StoreError } from '../store/store.ts';
import { BackupError } from './backup-error.ts';
import { blobListFile, configFile, databaseFile, type Backup } from './directory.ts';
import { anotherBackup, DrillFault } from './drill-fault.ts';
import { isSealed, type FileFacts, type Manifest } from './manifest.ts';
import type { Progress } from './progress.ts';
import { proveBlobs, type BlobProofPorts, type ProvenBlobs } from './prove-blobs.ts';
import { proveLog } from './prove-log.ts';
import { proveRecords, type ProvenRecords } from './prove-records.ts';
import { copyFile, digestFile, isSameFile } from './whole-files.ts';

export interface DrillPorts extends BlobProofPorts {
  readonly clock: Clock;
  readonly rootKey: RootKey;
  readonly dataDirectory: string;
  readonly node: string;
}

/** Everything that a drill proved; what it could not prove it throws as `DrillFault`. */
export interface Proven extends ProvenRecords, ProvenBlobs {
  readonly databaseBytes: number;
  readonly leaves: number;
}

/** Below the data directory; it is swept at the start of a node and before and after each drill. */
export const scratchFolder = 'drill';
const scratchReserveBytes = 256 * 1024 ** 2;
/** A database grows when an upgrade of its schema is tried. */
const scratchFactor = 1.25;

/**
 * Restores a backup beside the node and proves it: every digest, the database as SQLite judges it, its schema, this
 * hospital's keys, the exchange log from its first entry to its signed root, every sealed value, every file. The database
 * is restored in a scratch directory; files of patients are read where they lie, since a second copy of them proves no more
 * and may not fit. The scratch directory is gone afterwards.
 */
export async function runDrill(
  ports: DrillPorts,
  directory: string,
  backup: Backup,
  progress: Progress,
): Promise<Proven> {
  const { files, dataDirectory } = ports;
  const { manifest } = backup;
  const scratch = join(dataDirectory, scratchFolder);
  await files.removeTree(scratch);
  await assertRoom(ports, manifest.files['node.db'].size);
  if (manifest.node !== ports.node)
    throw new DrillFault('other-node', `it is a backup of ${manifest.node}: nothing of it was opened`);
  try {
    await files.makeDirectory(scratch);
    const database = join(scratch, databaseFile);
    await restoreSmallFiles(ports, join(directory, backup.name), database, manifest, progress);
    await using copy = await openSound(database, manifest);
    const { keyring, secrets } = await openKeys(ports, copy);
    if (!isSealed(manifest, keyring)) throw manifestDamaged();
    const leaves = await proveLog(copy, manifest, secrets.log.publicKey, progress);
    const records = await proveRecords(copy, keyring, progress);
    const blobs = await proveBlobs(ports, copy, directory, backup, progress);
    return { databaseBytes: manifest.files['node.db'].size, leaves, ...records, ...blobs };
  } finally {
    await files.removeTree(scratch);
  }
}

export function manifestDamaged(): DrillFault {
  return new DrillFault('manifest-damaged', `its backup.json was changed, or another node wrote it: ${anotherBackup}`);
}

async function assertRoom({ files, dataDirectory }: DrillPorts, databaseBytes: number): Promise<void> {
  const wanted = Math.ceil(databaseBytes * scratchFactor) + scratchReserveBytes;
  const free = await files.freeBytes(dataDirectory);
  if (free >= wanted) return;
  throw new BackupError(
    'no-room',
    `the drill needs ${wanted} bytes where the data directory lies and ${free} are free: nothing was done; make room there`,
  );
}

async function restoreSmallFiles(
  { files }: DrillPorts,
  folder: string,
  database: string,
  manifest: Manifest,
  progress: Progress,
): Promise<void> {
  progress.enter('digests');
  const { 'node.db': db, 'fernpost.json': config, 'blobs.txt': list } = manifest.files;
  let done = 0;
  const copied = await copyFile(files, join(folder, databaseFile), database, (bytes) =>
    progress.reached((done += bytes), db.size),
  );
  const assertSame =
    (code: 'database-damaged' | 'configuration-damaged' | 'file-list-damaged', name: string) =>
    (is: FileFacts, was: FileFacts): void => {
      if (!isSameFile(is, was))
        throw new DrillFault(code, `${name} in it is not what was written there: ${anotherBackup}`);
    };
  assertSame('database-damaged', databaseFile)(copied, db);
  assertSame('configuration-damaged', configFile)(await digestFile(files, join(folder, configFile)), config);
  assertSame('file-list-damaged', blobListFile)(await digestFile(files, join(folder, blobListFile)), list);
  await parseConfig({ files }, folder);
}

async function parseConfig({ files }: Pick<DrillPorts, 'files'>, folder: string): Promise<void> {
  const path = join(folder, configFile);
  try {
    parseConfigFile(await files.readWhole(path, configBytesMax), path);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new DrillFault('configuration-damaged', `this program cannot read its ${configFile}: ${cause.message}`, {
      cause,
    });
  }
}

/** Searched for damage first, by a thread of its own, then opened and brought up to this program's schema. */
async function openSound(path: string, manifest: Manifest): Promise<DatabaseCopy> {
  try {
    const [first, ...more] = await findDamageInCopy(path);
    if (first !== undefined) throw unsound(`${first}${more.length === 0 ? '' : `, and ${more.length} more`}`);
    const copy = openCopy({ path, upgrade: true });
    if (copy.schema === manifest.schema) return copy;
    await copy[Symbol.asyncDispose]();
    throw unsound(`its schema is ${copy.schema}, its backup.json says ${manifest.schema}`);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    if (cause.code === 'newer-schema')
      throw new DrillFault('newer-schema', `a newer program made it: ${cause.message}`, { cause });
    if (cause.code === 'corrupt') throw unsound(cause.message);
    throw cause;
  }
}

async function openKeys(
  { rootKey, clock, random }: DrillPorts,
  copy: DatabaseCopy,
): Promise<{ readonly keyring: Keyring; readonly secrets: NodeSecrets }> {
  let keyring: Keyring;
  try {
    keyring = await openKeyring({ store: copy, rootKey, clock, random });
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    const message =
      "this node's root key does not open it: the right copy of root.key must be found before it is needed";
    throw new DrillFault('wrong-root-key', message, { cause });
  }
  try {
    return { keyring, secrets: await copy.read((reader) => loadNodeSecrets(reader, keyring)) };
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new DrillFault('node-keys-damaged', `the node's own keys in it do not open: ${anotherBackup}`, { cause });
  }
}

function unsound(what: string): DrillFault {
  return new DrillFault(
    'database-unsound',
    `the database in it is damaged (${what}): search the node's own database for damage, then back up now`,
  );
}
