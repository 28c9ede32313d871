import type { Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';

/** A job is one function; what it throws is told to the operator, and it runs again at its next time. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  /** However often it is woken, it rests so long between two runs. */
  readonly restMs?: number;
  run(signal: AbortSignal): Promise<void>;
}

/** How a job fares, for people who look after the node. */
export interface JobStanding {
  readonly name: string;
  /** When a run last ended without an error; `undefined` before the first. */
  readonly succeededAt: Instant | undefined;
  readonly failuresInARow: number;
}

export interface JobRunner extends AsyncDisposable {
  /** Runs the job at once if it sleeps and has rested, else once more when it may. */
  wake(name: string): void;
  /** Resolves when every job is asleep: what a test waits for instead of sleeping. */
  idle(): Promise<void>;
  standing(): readonly JobStanding[];
}

/** Runs each job at once and then every `everyMs`, each in its own loop, until disposed; disposal waits for what runs. */
export function startJobs(jobs: readonly Job[], clock: Clock, diagnostics: Diagnostics): JobRunner {
  const stop = new AbortController();
  const loops = jobs.map((job) => startLoop(job, clock, diagnostics, stop.signal));
  const byName = new Map(jobs.map((job, index) => [job.name, loops[index]] as const));
  return {
    wake: (name) => byName.get(name)?.wake(),
    idle: async () => {
      await Promise.all(loops.map((loop) => loop.idle()));
    },
    standing: () => loops.map((loop) => loop.standing()),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      for (const loop of loops) loop.wake();
      await Promise.all(loops.map((loop) => loop.ended));
    },
  };
}

interface Loop {
  wake(): void;
  idle(): Promise<void>;
  standing(): JobStanding;
  readonly ended: Promise<void>;
}

function startLoop(job: Job, clock: Clock, diagnostics: Diagnostics, signal: AbortSignal): Loop {
  let sleeping = new AbortController();
  let again = false;
  let asleep = false;
  let waiters: (() => void)[] = [];
  let endedAtMs = Number.NEGATIVE_INFINITY;
  let succeededAt: Instant | undefined;
  let failuresInARow = 0;
  const rest = async (restMs: number): Promise<void> => {
    const leftMs = endedAtMs + restMs - clock.elapsedMs();
    if (leftMs > 0) await clock.sleep(leftMs, signal);
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      if (job.restMs !== undefined) await rest(job.restMs);
      again = false;
      try {
        await job.run(signal);
        succeededAt = clock.now();
        failuresInARow = 0;
      } catch (error) {
        failuresInARow += 1;
        diagnostics.error('job-failed', error, { job: job.name });
      }
      endedAtMs = clock.elapsedMs();
      if (again || signal.aborted) continue;
      sleeping = new AbortController();
      asleep = true;
      for (const done of waiters.splice(0)) done();
      await clock.sleep(job.everyMs, sleeping.signal);
      asleep = false;
    }
    for (const done of waiters.splice(0)) done();
  };
  const ended = loop();
  return {
    wake: () => {
      again = true;
      sleeping.abort('woken'); // Without a reason it makes an error with a stack.
    },
    idle: () => {
      if (asleep && !again) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiters = [...waiters, resolve];
      return promise;
    },
    standing: () => ({ name: job.name, succeededAt, failuresInARow }),
    ended,
  };
}
