import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Clock } from '../../node/platform/clock.ts';

/** A clock that stands still until a test moves it; sleepers wake when their moment is passed. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Sets the wall clock alone: sleepers and elapsed time do not notice. */
  setWall(byMs: number): void;
  /** How many sleep now. */
  sleepers(): number;
}

const start = Date.UTC(2026, 8, 14, 8, 0, 0);

export function manualClock(): ManualClock {
  let elapsed = 0;
  let wall = 0;
  const asleep = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: (): Instant => instantOfMs(start + elapsed + wall),
    elapsedMs: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const wake = (): void => {
          asleep.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { until: elapsed + ms, wake };
        asleep.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    advance: (ms) => {
      elapsed += ms;
      for (const sleeper of asleep) if (sleeper.until <= elapsed) sleeper.wake();
    },
    setWall: (byMs) => {
      wall += byMs;
    },
    sleepers: () => asleep.size,
  };
}
