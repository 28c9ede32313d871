import type { Clock } from '../../node/platform/clock.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';

/**
 * Time that passes only when nothing else can happen: the programs under it run to a stand-still, then the clock jumps
 * to the moment at which the first of them wanted to wake. A week passes in milliseconds, and in the same order each time.
 */
export interface VirtualTime {
  /** Milliseconds since this time began. */
  elapsedMs(): number;
  /** One machine's clock: its wall may go wrong by `skewMs`; its sleepers end with `power`. */
  clock(options?: ClockOptions): VirtualClock;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Waits until nothing can go on without time passing. */
  settle(): Promise<void>;
  /** Lets that much time pass, waking everyone whose moment comes. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until `condition` holds, looked at whenever all stands still; false when `limitMs` were not enough. */
  runUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean>;
}

export interface ClockOptions {
  readonly skewMs?: number;
  /** Once aborted the machine is off: who sleeps then wakes only when its own signal ends it. */
  readonly power?: AbortSignal;
}

export interface VirtualClock extends Clock {
  /** Somebody set the wall clock: sleepers and elapsed time do not notice. */
  setWall(byMs: number): void;
  /** The same machine's clock after it was switched on again. */
  withPower(power: AbortSignal): VirtualClock;
}

interface Sleeper {
  readonly at: number;
  /** Who lay down first wakes first. */
  readonly order: number;
  readonly power: AbortSignal | undefined;
  readonly wake: () => void;
}

const turnsMax = 5_000_000;
const quietTurns = 2;
const defaultStart = instantOfMs(Date.UTC(2026, 8, 14, 8, 0, 0));

export function openVirtualTime(start: Instant = defaultStart): VirtualTime {
  let now = 0;
  let lastOrder = 0;
  const sleepers = new Set<Sleeper>();

  const sleepUntil = (at: number, signal?: AbortSignal, power?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const end = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const sleeper: Sleeper = { at, order: (lastOrder += 1), power, wake: end };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', end);
    });

  const first = (): Sleeper | undefined => {
    let soonest: Sleeper | undefined;
    for (const each of sleepers) {
      if (each.power?.aborted === true) continue;
      if (soonest === undefined || each.at < soonest.at || (each.at === soonest.at && each.order < soonest.order))
        soonest = each;
    }
    return soonest;
  };

  let isRunning = false;
  const runUntil: VirtualTime['runUntil'] = async (condition, limitMs) => {
    if (isRunning) throw new Error('time is passing already: two who let it pass would wait for each other');
    isRunning = true;
    try {
      return await run(condition, limitMs);
    } finally {
      isRunning = false;
    }
  };

  const run: VirtualTime['runUntil'] = async (condition, limitMs) => {
    const end = now + limitMs;
    for (;;) {
      await settle();
      if (await condition()) return true;
      const next = first();
      if (next === undefined || next.at > end) {
        now = end;
        return false;
      }
      now = Math.max(now, next.at);
      next.wake();
    }
  };

  return {
    elapsedMs: () => now,
    settle,
    runUntil,
    advance: async (ms) => void (await runUntil(() => false, ms)),
    sleep: (ms, signal) => sleepUntil(now + Math.max(0, ms), signal),
    clock: ({ skewMs = 0, power } = {}) => {
      let wallMs = skewMs;
      const poweredBy = (current: AbortSignal | undefined): VirtualClock => ({
        now: () => instantOfMs(Math.floor(start + now + wallMs)),
        elapsedMs: () => now,
        sleep: (ms, signal) => sleepUntil(now + Math.max(0, ms), signal, current),
        setWall: (byMs) => {
          wallMs += byMs;
        },
        withPower: poweredBy,
      });
      return poweredBy(power);
    },
  };
}

/** What is still under way in this process and will come back by itself: turns of the event loop and file requests. */
function isBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => name === 'Immediate' || name.includes('Req'));
}

async function settle(): Promise<void> {
  let quiet = 0;
  for (let turn = 0; turn < turnsMax; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    quiet = isBusy() ? 0 : quiet + 1;
    if (quiet === quietTurns) return;
  }
  throw new Error(`the programs under the virtual clock did not come to rest in ${turnsMax} turns`);
}
