import { expect, test } from 'vitest';
import { hmacSha256, sha256 } from '../../../protocol/crypto/hash.ts';
import { hashSteps, type HashTask, type TokenHashes } from '../../../protocol/crypto/token-hashes.ts';
import { turnBytes } from '../../../protocol/crypto/fernet.ts';

const signingKey = Uint8Array.from({ length: 16 }, (_, i) => i);

function leafOf(size: number): Uint8Array {
  return Uint8Array.from({ length: 1 + size }, (_, i) => (i === 0 ? 0 : (i * 31) % 251));
}

function run(task: HashTask): { readonly hashes: TokenHashes; readonly turns: number } {
  const steps = hashSteps(task);
  for (let turns = 0; ; turns += 1) {
    const step = steps.next();
    if (step.done === true) return { hashes: step.value, turns };
  }
}

test.each([73, 16 * 1024 + 32, 16 * 1024 + 33, turnBytes + 32, turnBytes + 33, 1_000_025])(
  'a token of %i bytes is hashed in one pass as it would be in three',
  (size) => {
    const leaf = leafOf(size);
    const token = leaf.subarray(1);
    const mac = hmacSha256(signingKey, token.subarray(0, -32));
    expect(run({ kind: 'check', signingKey, leaf }).hashes).toEqual({ mac, leaf: sha256(leaf), digest: sha256(token) });
    const { hashes } = run({ kind: 'sign', signingKey, leaf });
    expect(token.subarray(-32)).toEqual(mac);
    expect(hashes).toEqual({ mac, leaf: sha256(leaf), digest: sha256(token) });
  },
);

test('others get their turn every 256 KiB', () => {
  const leaf = leafOf(3 * turnBytes + 32);
  expect(run({ kind: 'check', signingKey, leaf }).turns).toBe(2);
});
