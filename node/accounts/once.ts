import type { UserId } from './accounts.ts';

/**
 * A form carries a UUID; who sends it twice gets the answer of the first time, also while the first is still at work.
 * Work that throws leaves no trace: the same form may be sent again.
 */
export interface Once {
  /** Fails with `malformed-once` when `token` is no UUID. */
  run(user: UserId, token: string, work: () => Promise<string>): Promise<string>;
  sweep(): Promise<void>;
}
