import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import { sha256Stream, type Sha256Stream } from '../../../protocol/crypto/hash.ts';
import { hashInPieces } from './chunks.ts';

/** Ended by somebody who goes on with the same upload: the connection of the first may hang for minutes. */
export interface Transfer {
  readonly isEnded: boolean;
  /** Called at most once; a later call of `onEnd` replaces an earlier one. */
  onEnd(stop: () => void): void;
}

/** The SHA-256 of a file as it comes. It cannot be kept over a restart: then the file is read once more at its end. */
export interface RunningHash {
  update(piece: Uint8Array, yieldTurn: YieldTurn): Promise<void>;
}

/** Running hashes that are remembered between two appends. */
const hashesMax = 64;

/** Which uploads bytes are coming for: one transfer for each, at most `atOnceMax` together. */
export function openTransfers(atOnceMax: number) {
  const running = new Map<string, { end(): void; readonly done: Promise<unknown> }>();
  const hashes = new Map<string, KeptHash>();

  /** Ends what runs for this upload and runs `work` instead. */
  const run = async <T>(id: string, work: (transfer: Transfer) => Promise<T>): Promise<T> => {
    // Between the last look and the entry below nothing is awaited: two that come at once do not both run.
    for (let found = running.get(id); found !== undefined; found = running.get(id)) {
      found.end();
      await found.done;
    }
    const transfer = new RunningTransfer();
    const finished = Promise.withResolvers<undefined>();
    running.set(id, { end: () => transfer.end(), done: finished.promise });
    try {
      return await work(transfer);
    } finally {
      running.delete(id);
      finished.resolve(undefined);
    }
  };

  return {
    /** As `run`, unless too many run already: then `undefined`, and nothing was ended. */
    runIfRoom: async <T>(id: string, work: (transfer: Transfer) => Promise<T>): Promise<T | undefined> =>
      running.size >= atOnceMax && !running.has(id) ? undefined : await run(id, work),
    run,
    /** The hash of all bytes before `offset`, to go on with; `undefined` where nobody knows it any more. */
    hashFrom: (id: string, offset: number): RunningHash | undefined => {
      const kept = hashes.get(id);
      hashes.delete(id);
      return offset === 0 ? new KeptHash() : kept?.at === offset ? kept : undefined;
    },
    /** Remembers a hash unless it is ahead of what is durable. */
    keepHash: (id: string, hash: RunningHash | undefined, durable: number): void => {
      if (!(hash instanceof KeptHash) || hash.at !== durable) return;
      hashes.set(id, hash);
      const [oldest] = hashes.keys();
      if (hashes.size > hashesMax && oldest !== undefined) hashes.delete(oldest);
    },
    /** The SHA-256 of the whole file, once, where it is known. */
    takeHash: (id: string, size: number): Uint8Array | undefined => {
      const kept = hashes.get(id);
      hashes.delete(id);
      return kept?.at === size ? kept.hash.digest() : undefined;
    },
  };
}

class RunningTransfer implements Transfer {
  #isEnded = false;
  #stop: () => void = () => undefined;

  get isEnded(): boolean {
    return this.#isEnded;
  }

  onEnd(stop: () => void): void {
    this.#stop = stop;
    if (this.#isEnded) stop();
  }

  end(): void {
    this.#isEnded = true;
    this.#stop();
  }
}

class KeptHash implements RunningHash {
  readonly hash: Sha256Stream = sha256Stream();
  at = 0;

  async update(piece: Uint8Array, yieldTurn: YieldTurn): Promise<void> {
    await hashInPieces(this.hash, piece, yieldTurn);
    this.at += piece.length;
  }
}
