import { BlobError } from '../blobs/blob-store.ts';
import { FileError } from '../platform/files.ts';
import { StoreError } from '../store/store.ts';

/** `not-there`: the directory is missing, or empty where backups were. `foreign`: it holds another node's backups. */
export type BackupErrorCode =
  | 'not-configured'
  | 'not-there'
  | 'foreign'
  | 'busy'
  | 'full'
  | 'no-room'
  | 'denied'
  | 'unknown-backup'
  | 'no-backup'
  | 'damaged'
  | 'not-empty'
  | 'stopped'
  | 'io';

/** What a backup, a drill or a restore could not do: what happened, what is safe and what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Turns what the backup directory's disk answered into words; anything else goes on as it is. */
export function backupErrorOf(cause: unknown, directory: string): unknown {
  if (!(cause instanceof FileError) && !(cause instanceof BlobError) && !(cause instanceof StoreError)) return cause;
  const safe = 'the node itself and earlier backups are as they were';
  if (cause.code === 'full')
    return new BackupError('full', `the disk of ${directory} is full: ${safe}; make room there, or use a larger disk`, {
      cause,
    });
  if (cause.code === 'denied')
    return new BackupError('denied', `${directory} cannot be written: ${safe}; give it to the user of the node`, {
      cause,
    });
  if (cause.code === 'missing' || cause.code === 'exists')
    return new BackupError('not-there', `something in ${directory} went away meanwhile: ${safe}; look at that disk`, {
      cause,
    });
  return new BackupError('io', `the disk of ${directory} failed (${cause.code}): ${safe}; look at that disk`, {
    cause,
  });
}
