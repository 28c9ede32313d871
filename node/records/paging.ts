import { RecordsError } from './errors.ts';
import { pageSizeMax } from './limits.ts';

/** The last entry of a page by time and id: the next one begins behind it. */
export interface ListCursor {
  readonly at: number;
  readonly id: string;
}

/** Before this place lies everything. */
export const latest: ListCursor = { at: Number.MAX_SAFE_INTEGER, id: '' };

/** Versions of one thing: those below a version, newest first; the newest of all without it. */
export interface PageOfVersions {
  readonly below?: number | undefined;
  readonly limit: number;
}

/** Fails with `invalid-details` for a page of none, or of more than a page holds: nobody reads a whole list at once. */
export function checkPageSize(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > pageSizeMax)
    throw new RecordsError('invalid-details', `a page has 1 to ${pageSizeMax} entries`);
}

export function rangeOfVersions({ below, limit }: PageOfVersions = { limit: pageSizeMax }): {
  readonly below: number;
  readonly limit: number;
} {
  checkPageSize(limit);
  return { below: below ?? Number.MAX_SAFE_INTEGER, limit };
}
