import type { Instant } from '../../protocol/instant.ts';
import type { UserId } from './accounts.ts';

export interface Draft {
  readonly form: string;
  readonly savedAt: Instant;
  /** Names and values in the order of the form; a name may stand more than once. */
  readonly fields: readonly (readonly [string, string])[];
}

/**
 * What a user has typed into a form and not yet sent, sealed: it may be about a patient. `form` names the form, best its
 * path. Each user has at most 20, the oldest go; each is kept for seven days.
 */
export interface Drafts {
  /** False when it is more than a draft may hold; the earlier draft then stays. */
  save(user: UserId, form: string, fields: Draft['fields']): Promise<boolean>;
  find(user: UserId, form: string): Promise<Draft | undefined>;
  /** The form succeeded, or the user wants none. */
  remove(user: UserId, form: string): Promise<void>;
  sweep(): Promise<void>;
}
