import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import type { Ending, Simulator } from './play.ts';

const traceLinesTold = 80;

/** Plays seeds one after the other; the first that breaks a promise fails the test with all that is needed to repeat it. */
export async function expectSound(simulator: Simulator, from: number, count: number): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) {
    const ending = await simulator.play(seed);
    if (ending.breaches.length > 0) expect.fail(report(ending));
  }
}

export function report({ seed, breaches, trace }: Ending): string {
  return [
    `SEED=${seed} COMMIT=${commit()}`,
    ...breaches,
    `The last ${traceLinesTold} steps; all of them with: npm run simulate -- --seed ${seed}`,
    ...trace.slice(-traceLinesTold),
  ].join('\n');
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown'; // Not a clone: the seed alone has to do.
  }
}
