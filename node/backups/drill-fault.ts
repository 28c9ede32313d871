/** What a drill found: each has words of its own, and what to do. */
export type DrillFaultCode =
  | 'manifest-damaged'
  | 'other-node'
  | 'database-damaged'
  | 'configuration-damaged'
  | 'file-list-damaged'
  | 'newer-schema'
  | 'database-unsound'
  | 'wrong-root-key'
  | 'node-keys-damaged'
  | 'log-broken'
  | 'records-damaged'
  | 'files-damaged'
  | 'files-were-damaged'
  | 'bucket-unreadable';

/** A backup that could not be proven; the message says what does not hold and what to do. */
export class DrillFault extends Error {
  override readonly name = 'DrillFault';
  readonly code: DrillFaultCode;

  constructor(code: DrillFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is wrong with a damaged part of a backup is always mended the same way. */
export const anotherBackup = 'back up now and repeat the drill; look at the disk of the backups';
