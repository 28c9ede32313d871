import { expect, test } from 'vitest';
import { chunkLeafHash, chunkTokenBytes, sealChunkInto, type ChunkPlace } from '../../../protocol/bundle/attachment.ts';
import { checkChunk, chunkRoom, resealChunk, signChunk } from '../../../protocol/bundle/chunk-room.ts';
import { chunkBytes } from '../../../protocol/bundle/limits.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { parseAttachmentId, parseBundleId } from '../../../protocol/ids.ts';
import { hasherInTurns } from '../../../node/platform/hash-thread.ts';
import { nextTurn } from '../../../node/platform/turn.ts';

const id = parseAttachmentId('8b1e5c74-2f0a-4b9d-9d3e-1a7c5e9f0b03');
const placeOf = (key: number, bundle: string, size: number): ChunkPlace => ({
  attachmentKey: new Uint8Array(32).fill(key),
  bundle: parseBundleId(bundle),
  id,
  size,
  index: 0,
});
const stored = (size: number): ChunkPlace => placeOf(1, '5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11', size);
const sent = (size: number): ChunkPlace => placeOf(2, '0c3f2a6d-54f1-4d0e-9b57-7f1f1c2f6a01', size);
const plaintextOf = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256);

async function sealed(place: ChunkPlace, size = place.size): Promise<Uint8Array> {
  const into = new Uint8Array(chunkTokenBytes(bundleCrypto, place));
  return await sealChunkInto(bundleCrypto, place, plaintextOf(size), into, nextTurn);
}

test.each([0, 1, 15, 16, 17, 65_535, 65_536, 300_000, chunkBytes])(
  'a token of %i bytes of plaintext becomes in its own memory the very token of another place',
  async (size) => {
    const wanted = await sealed(sent(size));
    const room = chunkRoom(hasherInTurns);
    const token = room.token(wanted.length);
    token.set(await sealed(stored(size)));
    await resealChunk(bundleCrypto, stored(size), sent(size), token, nextTurn);
    const made = await signChunk(bundleCrypto, hasherInTurns, sent(size), room);
    expect(Buffer.compare(made.token, wanted)).toBe(0);
    expect(made.leaf).toEqual(chunkLeafHash({ sha256 }, wanted));
    expect(made.digest).toEqual(sha256(wanted));
  },
);

test('nothing is made of a token with any byte changed, of another place, or of another size', async () => {
  const token = await sealed(stored(100));
  for (const at of [0, 5, 20, 30, token.length - 1]) {
    const changed = token.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    const before = changed.slice();
    await expect(resealChunk(bundleCrypto, stored(100), sent(100), changed, nextTurn)).rejects.toMatchObject({
      code: 'token-refused',
    });
    expect(changed).toEqual(before);
  }
  const refused = { code: 'token-refused' };
  await expect(resealChunk(bundleCrypto, sent(100), stored(100), token.slice(), nextTurn)).rejects.toMatchObject(
    refused,
  );
  // Both sizes give tokens of one length: the padding tells them apart.
  await expect(resealChunk(bundleCrypto, stored(100), sent(99), token.slice(), nextTurn)).rejects.toMatchObject(
    refused,
  );
  await expect(resealChunk(bundleCrypto, stored(100), sent(90), token.slice(), nextTurn)).rejects.toMatchObject(
    refused,
  );
});

test('a token is found true or false as it is when it comes in pieces', async () => {
  const size = 300_000;
  const token = await sealed(sent(size));
  const room = chunkRoom(hasherInTurns);
  room.token(token.length).set(token);
  const found = await checkChunk(bundleCrypto, hasherInTurns, sent(size), room);
  expect(found.verify()).toMatchObject({ seconds: 0n, tokenBytes: token.length });
  expect([found.leaf, found.digest]).toEqual([chunkLeafHash({ sha256 }, token), sha256(token)]);
  for (const at of [0, 5, 20, 30, token.length - 1]) {
    const place = room.token(token.length);
    place.set(token);
    place[at] = (place[at] ?? 0) ^ 1;
    const { verify } = await checkChunk(bundleCrypto, hasherInTurns, sent(size), room);
    expect(verify).toThrow(expect.objectContaining({ code: 'token-refused' }));
  }
});
