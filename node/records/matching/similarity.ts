/** Jaro-Winkler similarity of two words, 0 to 1: 1 for equal ones, high for a slip of the pen (Records §2). */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1;
  const left = [...a];
  const right = [...b];
  const jaro = jaroOf(left, right);
  let prefix = 0;
  while (prefix < prefixMax && prefix < left.length && left[prefix] === right[prefix]) prefix += 1;
  return jaro + prefix * prefixWeight * (1 - jaro);
}

const prefixMax = 4;
const prefixWeight = 0.1;

function jaroOf(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return 0;
  const reach = Math.max(0, Math.floor(Math.max(left.length, right.length) / 2) - 1);
  const taken = new Array<boolean>(right.length).fill(false);
  const common: string[] = [];
  left.forEach((letter, i) => {
    const end = Math.min(right.length, i + reach + 1);
    for (let j = Math.max(0, i - reach); j < end; j += 1) {
      if (taken[j] === true || right[j] !== letter) continue;
      taken[j] = true;
      common.push(letter);
      return;
    }
  });
  if (common.length === 0) return 0;
  const others = right.filter((_, j) => taken[j]);
  const swaps = common.filter((letter, i) => letter !== others[i]).length / 2;
  const shared = common.length;
  return (shared / left.length + shared / right.length + (shared - swaps) / shared) / 3;
}

/** A name with words left out, or an initial for a name, agrees partly at best. */
const partSimilarity = 0.92;

/**
 * Similarity of two names, word by word in any order. The least alike pair decides: two given names that share one word
 * are two people's names. Words without a partner, and initials, lower it to "partly".
 */
export function nameSimilarity(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const [fewer, more] = a.length <= b.length ? [a, b] : [b, a];
  const free = [...more];
  let least = fewer.length === more.length ? 1 : partSimilarity;
  for (const word of fewer) {
    const scores = free.map((other) => wordSimilarity(word, other));
    const best = Math.max(...scores);
    free.splice(scores.indexOf(best), 1);
    least = Math.min(least, best);
  }
  return least;
}

function wordSimilarity(a: string, b: string): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === 1 && long.length > 1 && long.startsWith(short)) return partSimilarity;
  return jaroWinkler(a, b);
}
