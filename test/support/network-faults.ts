import type { SeededRandom } from './seeded-random.ts';

/** What may happen to one request between two nodes, each with its own probability. */
export interface FaultRates {
  /** Lost on the way there: nobody hears of it until the time is up. */
  readonly drop: number;
  /** The connection breaks before the request is out. */
  readonly reset: number;
  /** Had its effect; the answer is lost. */
  readonly dropAnswer: number;
  /** Arrives again, somewhat later. */
  readonly double: number;
  /** Takes so long that others overtake it. */
  readonly delay: number;
  /** Arrives only after its sender gave up waiting. */
  readonly stall: number;
  /** The body ends too early, with a broken connection or, behind a bad proxy, without a word. */
  readonly cut: number;
  readonly corruptBody: number;
  readonly corruptHeader: number;
  readonly cutAnswer: number;
  readonly corruptAnswer: number;
  readonly corruptAnswerHeader: number;
  /** A proxy answers in the node's place, unsigned, with or without passing the request on. */
  readonly proxyError: number;
}

export type Fault = keyof FaultRates;

const faultsInOrder: readonly Fault[] = [
  'drop',
  'reset',
  'dropAnswer',
  'double',
  'delay',
  'stall',
  'cut',
  'corruptBody',
  'corruptHeader',
  'cutAnswer',
  'corruptAnswer',
  'corruptAnswerHeader',
  'proxyError',
];

export const quietNetwork: FaultRates = allAt(0);

/** Every fault as likely as every other; `rate` is the share of requests that something happens to. */
export function evenFaults(rate: number): FaultRates {
  return allAt(rate / faultsInOrder.length);
}

/** A network of its own kind for one seed: some faults often, some not at all. */
export function drawnFaults(random: SeededRandom): FaultRates {
  const share = random.pick([0.05, 0.15, 0.3, 0.5]);
  const weights = faultsInOrder.map(() => (random.chance(0.4) ? 0 : random.unit()));
  const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
  return Object.fromEntries(
    faultsInOrder.map((fault, index) => [fault, ((weights[index] ?? 0) / sum) * share]),
  ) as unknown as FaultRates;
}

/** At most two faults a request: an ordinary one and a delay. */
export function drawFaults(random: SeededRandom, rates: FaultRates): ReadonlySet<Fault> {
  const drawn = new Set<Fault>();
  let left = random.unit();
  for (const fault of faultsInOrder) {
    left -= rates[fault];
    if (left < 0) {
      drawn.add(fault);
      break;
    }
  }
  if (random.chance(rates.delay)) drawn.add('delay');
  return drawn;
}

/** One bit of one byte flipped; an empty body gains a byte. */
export function withFlippedBit(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return random.bytes(1);
  const copy = bytes.slice();
  const at = random.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
}

/** One letter of one field changed, or the field left out. */
export function withChangedField(
  random: SeededRandom,
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = Object.keys(fields);
  if (names.length === 0) return fields;
  const name = random.pick(names);
  const { [name]: value = '', ...rest } = fields;
  if (value === '' || random.chance(0.2)) return rest;
  return { ...rest, [name]: withChangedLetter(random, value) };
}

/** One letter changed to any other that a header or a target can hold. */
export function withChangedLetter(random: SeededRandom, text: string): string {
  const at = random.below(text.length);
  const letter = String.fromCharCode(0x21 + random.below(0x5e));
  return text.slice(0, at) + letter + text.slice(at + 1);
}

function allAt(rate: number): FaultRates {
  return Object.fromEntries(faultsInOrder.map((fault) => [fault, rate])) as unknown as FaultRates;
}
