import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chunkLeafHash, chunkTokenBytes, sealChunkInto, type ChunkPlace } from '../../../protocol/bundle/attachment.ts';
import { resealChunk } from '../../../protocol/bundle/chunk-room.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { parseAttachmentId, parseBundleId } from '../../../protocol/ids.ts';
import { hasherInTurns } from '../../../node/platform/hash-thread.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { nextTurn } from '../../../node/platform/turn.ts';
import { chunksInFlight, openChunkTokens, type ChunkTokens } from '../../../node/referrals/chunk-tokens.ts';
import { openTokenSpool } from '../../../node/referrals/token-spool.ts';
import { testDirectory, type TestDirectory } from '../../support/test-directory.ts';

const size = 20_000;
const place: ChunkPlace = {
  attachmentKey: new Uint8Array(32).fill(2),
  bundle: parseBundleId('5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11'),
  id: parseAttachmentId('8b1e5c74-2f0a-4b9d-9d3e-1a7c5e9f0b03'),
  size,
  index: 0,
};

let directory: TestDirectory;
let plaintext: Uint8Array;
let sealings: number;
let tokens: ChunkTokens;
let attachments: Parameters<typeof openChunkTokens>[0];
beforeEach(() => {
  directory = testDirectory();
  plaintext = Uint8Array.from({ length: size }, (_, i) => i % 251);
  sealings = 0;
  const held = { ...place, attachmentKey: new Uint8Array(32).fill(1) };
  attachments = {
    resealChunk: async (to, into) => {
      sealings += 1;
      const token = await sealChunkInto(bundleCrypto, held, plaintext, into, nextTurn);
      await resealChunk(bundleCrypto, held, to, token, nextTurn);
      return token.length;
    },
  };
  tokens = openChunkTokens(attachments, openTokenSpool(systemFiles, directory.file('spool')), hasherInTurns);
});
afterEach(() => directory[Symbol.dispose]());

const wanted = (): Promise<Uint8Array> =>
  sealChunkInto(bundleCrypto, place, plaintext, new Uint8Array(chunkTokenBytes(bundleCrypto, place)), nextTurn);
const copyOf = (token: Uint8Array): Promise<Uint8Array> => Promise.resolve(token.slice());

test('a chunk is sealed once, and sent as what it was said to be', async () => {
  const token = await wanted();
  const sealed = await tokens.seal(place);
  expect(sealed).toEqual({ leaf: chunkLeafHash({ sha256 }, token), digest: sha256(token), size: token.length });
  expect(Buffer.compare(await tokens.withSealed(place, sealed.leaf, copyOf), token)).toBe(0);
  expect(sealings).toBe(1);
});

test('a copy that was changed, cut or lost is sealed again, the same', async () => {
  const token = await wanted();
  const { leaf } = await tokens.seal(place);
  const [name = ''] = await readdir(directory.file('spool'));
  const flipped = token.map((byte, i) => (i === 5000 ? byte ^ 1 : byte));
  for (const bytes of [flipped, token.subarray(1), new Uint8Array()]) {
    await writeFile(join(directory.file('spool'), name), bytes);
    expect(Buffer.compare(await tokens.withSealed(place, leaf, copyOf), token)).toBe(0);
  }
  await tokens.forget(place);
  expect(Buffer.compare(await tokens.withSealed(place, leaf, copyOf), token)).toBe(0);
  expect(sealings).toBe(5);
});

test('another token is never given out in the place of the one that was sealed', async () => {
  const { leaf } = await tokens.seal(place);
  await tokens.forget(place);
  plaintext = plaintext.with(7, 1);
  const sent: Uint8Array[] = [];
  const sending = tokens.withSealed(place, leaf, async (token) => void sent.push(token));
  await expect(sending).rejects.toMatchObject({ code: 'attachment-changed' });
  expect(sent).toEqual([]);
});

test('those that are asked for at once are given out in the order of asking, however long each copy takes', async () => {
  const spool = openTokenSpool(systemFiles, directory.file('slow'));
  const finds: (typeof spool)['find'] = async (...asked) => {
    const wait = finding === 0 ? 50 : 0; // The first copy takes longest.
    finding += 1;
    await new Promise((resolve) => setTimeout(resolve, wait));
    return await spool.find(...asked);
  };
  let finding = 0;
  const slow = openChunkTokens(attachments, { ...spool, find: finds }, hasherInTurns);
  const { leaf } = await slow.seal(place);
  const given: number[] = [];
  await Promise.all(
    Array.from({ length: chunksInFlight }, (_, n) => slow.withSealed(place, leaf, async () => void given.push(n))),
  );
  expect(given).toEqual([...given.keys()]);
  expect(given).toHaveLength(chunksInFlight);
});

test('so many tokens are in memory and not one more: who finds no room waits', async () => {
  const { leaf } = await tokens.seal(place);
  const gate = Promise.withResolvers<void>();
  let inUse = 0;
  const sendings = Array.from({ length: chunksInFlight + 1 }, () =>
    tokens.withSealed(place, leaf, async () => {
      inUse += 1;
      await gate.promise;
    }),
  );
  for (let turn = 0; turn < 10_000 && inUse < chunksInFlight; turn += 1) await nextTurn();
  for (let turn = 0; turn < 100; turn += 1) await nextTurn();
  expect(inUse).toBe(chunksInFlight);
  gate.resolve();
  await Promise.all(sendings);
  expect(inUse).toBe(chunksInFlight + 1);
});
