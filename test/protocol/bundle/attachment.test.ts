import { expect, test } from 'vitest';
import {
  chunkArrival,
  chunkInfo,
  chunkKey,
  chunkLeafHash,
  chunksRoot,
  openChunk,
  sealChunk,
  verifyChunksRoot,
  type ChunkPlace,
} from '../../../protocol/bundle/attachment.ts';
import { chunkBytes } from '../../../protocol/bundle/limits.ts';
import { chunksOf } from '../../../protocol/bundle/manifest.ts';
import { concat } from '../../../protocol/bytes.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { parseAttachmentId, parseBundleId } from '../../../protocol/ids.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { loadVectors, type Part } from '../../support/vectors.ts';

const vectors = loadVectors();
const yieldTurn = async () => {};
const all = [...vectors.list('/attachments/inManifest'), vectors.at('/attachments/smallChunks')];

function placeOf(attachment: Part, index: number): ChunkPlace {
  return {
    attachmentKey: attachment.bytes('/attachmentKey'),
    bundle: parseBundleId(attachment.text('/bundle')),
    id: parseAttachmentId(attachment.text('/id')),
    size: attachment.number('/size'),
    chunkSize: attachment.number('/chunkSize'),
    index,
  };
}

function fileOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i % 251);
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return concat(...all);
}

/** Reads an attachment as a receiver does: each token, then size, root and hash of the whole. */
async function readAll(attachment: Part): Promise<Uint8Array> {
  const tokens = attachment.list('/chunks').map((chunk) => chunk.bytes('/token'));
  const [size, chunkSize] = [attachment.number('/size'), attachment.number('/chunkSize')];
  const parts: Uint8Array[] = [];
  for (const [i, token] of tokens.entries())
    parts.push(await gather(openChunk(bundleCrypto, placeOf(attachment, i), token, yieldTurn)));
  const expected = { chunks: chunksOf(size, chunkSize), root: attachment.bytes('/root') };
  verifyChunksRoot(
    bundleCrypto,
    expected,
    tokens.map((token) => chunkLeafHash(bundleCrypto, token)),
  );
  return concat(...parts);
}

test.each(all.map((one) => [one.where, one] as const))(
  '%s: keys, tokens, leaf hashes and root agree',
  async (_, one) => {
    const file = fileOf(one.number('/size'));
    const hashes: Uint8Array[] = [];
    for (const chunk of one.list('/chunks')) {
      const place = placeOf(one, chunk.number('/index'));
      const last = chunk.at('/last').value === true;
      expect(chunkInfo(place.bundle, place.id, place.index, last)).toEqual(chunk.bytes('/info'));
      const { key, iv } = chunkKey(bundleCrypto, place);
      expect(concat(key, iv)).toEqual(chunk.bytes('/okm48'));
      const size = one.number('/chunkSize');
      const plaintext = [file.subarray(place.index * size, (place.index + 1) * size)];
      expect(await gather(sealChunk(bundleCrypto, place, plaintext, yieldTurn))).toEqual(chunk.bytes('/token'));
      hashes.push(chunkLeafHash(bundleCrypto, chunk.bytes('/token')));
      expect(hashes.at(-1)).toEqual(chunk.bytes('/leafHash'));
    }
    expect(chunksRoot(bundleCrypto, hashes)).toEqual(one.bytes('/root'));
    const read = await readAll(one);
    expect(read).toEqual(file);
    expect(bundleCrypto.sha256(read)).toEqual(one.bytes('/sha256'));
  },
);

test.each(badCases('/attachments').map((one) => [one.name, one] as const))('chunks are refused: %s', async (_, one) => {
  await expect(readAll(applyChange(vectors, one))).rejects.toThrow(ProtocolError);
});

test('a chunk of 8 MiB is sealed and checked in pieces, with a turn for others every 256 KiB', async () => {
  const place = { ...placeOf(vectors.at('/attachments/smallChunks'), 0), size: chunkBytes + 5, chunkSize: chunkBytes };
  const plaintext = fileOf(chunkBytes);
  let turns = 0;
  let largest = 0;
  const turn = async () => {
    turns += 1;
  };
  const arrival = chunkArrival(bundleCrypto, place);
  const pieces: Uint8Array[] = [];
  for await (const piece of sealChunk(bundleCrypto, place, [plaintext], turn)) {
    largest = Math.max(largest, piece.length);
    arrival.update(piece);
    pieces.push(piece);
  }
  const token = concat(...pieces);
  expect(arrival.final().leafHash).toEqual(chunkLeafHash(bundleCrypto, token));
  expect(turns).toBe(31);
  expect(largest).toBeLessThanOrEqual(256 * 1024);
  expect(await gather(openChunk(bundleCrypto, place, token, turn))).toEqual(plaintext);
});

test.each([
  ['shorter', 1023],
  ['longer', 1025],
])('a file that became %s is not sealed under the same key', async (_, size) => {
  const place = placeOf(vectors.at('/attachments/smallChunks'), 0);
  await expect(gather(sealChunk(bundleCrypto, place, [fileOf(size)], yieldTurn))).rejects.toThrow(ProtocolError);
});

test('a chunk beyond the last has no key', () => {
  const place = { ...placeOf(vectors.at('/attachments/smallChunks'), 3) };
  expect(() => chunkKey(bundleCrypto, place)).toThrow(ProtocolError);
});
