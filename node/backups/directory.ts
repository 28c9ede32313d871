import { join } from 'node:path';
import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { formatInstant, type Instant } from '../../protocol/instant.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { FileError, type Files } from '../platform/files.ts';
import { BackupError } from './backup-error.ts';
import { manifestBytesMax, manifestName, parseManifest, type Manifest } from './manifest.ts';

/*
 * A backup directory, on a disk of its own:
 *
 *   fernpost-backups            which node's backups lie here
 *   blobs/ab/ab12…              files of patients, sealed, named by their digest, once for all backups
 *   damaged/ab12…               files that a drill found damaged, out of the way
 *   2026-03-14T02-00-00Z/       one backup: node.db, fernpost.json, blobs.txt, and last of all backup.json
 *
 * A folder without backup.json is what a kill left: it counts for nothing and goes with the next backup.
 */

export const databaseFile = 'node.db';
export const configFile = 'fernpost.json';
export const blobListFile = 'blobs.txt';
export const blobsFolder = 'blobs';
export const damagedFolder = 'damaged';
export const markerFile = 'fernpost-backups';

const nameForm = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;
const markerBytesMax = 1024;

/** A backup that ended well. */
export interface Backup {
  readonly name: string;
  readonly manifest: Manifest;
}

export interface FoundBackups {
  /** The newest first. */
  readonly backups: readonly Backup[];
  /** Folders without a manifest: under way, or left by a kill. */
  readonly unfinished: readonly string[];
  /** Folders whose manifest cannot be read. */
  readonly damaged: readonly string[];
}

export function isBackupName(text: string): boolean {
  return nameForm.test(text);
}

/** A name that sorts by time and is free. */
export function newBackupName(now: Instant, taken: readonly string[]): string {
  for (let at = now; ; at = (at + 1000) as Instant) {
    const name = formatInstant(at).replaceAll(':', '-');
    if (!taken.includes(name)) return name;
  }
}

export interface DirectoryUse {
  readonly node: string;
  /** Whether this node made backups here before: then an empty directory is a disk that is not mounted. */
  readonly isKnown: boolean;
}

/** Checks that the directory is there and this node's, and marks a new one. It is never made: that hides a missing disk. */
export async function useDirectory(files: Files, path: string, { node, isKnown }: DirectoryUse): Promise<void> {
  await listOf(files, path);
  const owner = await readMarker(files, path);
  if (owner === node) return;
  if (owner !== undefined)
    throw new BackupError('foreign', `${path} holds the backups of ${owner}: give each node a directory of its own`);
  if (isKnown)
    throw new BackupError(
      'not-there',
      `${path} is empty, and this node has made backups there: mount that disk again; if a new disk is meant, run "fernpost backup create --new-disk"`,
    );
  await files.writeDurably(join(path, markerFile), utf8(`${node}\n`));
}

/** What lies in a directory; fails with `not-there` where there is none. */
export async function findBackups(files: Files, path: string): Promise<FoundBackups> {
  const names = (await listOf(files, path)).filter(isBackupName).toSorted().toReversed();
  const backups: Backup[] = [];
  const unfinished: string[] = [];
  const damaged: string[] = [];
  for (const name of names) {
    const read = await readManifest(files, join(path, name));
    if (read === 'missing') unfinished.push(name);
    else if (read === 'damaged') damaged.push(name);
    else backups.push({ name, manifest: read });
  }
  return { backups, unfinished, damaged };
}

export async function readManifest(files: Files, folder: string): Promise<Manifest | 'missing' | 'damaged'> {
  try {
    return parseManifest(await files.readWhole(join(folder, manifestName), manifestBytesMax)) ?? 'damaged';
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.code === 'missing') return 'missing';
    if (error.code === 'too-large') return 'damaged';
    throw error;
  }
}

async function listOf(files: Files, path: string): Promise<readonly string[]> {
  try {
    return await files.list(path);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    const fix = 'mount its disk, or make the directory and give it to the user of the node';
    const what = cause.code === 'missing' ? `there is no directory ${path}` : cause.message;
    throw new BackupError(cause.code === 'denied' ? 'denied' : 'not-there', `${what}: ${fix}`, { cause });
  }
}

async function readMarker(files: Files, path: string): Promise<string | undefined> {
  try {
    return parseUtf8(await files.readWhole(join(path, markerFile), markerBytesMax)).trim();
  } catch (error) {
    if (error instanceof FileError && error.code === 'missing') return undefined;
    if (error instanceof ProtocolError || (error instanceof FileError && error.code === 'too-large')) return '?';
    throw error;
  }
}
