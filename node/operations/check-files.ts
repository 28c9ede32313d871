import { BlobError } from '../blobs/blob-store.ts';
import { bad, good, type Finding } from './finding.ts';
import type { NodeServices } from './node-services.ts';

const minuteMs = 60_000;

/** Whether the files of patients are where the database says; of many a sample, another one each minute. */
export async function checkFiles({ blobs, clock }: NodeServices): Promise<Finding> {
  try {
    const { looked, lost } = await blobs.lookForSome(Math.floor(clock.now() / minuteMs));
    if (looked === 0) return good('files', 'none is kept yet');
    if (lost === 0) return good('files', `of ${looked} that were looked for all are there`);
    return bad(
      'files',
      'fail',
      'this node',
      `${lost} of ${looked} that were looked for are not there, or not whole, and in no bucket`,
      'mount the directory "blobs" again if it lies on a disk of its own; else stop the node and restore the last backup',
    );
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    const detail = `files that are missing here cannot be looked for in the bucket: ${error.message}`;
    return bad('files', 'fail', 'the network', detail, 'check endpoint, bucket, keys and rights');
  }
}
