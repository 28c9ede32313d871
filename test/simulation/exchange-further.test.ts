import { afterAll, beforeAll, describe, test } from 'vitest';
import { openSimulator, type Simulator } from './play.ts';
import { expectSound } from './run-seeds.ts';

const batches = [161, 181, 201, 221, 241, 261, 281, 301];
const seedsInBatch = 20;
const batchMsMax = 120_000;

describe('whatever else the network, the clocks and the power do', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await openSimulator();
  });
  afterAll(async () => {
    await simulator[Symbol.asyncDispose]();
  });

  test.each(batches)(
    'each referral has one effect, one end and one receipt, and both logs tell it: twenty seeds from %i',
    async (from) => {
      await expectSound(simulator, from, seedsInBatch);
    },
    batchMsMax,
  );
});
