import { parentPort } from 'node:worker_threads';
import { hashSteps, type HashTask } from '../../protocol/crypto/token-hashes.ts';

/** The other thread of hash-thread.ts: one task after the other; the tokens lie in memory that both threads see. */
parentPort?.on('message', (task: HashTask) => {
  const steps = hashSteps(task);
  for (;;) {
    const step = steps.next();
    if (step.done !== true) continue;
    parentPort?.postMessage(step.value);
    return;
  }
});
