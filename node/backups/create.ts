import { join } from 'node:path';
import { formatInstant } from '../../protocol/instant.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { blobsAfter } from '../blobs/blob-queries.ts';
import type { BlobName } from '../blobs/blob-store.ts';
import type { DurableBlobs } from '../blobs/durable.ts';
import { openDirectoryBlobs } from '../blobs/directory.ts';
import { configBytesMax } from '../config/config-file.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Files } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import { nextTurn } from '../platform/turn.ts';
import { openCopy, type DatabaseCopy } from '../store/copy.ts';
import type { Database } from '../store/database.ts';
import { BackupError } from './backup-error.ts';
import { blobLine } from './blob-list.ts';
import { placeOf, type BlobSource } from './blob-copies.ts';
import { blobListFile, blobsFolder, configFile, databaseFile } from './directory.ts';
import { manifestName, sealManifest, writeManifest, type Manifest } from './manifest.ts';
import type { Progress } from './progress.ts';
import { digestFile } from './whole-files.ts';

export interface CreatePorts {
  /** Of the backup directory's disk: a failed fsync there fails the backup, not the node. */
  readonly files: Files;
  readonly store: Pick<Database, 'read' | 'copyTo'>;
  readonly blobs: DurableBlobs;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly dataDirectory: string;
  readonly node: string;
  readonly program: string;
  /** Leave out what the bucket has. */
  readonly bucketIsEnough: boolean;
}

/** So much stays free on the backup disk beside what is to be written. */
export const roomReserveBytes = 64 * 1024 ** 2;
const blobsAtOnce = 256;

/**
 * Makes one backup in a folder of its own: a copy of the database of one moment, the configuration, every file of a
 * patient that the directory does not hold yet, and last the manifest. The root key is no part of it. What fails leaves
 * the folder without a manifest, which is no backup.
 */
export async function createBackup(
  ports: CreatePorts,
  directory: string,
  name: string,
  progress: Progress,
): Promise<Manifest> {
  const { files, store, clock, dataDirectory } = ports;
  const folder = join(directory, name);
  const database = join(folder, databaseFile);
  await assertRoom(files, directory, (await files.size(join(dataDirectory, databaseFile))) ?? 0);
  const takenAt = formatInstant(clock.now());
  await files.makeDirectory(folder);
  await makePrivately(files, database);
  progress.enter('database');
  await store.copyTo(database, (done, total) => progress.reached(done, total));
  await files.writeDurably(
    join(folder, configFile),
    await files.readWhole(join(dataDirectory, configFile), configBytesMax),
  );
  let facts: Omit<Manifest, 'v' | 'node' | 'takenAt' | 'program' | 'files' | 'seal'>;
  {
    await using copy = openCopy({ path: database });
    const head = await copy.read((reader) => reader.first(logQueries.head, {}));
    const log = { size: head?.size ?? 0, root: head?.root.toHex() ?? ''.padEnd(64, '0') };
    facts = { schema: copy.schema, log, blobs: await copyBlobs(ports, copy, directory, folder, progress) };
  }
  progress.enter('digests');
  const manifest = sealManifest(
    {
      v: 1,
      node: ports.node,
      takenAt,
      program: ports.program,
      schema: facts.schema,
      log: facts.log,
      files: {
        'node.db': await digestFile(files, database, () => progress.assertGoing()),
        'fernpost.json': await digestFile(files, join(folder, configFile)),
        'blobs.txt': await digestFile(files, join(folder, blobListFile)),
      },
      blobs: facts.blobs,
    },
    ports.keyring,
  );
  await files.writeDurably(join(folder, manifestName), writeManifest(manifest));
  return manifest;
}

/** Copies what is not there yet and notes where each blob of the snapshot lies. */
async function copyBlobs(
  ports: CreatePorts,
  copy: DatabaseCopy,
  directory: string,
  folder: string,
  progress: Progress,
): Promise<Manifest['blobs']> {
  const { files, random } = ports;
  const target = await openDirectoryBlobs({ files, random, path: join(directory, blobsFolder) });
  const source: BlobSource = { ...ports, target };
  let wanted = 0;
  let missingBytes = 0;
  for await (const blob of blobsOf(copy)) {
    wanted += 1;
    progress.assertGoing();
    if (!isInBucket(ports, blob) && (await target.has(blob.name)) !== blob.size) missingBytes += blob.size;
  }
  await assertRoom(files, directory, missingBytes);
  progress.enter('files');
  const counts = { here: 0, bytes: 0, bucket: 0, removed: 0, damaged: 0 };
  let done = 0;
  await using list = await files.openWriter(join(folder, blobListFile));
  for await (const blob of blobsOf(copy)) {
    const place = isInBucket(ports, blob) ? 'bucket' : await placeOf(source, blob);
    counts[place] += 1;
    if (place === 'here') counts.bytes += blob.size;
    await list.write(blobLine({ ...blob, place }));
    progress.reached((done += 1), wanted);
  }
  await list.sync();
  return counts;
}

interface BlobRow {
  readonly name: BlobName;
  readonly size: number;
  readonly verified_at: number | null;
}

/** The blobs that a database names, in the order of their names. */
export async function* blobsOf(copy: Pick<DatabaseCopy, 'read'>): AsyncIterable<BlobRow> {
  for (let after = ''; ;) {
    const rows = await copy.read((reader) => reader.all(blobsAfter, { after, limit: blobsAtOnce }));
    for (const row of rows) yield { ...row, name: row.name as BlobName };
    if (rows.length < blobsAtOnce) return;
    after = rows.at(-1)?.name ?? '';
    await nextTurn();
  }
}

function isInBucket({ bucketIsEnough }: CreatePorts, { verified_at }: BlobRow): boolean {
  return bucketIsEnough && verified_at !== null;
}

/** With mode 0600 before anything is in it. */
async function makePrivately(files: Files, path: string): Promise<void> {
  await using file = await files.openWriter(path);
  await file.write(utf8(''));
}

async function assertRoom(files: Files, directory: string, bytes: number): Promise<void> {
  const free = await files.freeBytes(directory);
  if (free >= bytes + roomReserveBytes) return;
  throw new BackupError(
    'full',
    `${directory} has ${free} bytes free and this backup needs ${bytes + roomReserveBytes}: nothing was written, earlier backups are as they were; make room there, or use a larger disk`,
  );
}
