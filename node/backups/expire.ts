import { join } from 'node:path';
import { parseInstant, type Instant } from '../../protocol/instant.ts';
import { listDirectoryBlobs, removeDirectoryBlob } from '../blobs/directory.ts';
import type { Files } from '../platform/files.ts';
import { readBlobList } from './blob-list.ts';
import { blobListFile, blobsFolder, findBackups, type Backup } from './directory.ts';
import { manifestName } from './manifest.ts';
import { digestFile, isSameFile } from './whole-files.ts';

const dayMs = 24 * 3_600_000;

export interface Expiry {
  readonly now: Instant;
  readonly keepDays: number;
  /** The backup that was last restored in a drill: it stays, as does the newest. */
  readonly proven: string | undefined;
}

/** Removes folders that no backup came of, and backups that are too old. Says how many backups went. */
export async function expireBackups(files: Files, directory: string, expiry: Expiry): Promise<number> {
  const { backups, unfinished, damaged } = await findBackups(files, directory);
  for (const name of unfinished) await files.removeTree(join(directory, name));
  const useless = damaged.filter((name) => expiry.now - timeOfName(name) > expiry.keepDays * dayMs);
  for (const name of useless) await files.removeTree(join(directory, name));
  const old = backups.filter((backup, i) => i > 0 && backup.name !== expiry.proven && isOld(backup, expiry));
  for (const { name } of old) {
    await files.remove(join(directory, name, manifestName)); // From here on it is no backup, whatever happens.
    await files.removeTree(join(directory, name));
  }
  return old.length + useless.length;
}

/**
 * Removes blobs that no backup names any more, and says how many. Where one list of files is not what its manifest says,
 * nothing is removed: nobody knows what it named.
 */
export async function sweepBlobs(files: Files, directory: string): Promise<number> {
  const { backups, unfinished, damaged } = await findBackups(files, directory);
  if (unfinished.length > 0 || damaged.length > 0) return 0;
  const named = new Set<string>();
  for (const { name, manifest } of backups) {
    const list = join(directory, name, blobListFile);
    if (!isSameFile(await digestFile(files, list), manifest.files['blobs.txt'])) return 0;
    for await (const blob of readBlobList(files, list)) named.add(blob.name);
  }
  let removed = 0;
  const path = join(directory, blobsFolder);
  for await (const blob of listDirectoryBlobs(files, path)) {
    if (named.has(blob)) continue;
    await removeDirectoryBlob(files, path, blob);
    removed += 1;
  }
  return removed;
}

/** When a backup was made whose manifest cannot be read. */
function timeOfName(name: string): number {
  return parseInstant(name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
}

function isOld({ manifest }: Backup, { now, keepDays }: Expiry): boolean {
  return now - parseInstant(manifest.takenAt) > keepDays * dayMs;
}
