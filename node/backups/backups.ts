import { join } from 'node:path';
import type { Instant } from '../../protocol/instant.ts';
import type { BackupsConfig } from '../config/config.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Store } from '../store/store.ts';
import { BackupError, backupErrorOf } from './backup-error.ts';
import { createBackup, type CreatePorts } from './create.ts';
import { findBackups, newBackupName, useDirectory, type Backup, type FoundBackups } from './directory.ts';
import { manifestDamaged, runDrill, scratchFolder, type DrillPorts, type Proven } from './drill.ts';
import { DrillFault } from './drill-fault.ts';
import { expireBackups, sweepBlobs } from './expire.ts';
import { progressOf, type Progress, type Reached } from './progress.ts';
import { openBackupRuns, type BackupRun, type RunKind } from './runs.ts';

/** Work that is under way now. */
export interface RunningBackup {
  readonly kind: RunKind;
  readonly by: string;
  readonly startedAt: Instant;
  /** `undefined` while it is only asked for. */
  readonly reached: Reached | undefined;
}

/** What people are told of the backups of this node. */
export interface BackupStanding {
  /** Where they go, how often, and how long they stay; `undefined` where none are configured. */
  readonly config: BackupsConfig | undefined;
  readonly running: RunningBackup | undefined;
  /** The last one of each that ended, however it ended, and the last that ended well. */
  readonly backup: BackupRun | undefined;
  readonly goodBackup: BackupRun | undefined;
  readonly drill: BackupRun | undefined;
  readonly goodDrill: BackupRun | undefined;
}

export type DrillResult =
  | { readonly state: 'proven'; readonly backup: Backup; readonly proven: Proven }
  | { readonly state: 'failed'; readonly backup: string; readonly code: string; readonly message: string };

/** Backups of this node and the drills that prove them: one at a time, whoever asks (Node §12.7). */
export interface Backups {
  standing(): Promise<BackupStanding>;
  list(): Promise<FoundBackups>;
  /** `newDisk`: the directory may be empty although backups were made there. */
  create(by: string, options?: { readonly newDisk?: boolean; readonly signal?: AbortSignal }): Promise<Backup>;
  /** Proves the newest backup, or the named one. What does not hold is a result; what could not be tried is thrown. */
  drill(by: string, options?: { readonly backup?: string; readonly signal?: AbortSignal }): Promise<DrillResult>;
  /** Fails as `request` would: ask before something is written down about it. */
  assertMayStart(): void;
  /** Leaves it to the job; fails with `busy` where something is under way or asked for. */
  request(kind: RunKind, by: string): void;
  /** Does what was requested, and makes a backup when one is due. */
  work(signal: AbortSignal): Promise<void>;
  /** Removes what a drill left that was killed. */
  sweep(): Promise<void>;
}

export interface BackupsPorts extends Omit<CreatePorts, 'bucketIsEnough'>, DrillPorts {
  readonly store: Store & CreatePorts['store'];
  readonly blobs: CreatePorts['blobs'];
  readonly diagnostics: Diagnostics;
  readonly config: BackupsConfig | undefined;
  /** Runs the job at once. */
  wake(): void;
}

const hourMs = 3_600_000;
/** A node that starts has other things to do first. */
export const firstAfterMs = 10 * 60_000;
/** After a backup that failed. */
export const retryAfterMs = hourMs;
const nodeItself = 'the node itself';

export function openBackups(ports: BackupsPorts): Backups {
  const { files, store, clock, config, diagnostics } = ports;
  const runs = openBackupRuns(store);
  const openedAtMs = clock.elapsedMs();
  let running: RunningBackup | undefined;
  let requested: RunningBackup | undefined;

  const configured = (): BackupsConfig => {
    if (config !== undefined) return config;
    throw new BackupError(
      'not-configured',
      'no backups are configured: add "backups": { "directory": "/a/directory/on/another/disk" } to fernpost.json and start the node again',
    );
  };
  const assertIdle = (): void => {
    const busy = running ?? requested;
    if (busy === undefined) return;
    const what = busy.kind === 'backup' ? 'a backup' : 'a restore drill';
    throw new BackupError('busy', `${what} is under way: nothing was started; wait until it is done`);
  };

  /** Runs one thing at a time and remembers how it ended. */
  const track = async <T>(
    kind: RunKind,
    by: string,
    signal: AbortSignal | undefined,
    work: (progress: Progress, named: (backup: string) => void) => Promise<readonly [T, BackupRun['facts']]>,
  ): Promise<T> => {
    const startedAt = clock.now();
    const { directory } = configured();
    let backup = '';
    const ended = { kind, directory, by, startedAt };
    running = { kind, by, startedAt, reached: undefined };
    const progress = progressOf((reached) => (running = { kind, by, startedAt, reached }), signal);
    try {
      const [value, facts] = await work(progress, (name) => (backup = name));
      await runs.add({ ...ended, backup, endedAt: clock.now(), state: 'good', code: '', message: '', facts });
      diagnostics.info('backup-work-done', { kind, backup, ms: clock.now() - startedAt });
      return value;
    } catch (cause) {
      const error = backupErrorOf(cause, directory);
      if (error instanceof BackupError || error instanceof DrillFault) {
        if (kind === 'backup') diagnostics.error('backup-failed', error, { backup, code: error.code });
        else diagnostics.error('drill-failed', error, { backup, code: error.code });
        const { code, message } = error;
        // A node that stops makes it again when it starts: nothing has failed.
        if (code !== 'stopped')
          await runs.add({ ...ended, backup, endedAt: clock.now(), state: 'failed', code, message, facts: {} });
      }
      throw error;
    } finally {
      running = undefined;
    }
  };

  const create: Backups['create'] = async (by, { newDisk = false, signal } = {}) => {
    const { directory, keepDays, files: which } = configured();
    assertIdle();
    return await track('backup', by, signal, async (progress, named) => {
      const isKnown = !newDisk && (await runs.isKnown(directory));
      await useDirectory(files, directory, { node: ports.node, isKnown });
      const proven = (await runs.lastGood('drill'))?.backup;
      const expiry = { now: clock.now(), keepDays, proven };
      await expireBackups(files, directory, expiry);
      const name = newBackupName(clock.now(), await files.list(directory));
      named(name);
      const manifest = await makeOrRemove(name, directory, progress, which === 'bucket');
      const expired = await expireBackups(files, directory, expiry);
      const swept = await sweepBlobs(files, directory);
      const bytes = manifest.files['node.db'].size + manifest.blobs.bytes;
      return [
        { name, manifest },
        { ...manifest.blobs, bytes, expired, swept, leaves: manifest.log.size },
      ];
    });
  };

  /** A backup that failed leaves nothing; where that cannot be done either, the next one sweeps it. */
  const makeOrRemove = async (name: string, directory: string, progress: Progress, bucketIsEnough: boolean) => {
    try {
      return await createBackup({ ...ports, bucketIsEnough }, directory, name, progress);
    } catch (error) {
      await files.removeTree(join(directory, name)).catch(() => undefined); // The error above is what is told.
      throw error;
    }
  };

  const drill: Backups['drill'] = async (by, { backup: wanted, signal } = {}) => {
    const { directory } = configured();
    assertIdle();
    let name = wanted ?? '';
    try {
      return await track('drill', by, signal, async (progress, named) => {
        const backup = await findBackup(ports, directory, wanted);
        name = backup.name;
        named(name);
        const proven = await runDrill(ports, directory, backup, progress);
        return [{ state: 'proven', backup, proven }, { ...proven }];
      });
    } catch (error) {
      if (!(error instanceof DrillFault)) throw error;
      return { state: 'failed', backup: name, code: error.code, message: error.message };
    }
  };

  const isDue = async (): Promise<boolean> => {
    if (config === undefined || clock.elapsedMs() - openedAtMs < firstAfterMs) return false;
    const last = await runs.last('backup');
    if (last === undefined) return true;
    const waitMs = last.state === 'good' ? config.everyHours * hourMs : retryAfterMs;
    const sinceMs = clock.now() - last.endedAt;
    return sinceMs >= waitMs || sinceMs < -hourMs; // A clock that was set back does not put a backup off for ever.
  };

  return {
    create,
    drill,
    assertMayStart: () => {
      configured();
      assertIdle();
    },
    list: () => findBackups(files, configured().directory),
    standing: async () => ({
      config,
      running: running ?? requested,
      backup: await runs.last('backup'),
      goodBackup: await runs.lastGood('backup'),
      drill: await runs.last('drill'),
      goodDrill: await runs.lastGood('drill'),
    }),
    request: (kind, by) => {
      configured();
      assertIdle();
      requested = { kind, by, startedAt: clock.now(), reached: undefined };
      ports.wake();
    },
    work: async (signal) => {
      const asked = requested;
      requested = undefined;
      try {
        if (asked?.kind === 'drill') await drill(asked.by, { signal });
        else if (asked !== undefined || (running === undefined && (await isDue())))
          await create(asked?.by ?? nodeItself, { signal });
      } catch (error) {
        if (!(error instanceof BackupError)) throw error; // What is told on the page and by doctor needs no second alarm.
      }
    },
    sweep: () => files.removeTree(join(ports.dataDirectory, scratchFolder)),
  };
}

async function findBackup({ files }: BackupsPorts, directory: string, wanted: string | undefined): Promise<Backup> {
  const { backups, damaged } = await findBackups(files, directory);
  const found = wanted === undefined ? backups[0] : backups.find(({ name }) => name === wanted);
  const [newestDamaged] = damaged;
  if (
    newestDamaged !== undefined &&
    (wanted === newestDamaged || (wanted === undefined && newestDamaged > (found?.name ?? '')))
  )
    throw manifestDamaged();
  if (found !== undefined) return found;
  if (wanted !== undefined)
    throw new BackupError(
      'unknown-backup',
      `there is no backup ${wanted} in ${directory}: look at "fernpost backup list"`,
    );
  throw new BackupError('no-backup', `there is no backup in ${directory} yet: make one first`);
}
