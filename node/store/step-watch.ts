import { onNextTurn } from '../platform/turn.ts';
import { StoreError } from './store.ts';

/**
 * Tells a step of a transaction that awaits only its writer from one that waits for something else. The writer's promises
 * settle at once, so the first kind is over before the next turn of the event loop; a step that is still running then
 * fails with `waited`, and what it goes on to do with its writer fails too.
 */
export class StepWatch {
  #giveUp: (() => void) | undefined;
  #watching = false;

  /** Runs one step after the other, never two at once. `isOver` tells the step's writer whether it is still valid. */
  async run<T>(step: (isOver: () => boolean) => Promise<T>): Promise<T> {
    let over = false;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#giveUp = () =>
          reject(new StoreError('waited', 'a change of the database awaited something else than its writer'));
        this.#watch(this.#giveUp);
        step(() => over).then(resolve, reject);
      });
    } finally {
      over = true;
      this.#giveUp = undefined;
    }
  }

  #watch(first: () => void): void {
    if (this.#watching) return;
    this.#watching = true;
    onNextTurn(() => {
      this.#watching = false;
      if (this.#giveUp === first) first();
      else if (this.#giveUp !== undefined) this.#watch(this.#giveUp); // A later step of the same batch: one turn for it too.
    });
  }
}
