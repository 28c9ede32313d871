import { extname } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { Worker } from 'node:worker_threads';
import type { ChunkHasher } from '../../protocol/bundle/chunk-room.ts';
import { turnBytes } from '../../protocol/crypto/fernet.ts';
import { hashSteps, type HashTask, type TokenHashes } from '../../protocol/crypto/token-hashes.ts';
import { blockMemory } from './direct-writing.ts';
import { nextTurn } from './turn.ts';

/** A thread that has had nothing to do for so long is ended: its memory is wanted elsewhere. */
const idleMs = 20_000;

interface Waiting {
  resolve(hashes: TokenHashes): void;
  reject(error: unknown): void;
}

/** Hashes on this thread, with a turn for others between the steps: in the same order each time. */
export const hasherInTurns: ChunkHasher = {
  memory: (bytes) => new Uint8Array(bytes),
  hash: async (task) => {
    const steps = hashSteps(task);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await nextTurn();
    }
  },
};

/**
 * Hashes on one other thread, which is begun when it is first wanted and ended when it idles; it never keeps the program
 * running. Small tokens are done at once: sooner than a thread is woken for them. When the thread fails, what it was asked
 * fails, and the next task begins another.
 */
export function openHashThread(idleAfterMs: number = idleMs): ChunkHasher {
  const waiting: Waiting[] = [];
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  const end = (ended: Worker, error: unknown): void => {
    if (worker !== ended) return;
    worker = undefined;
    for (const each of waiting.splice(0)) each.reject(error);
  };
  const begin = (): Worker => {
    const begun = new Worker(new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url), {
      resourceLimits,
      execArgv: [],
    });
    begun.on('message', (hashes: TokenHashes) => {
      waiting.shift()?.resolve(hashes);
      if (waiting.length > 0) return;
      begun.unref();
      idle = setTimeout(() => {
        end(begun, new Error('the thread idled'));
        void begun.terminate();
      }, idleAfterMs).unref();
    });
    begun.on('error', (error) => end(begun, error));
    begun.on('exit', () => end(begun, new Error('the thread that hashes ended')));
    return begun;
  };
  return {
    memory: blockMemory,
    hash: (task: HashTask) => {
      if (task.leaf.length <= turnBytes) return hasherInTurns.hash(task);
      clearTimeout(idle);
      const thread = (worker ??= begin());
      thread.ref();
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        thread.postMessage(task);
      });
    },
  };
}

/** It holds a few objects for each task. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };
