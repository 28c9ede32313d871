import { createHash } from 'node:crypto';
import type { Random } from '../../node/platform/random.ts';

/**
 * Randomness that is a function of a seed, so that a run that failed can be run again. It is not for secrets: whoever
 * knows the seed knows every key made from it.
 */
export interface SeededRandom extends Random {
  /** Independent of what was drawn here before and after: one stream for each node and each purpose. */
  fork(label: string): SeededRandom;
  /** At least 0, below 1. */
  unit(): number;
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

const uuidBytes = 16;

export function seededRandom(seed: string): SeededRandom {
  const next = xoshiro128(seed);
  const unit = (): number => next() / 2 ** 32;
  const below = (limit: number): number => Math.floor(unit() * limit);
  const bytes = (size: number): Uint8Array => {
    const out = new Uint8Array(size);
    for (let at = 0; at < size; at += 4) {
      const word = next();
      for (let i = 0; i < 4 && at + i < size; i += 1) out[at + i] = (word >>> (8 * i)) & 0xff;
    }
    return out;
  };
  return {
    unit,
    below,
    bytes,
    chance: (probability) => unit() < probability,
    pick: <T>(items: readonly T[]): T => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    fork: (label) => seededRandom(`${seed}/${label}`),
    uuid: () => {
      const raw = bytes(uuidBytes);
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
      const hex = raw.toHex();
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
  };
}

/** xoshiro128** of Blackman and Vigna: 32 bits a step, its state the first half of the seed's SHA-256. */
function xoshiro128(seed: string): () => number {
  const digest = createHash('sha256').update(seed).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as [number, number, number, number];
  const rotate = (x: number, by: number): number => ((x << by) | (x >>> (32 - by))) >>> 0;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const shifted = (b << 9) >>> 0;
    c = (c ^ a) >>> 0;
    d = (d ^ b) >>> 0;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ shifted) >>> 0;
    d = rotate(d, 11);
    return result;
  };
}
