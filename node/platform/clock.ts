import { setTimeout as wait } from 'node:timers/promises';
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
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
