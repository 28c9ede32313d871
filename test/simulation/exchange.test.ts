import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSimulator, type Simulator } from './play.ts';
import { expectSound } from './run-seeds.ts';

// Two files share the seeds, so that two cores share the work; exchange-further.test.ts has the other half.
const batches = [1, 21, 41, 61, 81, 101, 121, 141];
const seedsInBatch = 20;
const batchMsMax = 120_000;

describe('whatever the network, the clocks and the power do', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await openSimulator();
  });
  afterAll(async () => {
    await simulator[Symbol.asyncDispose]();
  });

  test(
    'a seed plays the same story to the last step, each time',
    async () => {
      const [once, again, other] = [await simulator.play(5), await simulator.play(5), await simulator.play(6)];
      expect(again.trace).toEqual(once.trace);
      expect(other.trace).not.toEqual(once.trace);
    },
    batchMsMax,
  );

  test.each(batches)(
    'each referral has one effect, one end and one receipt, and both logs tell it: twenty seeds from %i',
    async (from) => {
      await expectSound(simulator, from, seedsInBatch);
    },
    batchMsMax,
  );
});
