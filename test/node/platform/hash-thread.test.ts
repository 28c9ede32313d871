import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hmacSha256, sha256 } from '../../../protocol/crypto/hash.ts';
import { turnBytes } from '../../../protocol/crypto/fernet.ts';
import { hasherInTurns, openHashThread } from '../../../node/platform/hash-thread.ts';

const signingKey = new Uint8Array(16).fill(7);

function fill(memory: Uint8Array, seed: number): Uint8Array {
  for (let i = 1; i < memory.length; i += 1) memory[i] = (i * 31 + seed) % 251;
  return memory;
}

test.each([100, turnBytes, turnBytes + 1, 5 * turnBytes])(
  '%i bytes have the hashes that they have here',
  async (size) => {
    const hasher = openHashThread();
    const leaf = fill(hasher.memory(size), 1);
    const task = { kind: 'check', signingKey, leaf } as const;
    expect(await hasher.hash(task)).toEqual(await hasherInTurns.hash(task));
  },
);

test('a MAC that the other thread writes is seen here', async () => {
  const hasher = openHashThread();
  const leaf = fill(hasher.memory(2 * turnBytes), 2);
  const { mac, digest } = await hasher.hash({ kind: 'sign', signingKey, leaf });
  const token = leaf.slice(1);
  expect(mac).toEqual(hmacSha256(signingKey, token.subarray(0, -32)));
  expect(token.slice(-32)).toEqual(mac);
  expect(digest).toEqual(sha256(token));
});

test('many at once each get their own answer, also after the thread idled', async () => {
  const hasher = openHashThread(1);
  for (let round = 0; round < 3; round += 1) {
    const leaves = [1, 2, 3, 4, 5].map((seed) => fill(hasher.memory(turnBytes + seed), seed));
    const found = await Promise.all(leaves.map((leaf) => hasher.hash({ kind: 'check', signingKey, leaf })));
    expect(found.map((each) => each.leaf)).toEqual(leaves.map((leaf) => sha256(leaf.slice())));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test('a program that has nothing else to do ends, though its thread has not idled long', () => {
  const file = join(import.meta.dirname, '../../../node/platform/hash-thread.ts');
  const program = `
    const { openHashThread } = await import(${JSON.stringify(file)});
    const hasher = openHashThread(3_600_000);
    const leaf = hasher.memory(1_000_000);
    const { mac } = await hasher.hash({ kind: 'check', signingKey: new Uint8Array(16), leaf });
    process.stdout.write(String(mac.length));`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 60_000 });
  expect([String(stdout), status]).toEqual(['32', 0]);
});
