import { setImmediate } from 'node:timers';

/** Runs `step` in a later turn of the event loop, after what has arrived meanwhile. */
export function onNextTurn(step: () => void): void {
  setImmediate(step);
}

/** Lets other work go on: long work awaits it every few hundred KiB. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
