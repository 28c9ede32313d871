import type { BlobName } from '../blobs/blob-store.ts';

/** Who stores a chunk holds its blob until the row is committed, so that no sweep takes the same bytes away meanwhile. */
export interface BlobHolds {
  /** Waits for a removal that is under way. */
  hold(name: BlobName): Promise<Disposable>;
  /** Runs `remove` when nobody holds the blob and `isUnused` says so; false when it is to be looked at again later. */
  removeUnheld(name: BlobName, isUnused: () => Promise<boolean>, remove: () => Promise<void>): Promise<boolean>;
}

export function openBlobHolds(): BlobHolds {
  const held = new Map<string, number>();
  const removing = new Map<string, Promise<unknown>>();
  return {
    hold: async (name) => {
      held.set(name, (held.get(name) ?? 0) + 1);
      await removing.get(name)?.catch(() => undefined);
      return {
        [Symbol.dispose]: () => {
          const left = (held.get(name) ?? 1) - 1;
          if (left === 0) held.delete(name);
          else held.set(name, left);
        },
      };
    },
    removeUnheld: async (name, isUnused, remove) => {
      if (held.has(name) || !(await isUnused()) || held.has(name)) return false;
      const removal = remove();
      removing.set(name, removal);
      try {
        await removal;
        return true;
      } finally {
        removing.delete(name);
      }
    },
  };
}
