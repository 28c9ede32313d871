import { parseArgs } from 'node:util';
import { refuseOldNode } from '../node/platform/runtime.ts';

refuseOldNode();

const help = `npm run simulate -- [--seeds N] [--from N] [--seed N] [--trace]

Plays whole hospitals in one process under a seeded network, a virtual clock and random kills, and holds what they kept
against every promise of the exchange. A seed plays the same story each time.

  --seeds N   how many seeds; 100 without it
  --from N    the first seed; 1 without it
  --seed N    this seed alone, with every step that was taken
  --trace     the steps of every seed that breaks a promise`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help === true) {
  console.log(help);
} else {
  const one = values.seed === undefined ? undefined : countOf('seed', values.seed);
  const from = one ?? countOf('from', values.from ?? '1');
  const count = one === undefined ? countOf('seeds', values.seeds ?? '100') : 1;
  process.exitCode = (await simulate(from, count, one !== undefined, values.trace === true)) === 0 ? 0 : 1;
}

async function simulate(from: number, count: number, showAll: boolean, showBroken: boolean): Promise<number> {
  const { openSimulator } = await import('../test/simulation/play.ts');
  await using simulator = await openSimulator();
  const total = new Map<string, number>();
  const began = performance.now();
  let broken = 0;
  let virtualMs = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const ending = await simulator.play(seed);
    virtualMs += ending.virtualMs;
    for (const [name, counted] of Object.entries(ending.counts)) total.set(name, (total.get(name) ?? 0) + counted);
    const isBroken = ending.breaches.length > 0;
    if (showAll || (isBroken && showBroken)) for (const line of ending.trace) console.log(line);
    if (!isBroken) continue;
    broken += 1;
    console.log(`SEED=${seed}`);
    for (const breach of ending.breaches) console.log(`  ${breach}`);
  }
  const seconds = (performance.now() - began) / 1000;
  const hours = (virtualMs / 3_600_000).toFixed(1);
  console.log(
    [...total]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map((each) => each.join(' '))
      .join(', '),
  );
  console.log(`${count} seeds from ${from}: ${broken} broken, ${hours} h of virtual time in ${seconds.toFixed(1)} s`);
  return broken;
}

function countOf(name: string, text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    console.error(`--${name} is a whole number from 1 on.\n\n${help}`);
    process.exit(2);
  }
  return Number(text);
}
