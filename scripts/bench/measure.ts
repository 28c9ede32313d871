import { nextTurn } from '../../node/platform/turn.ts';

/** The middle of a list; of two middles their mean. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

/** Things to be compared: what each costs, in a unit that all share. */
export type Contestants<Name extends string> = Readonly<Record<Name, () => Promise<number> | number>>;

/**
 * Runs all contestants in turn, round after round, and gives the median of each: what the machine does beside us falls
 * on all of them alike. The first round warms up and does not count.
 */
export async function interleaved<Name extends string>(
  contestants: Contestants<Name>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(contestants) as Name[];
  const found = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const name of names) {
      await nextTurn();
      const value = await contestants[name]();
      if (round > 0 || rounds === 0) found.get(name)?.push(value);
    }
  return Object.fromEntries(names.map((name) => [name, median(found.get(name) ?? [])])) as Record<Name, number>;
}

/** Milliseconds of processor time that this process spends on `work`, all of its threads together. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export async function wallMsOf(work: () => unknown): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** Processor time of one call in milliseconds, from as many calls as fill `msMin`. */
export function cpuMsEach(call: () => unknown, msMin: number): number {
  let calls = 0;
  const before = process.cpuUsage();
  const begun = performance.now();
  for (let batch = 1; performance.now() - begun < msMin; batch = Math.min(batch * 2, 64)) {
    for (let i = 0; i < batch; i += 1) call();
    calls += batch;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}
