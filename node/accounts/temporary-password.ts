import type { Random } from '../platform/random.ts';
import { words } from '../../protocol/words.ts';

/** 55 bits: enough for a week behind back-off and argon2id, and little to read out on the telephone. */
const wordCount = 5;
const wordBits = 11;
export const temporaryMs = 7 * 24 * 3_600_000;

/** Five words of the pairing's list, such as `otter-maple-brisk-candle-fog`: easy to read out and to type. */
export function makeTemporaryPassword(random: Random): string {
  const chosen = Array.from({ length: wordCount }, () => {
    const [high = 0, low = 0] = random.bytes(2);
    return words[((high << 8) | low) & ((1 << wordBits) - 1)];
  });
  return chosen.join('-');
}
