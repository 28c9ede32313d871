import type { Instant } from '../../../../protocol/instant.ts';
import { clockWords } from '../inbox/referral-words.ts';

/**
 * Says how old what is shown is. Scripts turn it into "Live. Updated …" while their line to the node is open (Node §13.4);
 * without them the page is loaded again every minute.
 */
export function LiveState({ now }: { readonly now: Instant }) {
  return (
    <p class="live" id="live-state" data-live-state>
      As of {clockWords(now)}
    </p>
  );
}

/** Without scripts a list renews itself so often. */
export const refreshSeconds = 60;
