import type { DeskClient } from '../../test/support/desk-client.ts';
import { median } from './measure.ts';

export interface Times {
  readonly medianMs: number;
  readonly p99Ms: number;
  /** As a browser that takes no gzip gets it. */
  readonly bytes: number;
}

/** From the request to the last byte: more than the server's own time. The first round warms up and does not count. */
export async function pageTimes(
  client: DeskClient,
  pathOf: string | ((round: number) => string),
  rounds: number,
): Promise<Times> {
  const taken: number[] = [];
  let bytes = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const path = typeof pathOf === 'string' ? pathOf : pathOf(round);
    const begun = performance.now();
    const { status, text } = await client.get(path, { 'accept-encoding': 'identity' });
    if (status !== 200) throw new Error(`${path} was answered with ${status}`);
    if (round > 0) taken.push(performance.now() - begun);
    bytes = Buffer.byteLength(text);
  }
  return timesOf(taken, bytes);
}

export function timesOf(taken: readonly number[], bytes: number): Times {
  return { medianMs: median(taken), p99Ms: quantile(taken, 0.99), bytes };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
