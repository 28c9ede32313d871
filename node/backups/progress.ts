import { BackupError } from './backup-error.ts';

/** What a backup, a drill or a restore is doing. */
export type Phase = 'database' | 'files' | 'digests' | 'log' | 'records';

export interface Reached {
  readonly phase: Phase;
  /** Of what the phase counts: pages, bytes, entries, files. */
  readonly done: number;
  readonly total: number;
}

/** Long work tells where it is, and ends where it may not go on. */
export interface Progress {
  enter(phase: Phase): void;
  /** Throws `BackupError` code `stopped` when the node is to stop. */
  reached(done: number, total: number): void;
  assertGoing(): void;
}

export function progressOf(tell: (reached: Reached) => void, signal?: AbortSignal): Progress {
  let phase: Phase = 'database';
  const assertGoing = (): void => {
    if (signal?.aborted === true)
      throw new BackupError('stopped', 'the node was stopped in the middle of this: nothing is lost; start it again');
  };
  return {
    assertGoing,
    enter: (entered) => {
      phase = entered;
      tell({ phase, done: 0, total: 0 });
    },
    reached: (done, total) => {
      assertGoing();
      tell({ phase, done, total });
    },
  };
}
