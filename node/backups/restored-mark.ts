import { join } from 'node:path';
import { utf8 } from '../../protocol/bytes.ts';
import type { Files } from '../platform/files.ts';
import { OperationError } from '../platform/operation-error.ts';

/**
 * Lies in a data directory that was made from a backup, before anything else does. Its log may be behind what other
 * hospitals have seen of it, and signing then would show two histories under one name (Node §3). Whoever has made sure
 * that it is not removes the file.
 */
export const restoredMarkFile = 'restored.json';

export interface RestoredMark {
  readonly node: string;
  readonly backup: string;
  readonly takenAt: string;
  readonly restoredAt: string;
  readonly log: { readonly size: number; readonly root: string };
}

export async function writeRestoredMark(files: Files, dataDirectory: string, mark: RestoredMark): Promise<void> {
  const text = JSON.stringify({ v: 1, ...mark }, undefined, 2);
  await files.writeDurably(join(dataDirectory, restoredMarkFile), utf8(`${text}\n`));
}

/** Whatever the file says: that it is there counts. */
export async function isRestored(files: Files, dataDirectory: string): Promise<boolean> {
  return (await files.size(join(dataDirectory, restoredMarkFile))) !== undefined;
}

/** What everybody is told who asks a restored directory for more than reading. */
export function restoredRefusal(dataDirectory: string): OperationError {
  return new OperationError(
    'denied',
    'restored-node',
    `${dataDirectory} was restored from a backup: nothing was done. Its log may be behind what other hospitals have seen, so nothing is sent or signed from here. Reading is safe: patient list, show and export, referral list, log verify. How to go on stands in node/README.md under "A restored log".`,
  );
}
