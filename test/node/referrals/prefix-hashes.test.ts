import { beforeEach, describe, expect, test } from 'vitest';
import { sealChunkInto, chunkTokenBytes } from '../../../protocol/bundle/attachment.ts';
import type { ChunkRoom } from '../../../protocol/bundle/chunk-room.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { parseAttachmentId, parseBundleId } from '../../../protocol/ids.ts';
import { blobBytesMax, blobNameOf, type BlobName, type BlobStore } from '../../../node/blobs/blob-store.ts';
import { openDirectoryBlobs } from '../../../node/blobs/directory.ts';
import { openScratch } from '../../../node/blobs/scratch.ts';
import { hasherInTurns } from '../../../node/platform/hash-thread.ts';
import { systemRandom as random } from '../../../node/platform/random.ts';
import { systemFiles as files } from '../../../node/platform/system-files.ts';
import { nextTurn } from '../../../node/platform/turn.ts';
import { storeChunk, storeHeldChunk } from '../../../node/referrals/chunk-intake.ts';
import { openIntakeRooms, roomsMax, type IntakeRooms } from '../../../node/referrals/intake-rooms.ts';
import { openPrefixHashes, type PrefixHashes } from '../../../node/referrals/prefix-hashes.ts';
import { testDirectory } from '../../support/test-directory.ts';

const chunkSize = 1000;
const chunks = 6;
const plaintext = Uint8Array.from({ length: (chunks - 1) * chunkSize + 10 }, (_, i) => (i * 7) % 256);
const attachment = {
  attachmentKey: new Uint8Array(32).fill(3),
  bundle: parseBundleId('5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11'),
  id: parseAttachmentId('8b1e5c74-2f0a-4b9d-9d3e-1a7c5e9f0b03'),
  size: plaintext.length,
  chunkSize,
  chunks,
  sha256: sha256(plaintext),
};

describe('the prefix of an arriving attachment', () => {
  let blobs: BlobStore;
  let reads: number;
  let rooms: IntakeRooms;
  let prefixes: PrefixHashes;
  const stored = new Map<number, BlobName>();
  const blobOf = async (index: number): Promise<BlobName | undefined> => stored.get(index);

  const arrive = async (index: number, room: ChunkRoom | undefined): Promise<void> => {
    const place = { ...attachment, index };
    const part = plaintext.subarray(index * chunkSize, (index + 1) * chunkSize);
    const into = new Uint8Array(chunkTokenBytes(bundleCrypto, place));
    const token = await sealChunkInto(bundleCrypto, place, part, into, nextTurn);
    const name = blobNameOf(sha256(token));
    const arriving = { name, size: token.length, body: once(token) };
    const ports = { blobs, hasher: hasherInTurns };
    const { verified } =
      room === undefined
        ? await storeChunk(blobs, place, arriving)
        : await storeHeldChunk(ports, place, arriving, room);
    stored.set(index, name);
    const held = room === undefined ? undefined : { index, room, size: token.length, verified };
    prefixes.arrived('key', attachment, blobOf, held);
  };

  beforeEach(async () => {
    const directory = testDirectory();
    const local = await openDirectoryBlobs({ files, random, path: directory.file('blobs') });
    reads = 0;
    blobs = { ...local, read: (name, into) => ((reads += 1), local.read(name, into)) };
    rooms = openIntakeRooms(hasherInTurns);
    prefixes = openPrefixHashes({ blobs, rooms, scratch: openScratch() });
    stored.clear();
    return () => directory[Symbol.dispose]();
  });

  test('is hashed from memory, in whatever order the chunks of a window come', async () => {
    for (const index of [2, 0, 1, 4, 5, 3]) await arrive(index, await rooms.lend());
    expect(await prefixes.settle('key', attachment, blobOf)).toBe(true);
    expect(reads).toBe(0);
    prefixes.forget('key');
    for (let i = 0; i < roomsMax; i += 1) expect(await rooms.lend()).toBeDefined();
  });

  test('is read from the disk where no room was free', async () => {
    for (const index of [0, 1, 2, 3, 4, 5]) await arrive(index, index % 2 === 0 ? undefined : await rooms.lend());
    expect(await prefixes.settle('key', attachment, blobOf)).toBe(true);
    expect(reads).toBe(3);
  });

  test('gives up the rooms of what came too early to whoever needs them', async () => {
    for (const index of [5, 4, 3]) await arrive(index, await rooms.lend());
    const others = [await rooms.lend(), await rooms.lend(), await rooms.lend()];
    expect(new Set(others).size).toBe(roomsMax);
    for (const index of [2, 1, 0]) await arrive(index, undefined);
    expect(await prefixes.settle('key', attachment, blobOf)).toBe(true);
    expect(reads).toBe(chunks);
  });

  test('lets go of its rooms when it is forgotten', async () => {
    for (const index of [5, 4, 3]) await arrive(index, await rooms.lend());
    prefixes.forget('key');
    for (let i = 0; i < roomsMax; i += 1) expect(await rooms.lend()).toBeDefined();
  });

  test('is not that of another plaintext', async () => {
    for (const index of [0, 1, 2, 3, 4, 5]) await arrive(index, await rooms.lend());
    const other = { ...attachment, sha256: sha256(new Uint8Array()) };
    expect(await prefixes.settle('key', other, blobOf)).toBe(false);
  });

  test('takes no chunk whose MAC, length or digest is wrong, and nothing of it is stored', async () => {
    const place = { ...attachment, index: 0 };
    const room = await rooms.lend();
    if (room === undefined) throw new Error('no room');
    const into = new Uint8Array(chunkTokenBytes(bundleCrypto, place));
    const token = await sealChunkInto(bundleCrypto, place, plaintext.subarray(0, chunkSize), into, nextTurn);
    const ports = { blobs, hasher: hasherInTurns };
    const take = (bytes: Uint8Array, named = bytes) => {
      const name = blobNameOf(sha256(named));
      return storeHeldChunk(ports, place, { name, size: token.length, body: once(bytes) }, room);
    };
    const flipped = token.map((byte, i) => (i === 100 ? byte ^ 1 : byte));
    await expect(take(flipped)).rejects.toMatchObject({ code: 'token-refused' });
    for (const other of [flipped, token.subarray(1), new Uint8Array(blobBytesMax)])
      await expect(take(other, token)).rejects.toMatchObject({ code: 'damaged' });
    expect(await blobs.has(blobNameOf(sha256(token)))).toBeUndefined();
    expect(await blobs.has(blobNameOf(sha256(flipped)))).toBeUndefined();
    await expect(take(token)).resolves.toMatchObject({ verified: { tokenBytes: token.length } });
  });
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.slice();
}
