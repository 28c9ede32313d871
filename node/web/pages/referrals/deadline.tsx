import type { Child } from 'hono/jsx';
import type { Instant } from '../../../../protocol/instant.ts';
import { When } from '../../components/text.tsx';

export interface DeadlineProps {
  readonly state: string;
  /** A question may be open after the acceptance. */
  readonly isAccepted?: boolean;
  readonly expiresAt: Instant | undefined;
  readonly now: Instant;
  /** Whom to call when nobody answers. */
  readonly whom?: Child;
}

/** In these it is still open whether the receiver takes the referral (Spec bundle §6, event `expired`). */
const undecided: ReadonlySet<string> = new Set(['draft', 'sent', 'received', 'info-requested']);

/** Until when a referral can be accepted, as long as that is the question; then what came of it stands in its state. */
export function Deadline({ state, isAccepted = false, expiresAt, now, whom = 'the other hospital' }: DeadlineProps) {
  if (expiresAt === undefined) return null;
  if (state === 'expired')
    return (
      <p class="hint">
        Nobody accepted it by <When at={expiresAt} />.
      </p>
    );
  if (isAccepted || !undecided.has(state)) return null;
  if (now <= expiresAt)
    return (
      <p class="hint">
        To be accepted until <When at={expiresAt} />.
      </p>
    );
  return (
    <p>
      It was to be accepted until <When at={expiresAt} />. That time has passed without an answer: telephone {whom}.
    </p>
  );
}
