import { instantOfMs, type Instant } from '../../protocol/instant.ts';

/** The port of time (law 1). Wall time is for what others read; elapsed time never jumps and never runs backwards. */
export interface Clock {
  /** Wall time, to the millisecond. */
  now(): Instant;
  /** Milliseconds since some fixed moment, for timeouts and back-off. */
  elapsedMs(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => instantOfMs(Date.now()),
  elapsedMs: () => performance.now(),
  // Not timers/promises: it makes an error with a stack for each sleep that is ended early, and most are.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end);
    }),
};
