import type { ByteStream } from '../platform/files.ts';
import type { Caller } from './caller.ts';

/** Long work as its caller sees it: a bar on a terminal, nothing elsewhere. */
export interface Progress {
  /** How much is done by now. */
  reached(done: number, total?: number): void;
  end(words: string): void;
  fail(): void;
}

const silent: Progress = { reached: () => undefined, end: () => undefined, fail: () => undefined };
const barLetters = 30;
const steps = 1000;
/** A narrower terminal, or one that does not tell its width, would break the bar into lines. */
const columnsMin = 60;

export async function startProgress(caller: Caller, title: string): Promise<Progress> {
  if (caller.json || process.stderr.isTTY !== true || process.stderr.columns < columnsMin) return silent;
  const { progress } = await import('@clack/prompts');
  const bar = progress({ max: steps, size: barLetters, output: process.stderr });
  let at = 0;
  bar.start(title);
  return {
    reached: (done, total) => {
      const step = total === undefined || total === 0 ? at : Math.floor((Math.min(done, total) / total) * steps);
      if (step > at) bar.advance(step - at);
      at = step;
    },
    end: (words) => bar.stop(words),
    fail: () => bar.error('stopped'),
  };
}

/** Shows a progress while `work` runs; the words at its end tell what came of it. */
export async function withProgress<T>(
  caller: Caller,
  title: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = await startProgress(caller, title);
  try {
    const result = await work(progress);
    progress.end(`${title}: done`);
    return result;
  } catch (error) {
    progress.fail();
    throw error;
  }
}

/** Passes bytes on and tells how many went by. */
export async function* counted(bytes: ByteStream, progress: Progress, total: number | undefined): ByteStream {
  let done = 0;
  for await (const piece of bytes) {
    yield piece;
    done += piece.length;
    progress.reached(done, total);
  }
}
