import * as v from 'valibot';
import type { Backup } from '../backups/directory.ts';
import type { Reached } from '../backups/progress.ts';
import { text } from './fields.ts';
import { plain } from './operation.ts';

/** Whoever may speak to the control door has the machine's rights and no account (Node §2). */
const atTheMachine = { id: 'control', name: 'the machine of the node' };

export interface BackupView {
  readonly name: string;
  readonly takenAt: string;
  readonly databaseBytes: number;
  /** Files of patients: in the directory and their bytes, only in the bucket, and not to be had when it was made. */
  readonly files: number;
  readonly fileBytes: number;
  readonly inBucket: number;
  readonly damaged: number;
  readonly logSize: number;
  readonly schema: number;
  readonly program: string;
}

/** Backups of this node: made, listed and proven. A restore needs no node and is no operation. */
export const backupOperations = {
  'backup.create': plain(v.strictObject({ newDisk: v.optional(v.boolean(), false) }), async (services, { newDisk }) => {
    services.backups.assertMayStart();
    await services.adminChanges.noteAsked(atTheMachine, 'backup');
    return { backup: backupView(await services.backups.create(atTheMachine.name, { newDisk })) };
  }),

  'backup.list': plain(v.strictObject({}), async ({ backups }) => {
    const { backups: found, damaged, unfinished } = await backups.list();
    const { config, goodDrill } = await backups.standing();
    return {
      directory: config?.directory ?? '',
      backups: found.map(backupView),
      /** Cannot be read; and under way or left by a kill. */
      damaged,
      unfinished,
      /** The one that was last restored in a drill. */
      proven: goodDrill?.backup ?? null,
    };
  }),

  'backup.drill': plain(v.strictObject({ backup: v.optional(text) }), async (services, { backup }) => {
    services.backups.assertMayStart();
    await services.adminChanges.noteAsked(atTheMachine, 'drill');
    const result = await services.backups.drill(atTheMachine.name, backup === undefined ? {} : { backup });
    if (result.state === 'failed') return result;
    return { state: 'proven' as const, backup: result.backup.name, ...result.proven };
  }),

  /** What is under way, for whoever waits for it. */
  'backup.status': plain(v.strictObject({}), async ({ backups }): Promise<{ readonly reached: Reached | null }> => {
    const { running } = await backups.standing();
    return { reached: running?.reached ?? null };
  }),
};

function backupView({ name, manifest }: Backup): BackupView {
  const { takenAt, program, schema, blobs, log } = manifest;
  return {
    name,
    takenAt,
    databaseBytes: manifest.files['node.db'].size,
    files: blobs.here,
    fileBytes: blobs.bytes,
    inBucket: blobs.bucket,
    damaged: blobs.damaged,
    logSize: log.size,
    schema,
    program,
  };
}
