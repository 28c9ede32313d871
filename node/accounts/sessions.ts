import type { Instant } from '../../protocol/instant.ts';

/** One line of the list of a user's sessions. */
export interface SessionSummary {
  readonly id: string;
  readonly createdAt: Instant;
  readonly lastSeenAt: Instant;
  readonly expiresAt: Instant;
  readonly address: string;
  readonly agent: string;
}
