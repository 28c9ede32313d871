import { blobBytesMax } from './blob-store.ts';

/**
 * One buffer with room for any blob, lent to one user at a time, first come first served: whoever reads blobs one after
 * the other makes no garbage of 8 MiB each, and memory stays constant however many read at once.
 */
export interface Scratch {
  /** The buffer is taken back when `use` ends: nothing of it may be kept. */
  lend<T>(use: (buffer: Uint8Array) => Promise<T>): Promise<T>;
}

export function openScratch(): Scratch {
  let buffer: Uint8Array | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    lend: (use) => {
      const turn = last.then(() => use((buffer ??= new Uint8Array(blobBytesMax))));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
