import { createContext, useContext, type Child } from 'hono/jsx';
import { utc, type TimeZone } from '../../alerts/time-zone.ts';

/** By whose clock the page that is rendered now shows its times. Each rendering has its own, also where it waits. */
const Clock = createContext<TimeZone>(utc);

/** What stands in it shows its times by the clock of that zone. */
export function InZone({ zone, children }: { readonly zone: TimeZone; readonly children?: Child }) {
  return <Clock.Provider value={zone}>{children}</Clock.Provider>;
}

/** Auditors compare the logs of several hospitals: their pages show UTC everywhere, and say so. */
export function InUtc({ children }: { readonly children?: Child }) {
  return (
    <InZone zone={utc}>
      {children}
      <p class="quiet">Times on this page are in UTC, so that the logs of several hospitals can be compared.</p>
    </InZone>
  );
}

/** For components alone: what is not yet rendered has no page, and takes the zone as an argument. */
export function useZone(): TimeZone {
  return useContext(Clock);
}
