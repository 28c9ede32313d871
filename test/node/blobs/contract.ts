import { expect, test } from 'vitest';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { blobBytesMax, blobNameOf, readBlob, type BlobName, type BlobStore } from '../../../node/blobs/blob-store.ts';
import type { ByteStream } from '../../../node/platform/files.ts';
import { systemRandom } from '../../../node/platform/random.ts';

export interface TestBlob {
  readonly name: BlobName;
  readonly bytes: Uint8Array;
}

export function randomBlob(size = 1000): TestBlob {
  const bytes = systemRandom.bytes(size);
  return { name: blobNameOf(sha256(bytes)), bytes };
}

/** The bytes in pieces of odd sizes, as a network brings them. */
export async function* inPieces(bytes: Uint8Array): ByteStream {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = Math.min(size * 3 + 1, 100_003))
    yield bytes.subarray(at, at + size);
}

export function putBlob(blobs: BlobStore, blob: TestBlob): Promise<void> {
  return blobs.put(blob.name, blob.bytes.length, () => inPieces(blob.bytes));
}

/** What every backend promises; `open` gives a store of its own for each test. */
export function blobStoreContract(open: () => Promise<BlobStore>): void {
  test.each([0, 1, 255, 65_536, 300_001])('%i bytes come back as they were put', async (size) => {
    const blobs = await open();
    const blob = randomBlob(size);
    await putBlob(blobs, blob);
    expect(await blobs.has(blob.name)).toBe(size);
    expect(await readBlob(blob.name, await blobs.get(blob.name))).toEqual(blob.bytes);
    const place = new Uint8Array(size + 1);
    expect(await blobs.read(blob.name, place)).toBe(size);
    expect(place.subarray(0, size)).toEqual(blob.bytes);
    if (size > 0) await expect(blobs.read(blob.name, place.subarray(2))).rejects.toMatchObject({ code: 'too-large' });
  });

  test('a blob of the greatest size is taken, one byte more is refused and leaves nothing', async () => {
    const blobs = await open();
    const largest = randomBlob(blobBytesMax);
    await putBlob(blobs, largest);
    expect(await blobs.has(largest.name)).toBe(blobBytesMax);
    const larger = randomBlob(blobBytesMax + 1);
    await expect(putBlob(blobs, larger)).rejects.toMatchObject({ name: 'BlobError', code: 'too-large' });
    expect(await blobs.has(larger.name)).toBeUndefined();
  });

  test('putting the same bytes again succeeds, also many at once', async () => {
    const blobs = await open();
    const blob = randomBlob();
    await Promise.all(Array.from({ length: 5 }, () => putBlob(blobs, blob)));
    await putBlob(blobs, blob);
    expect(await readBlob(blob.name, await blobs.get(blob.name))).toEqual(blob.bytes);
  });

  test.each([
    ['other bytes', (blob: TestBlob) => ({ size: blob.bytes.length, bytes: randomBlob().bytes })],
    ['fewer bytes', (blob: TestBlob) => ({ size: blob.bytes.length, bytes: blob.bytes.subarray(1) })],
    ['another size than told', (blob: TestBlob) => ({ size: blob.bytes.length + 1, bytes: blob.bytes })],
  ])('%s are refused as damaged, and nothing is stored', async (_, wrong) => {
    const blobs = await open();
    const blob = randomBlob();
    const { size, bytes } = wrong(blob);
    await expect(blobs.put(blob.name, size, () => inPieces(bytes))).rejects.toMatchObject({ code: 'damaged' });
    expect(await blobs.has(blob.name)).toBeUndefined();
  });

  test('bytes that are hashed elsewhere are stored when their digest is that of the name, and never otherwise', async () => {
    const blobs = await open();
    const blob = randomBlob(300_001);
    const put = (sha256: Promise<Uint8Array>): Promise<void> =>
      blobs.put(blob.name, blob.bytes.length, () => inPieces(blob.bytes), { sha256 });
    if (blobs.kind === 'directory') {
      await expect(put(Promise.resolve(sha256(new Uint8Array())))).rejects.toMatchObject({ code: 'damaged' });
      await expect(put(Promise.reject(new RangeError('not ours')))).rejects.toThrow(RangeError);
      expect(await blobs.has(blob.name)).toBeUndefined();
    }
    await put(Promise.resolve(sha256(blob.bytes)));
    const place = new Uint8Array(blob.bytes.length);
    expect(await blobs.readUnverified(blob.name, place)).toBe(blob.bytes.length);
    expect(place).toEqual(blob.bytes);
    await expect(blobs.readUnverified(blob.name, place.subarray(1))).rejects.toMatchObject({ code: 'too-large' });
  });

  test('a stream that breaks off leaves nothing, and its error comes through', async () => {
    const blobs = await open();
    const blob = randomBlob();
    const broken = async function* (): ByteStream {
      yield blob.bytes.subarray(0, 10);
      throw new RangeError('cut');
    };
    await expect(blobs.put(blob.name, blob.bytes.length, broken)).rejects.toThrow(RangeError);
    expect(await blobs.has(blob.name)).toBeUndefined();
  });

  test('what is not there is "missing" when read, and removing it is no error', async () => {
    const blobs = await open();
    const blob = randomBlob();
    await expect(blobs.get(blob.name)).rejects.toMatchObject({ name: 'BlobError', code: 'missing' });
    expect(await blobs.has(blob.name)).toBeUndefined();
    await blobs.remove(blob.name);
    await putBlob(blobs, blob);
    await blobs.remove(blob.name);
    expect(await blobs.has(blob.name)).toBeUndefined();
  });

  test('the probe succeeds and leaves nothing behind', async () => {
    const blobs = await open();
    expect((await blobs.probe()).detail).toMatch(/writing, reading and deleting/);
  });
}
