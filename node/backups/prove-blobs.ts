import { join } from 'node:path';
import { BlobError, type BlobName } from '../blobs/blob-store.ts';
import { openDirectoryBlobs, placeIn } from '../blobs/directory.ts';
import type { DurableBlobs } from '../blobs/durable.ts';
import type { ByteStream, Files } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import type { DatabaseCopy } from '../store/copy.ts';
import { readBlobList, type ListedBlob } from './blob-list.ts';
import { blobListFile, blobsFolder, damagedFolder } from './directory.ts';
import { blobsOf } from './create.ts';
import { anotherBackup, DrillFault } from './drill-fault.ts';
import type { Manifest } from './manifest.ts';
import type { Progress } from './progress.ts';

export interface BlobProofPorts {
  readonly files: Files;
  readonly random: Random;
  readonly blobs: Pick<DurableBlobs, 'getFromBucket'>;
}

export interface ProvenBlobs {
  /** Read whole in the backup directory, each against its digest. */
  readonly files: number;
  readonly bytes: number;
  /** Of those that only the bucket has: so many of so many were read back. */
  readonly bucketRead: number;
  readonly bucketTotal: number;
  /** Removed on purpose between snapshot and copy. */
  readonly removed: number;
}

/** A drill reads so many back from the bucket, evenly spread; the node verifies each at every use as well. */
export const bucketReadsMax = 1000;

/**
 * Reads every blob that the database of a backup names, where it lies in the backup directory, to its last byte: what a
 * restore reads. A damaged one is set aside, so that the next backup writes it anew.
 */
export async function proveBlobs(
  ports: BlobProofPorts,
  copy: Pick<DatabaseCopy, 'read'>,
  directory: string,
  backup: { readonly name: string; readonly manifest: Manifest },
  progress: Progress,
): Promise<ProvenBlobs> {
  progress.enter('files');
  const { files, random } = ports;
  const path = join(directory, blobsFolder);
  const here = await openDirectoryBlobs({ files, random, path });
  const { blobs: counts } = backup.manifest;
  const total = counts.here + counts.bucket + counts.removed + counts.damaged;
  const step = Math.max(1, Math.ceil(counts.bucket / bucketReadsMax));
  const proven = { files: 0, bytes: 0, bucketRead: 0, bucketTotal: 0, removed: 0 };
  const faults = { damaged: 0, missing: 0, wereDamaged: 0, bucket: 0 };
  let done = 0;
  for await (const blob of listedAndNamed(files, copy, join(directory, backup.name))) {
    progress.reached((done += 1), total);
    if (blob.place === 'removed') proven.removed += 1;
    else if (blob.place === 'damaged') faults.wereDamaged += 1;
    else if (blob.place === 'bucket') {
      if (proven.bucketTotal % step === 0) {
        if ((await stateOf(blob, () => ports.blobs.getFromBucket(blob.name))) === 'sound') proven.bucketRead += 1;
        else faults.bucket += 1;
      }
      proven.bucketTotal += 1;
    } else {
      const state = await stateOf(blob, () => here.get(blob.name));
      if (state === 'damaged') await setAside(files, directory, blob.name);
      if (state === 'sound') {
        proven.files += 1;
        proven.bytes += blob.size;
      } else faults[state] += 1;
    }
  }
  assertNoFaults(faults, total);
  return proven;
}

/** The list of a backup, which must name exactly what its database names. */
async function* listedAndNamed(
  files: Files,
  copy: Pick<DatabaseCopy, 'read'>,
  folder: string,
): AsyncIterable<ListedBlob> {
  const named = blobsOf(copy)[Symbol.asyncIterator]();
  for await (const blob of readBlobList(files, join(folder, blobListFile))) {
    const row = await named.next();
    if (row.done === true || row.value.name !== blob.name || row.value.size !== blob.size) throw listDiffers();
    yield blob;
  }
  if ((await named.next()).done !== true) throw listDiffers();
}

async function stateOf(
  { size }: ListedBlob,
  open: () => Promise<ByteStream>,
): Promise<'sound' | 'damaged' | 'missing'> {
  try {
    let bytes = 0;
    for await (const piece of await open()) bytes += piece.length;
    return bytes === size ? 'sound' : 'damaged';
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    return error.code === 'missing' ? 'missing' : 'damaged';
  }
}

async function setAside(files: Files, directory: string, name: BlobName): Promise<void> {
  await files.makeDirectory(join(directory, damagedFolder));
  await files.moveDurably(placeIn(join(directory, blobsFolder), name), join(directory, damagedFolder, name));
}

function assertNoFaults(
  faults: Readonly<Record<'damaged' | 'missing' | 'wereDamaged' | 'bucket', number>>,
  total: number,
): void {
  const lost = faults.damaged + faults.missing;
  if (lost > 0)
    throw new DrillFault(
      'files-damaged',
      `${lost} of ${total} files of patients in it are damaged or missing: back up now, which writes them anew, and repeat the drill; look at the disk of the backups`,
    );
  if (faults.wereDamaged > 0)
    throw new DrillFault(
      'files-were-damaged',
      `${faults.wereDamaged} of ${total} files of patients could not be read on this node when it was made: the diagnostics name them (blob-damaged-here); look at the node's own disk`,
    );
  if (faults.bucket > 0)
    throw new DrillFault(
      'bucket-unreadable',
      `${faults.bucket} files that only the bucket has could not be read back from there: look at the bucket, or set "backups.files" to copy and back up now`,
    );
}

function listDiffers(): DrillFault {
  return new DrillFault('file-list-damaged', `its list of files is not the one of its database: ${anotherBackup}`);
}
