import type { Instant } from '../../../../protocol/instant.ts';
import { timeWords } from '../../components/text.tsx';
import { useZone } from '../../components/zone.tsx';

/**
 * Says how old what is shown is. Scripts turn it into "Live. Updated …" while their line to the node is open (Node §13.4);
 * without them the page is loaded again every minute.
 */
export function LiveState({ now }: { readonly now: Instant }) {
  return (
    <p class="live" id="live-state" data-live-state>
      As of {timeWords(now, useZone())}
    </p>
  );
}

/** Without scripts a list renews itself so often. */
export const refreshSeconds = 60;
