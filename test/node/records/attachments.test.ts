import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChunkPlace } from '../../../protocol/bundle/attachment.ts';
import { parseBundleId, type AttachmentId } from '../../../protocol/ids.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { collect, openHospital, patient, stream, type Hospital } from './hospital.ts';

const chunk = 8 * 1024 * 1024;

let hospital: Hospital;
let owner: PatientId;
beforeEach(async () => {
  hospital = await openHospital();
  const added = await hospital.patients.add(patient({ csvId: '1' }));
  if (added.state !== 'added') throw new Error('the CSV id is taken');
  owner = added.record.id;
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

/** Bytes that differ from place to place, without randomness. */
function sample(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = (i * 2654435761) >>> 24;
  return bytes;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const blobFiles = (): string[] =>
  readdirSync(join(hospital.directory, 'data', 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const add = (bytes: AsyncIterable<Uint8Array>, contentType = 'application/octet-stream') =>
  hospital.attachments.add(owner, { title: 'a file', contentType, bytes });

describe('an attachment', () => {
  test.each([
    ['nothing', 0, 1],
    ['one byte', 1, 1],
    ['a byte less than a chunk', chunk - 1, 1],
    ['a chunk', chunk, 1],
    ['a byte more than a chunk', chunk + 1, 2],
    ['20 MiB', 20 * 1024 * 1024, 3],
  ])('of %s comes back whole, from anywhere, and chunk by chunk', async (_, size, chunks) => {
    const bytes = sample(size);
    async function* pieces() {
      for (let at = 0; at < size; at += 1_000_003) yield bytes.subarray(at, at + 1_000_003);
    }
    const { id, ...attachment } = await add(pieces());
    expect(attachment.size).toBe(size);
    expect(Buffer.from(attachment.sha256)).toEqual(createHash('sha256').update(bytes).digest());
    expect(blobFiles()).toHaveLength(chunks);
    expect(same(await collect(hospital.attachments.read(id)), bytes)).toBe(true);
    for (const from of [1, chunk - 1, chunk, size].filter((place) => place <= size))
      expect(same(await collect(hospital.attachments.read(id, { from })), bytes.subarray(from)), `${from}`).toBe(true);
    const into = new Uint8Array(chunk);
    const parts: Buffer[] = [];
    for (let i = 0; i < chunks; i += 1)
      parts.push(Buffer.from(into.slice(0, await hospital.attachments.readChunk(id, i, into))));
    expect(same(Buffer.concat(parts), bytes)).toBe(true);
    await expect(hospital.attachments.readChunk(id, chunks, into)).rejects.toMatchObject({
      code: 'unknown-attachment',
    });
  });

  test('of the same bytes twice is two blobs that share nothing', async () => {
    await add(stream('the same'));
    await add(stream('the same'));
    expect(blobFiles()).toHaveLength(2);
    expect(await hospital.attachments.list(owner)).toHaveLength(2);
  });

  test('with any bit flipped in a blob is found damaged before a byte of it is given', async () => {
    const { id } = await add(stream('some findings of a patient'));
    const [path = ''] = blobFiles();
    const sound = readFileSync(path);
    const room = new Uint8Array(1000);
    const size = 'some findings of a patient'.length;
    const elsewhere = (of: AttachmentId): ChunkPlace => {
      const bundle = parseBundleId('5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11');
      return { attachmentKey: new Uint8Array(32), bundle, id: of, size, index: 0 };
    };
    expect(await hospital.attachments.resealChunk(elsewhere(id), room)).toBe(sound.length);
    for (let bit = 0; bit < sound.length * 8; bit += 1) {
      const flipped = Buffer.from(sound);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(path, flipped);
      await expect(collect(hospital.attachments.read(id)), `bit ${bit}`).rejects.toMatchObject({
        code: 'attachment-damaged',
      });
      await expect(hospital.attachments.resealChunk(elsewhere(id), room), `bit ${bit}`).rejects.toMatchObject({
        code: 'attachment-damaged',
      });
    }
    writeFileSync(path, sound.subarray(0, -1));
    await expect(collect(hospital.attachments.read(id))).rejects.toMatchObject({ code: 'attachment-damaged' });
    rmSync(path);
    await expect(collect(hospital.attachments.read(id))).rejects.toMatchObject({ code: 'attachment-damaged' });
  });

  test('whose stream fails leaves nothing behind', async () => {
    const broken = new Error('the line broke');
    async function* pieces() {
      yield new Uint8Array(chunk);
      yield Uint8Array.of(1);
      throw broken;
    }
    await expect(add(pieces())).rejects.toBe(broken);
    expect(await hospital.attachments.list(owner)).toEqual([]);
    expect(blobFiles()).toEqual([]);
  });

  test('is not there before all of it is, and a crash in between is swept', async () => {
    const stopped = Promise.withResolvers<never>();
    async function* pieces() {
      yield new Uint8Array(chunk + 1);
      yield await stopped.promise;
    }
    const upload = add(pieces()).catch((error: unknown) => error);
    while (blobFiles().filter((path) => !path.includes('incoming')).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await hospital.attachments.list(owner)).toEqual([]);
    hospital = await hospital.reopen();
    await hospital.attachments.sweep();
    expect(blobFiles()).toEqual([]);
    stopped.reject(new Error('the machine stopped'));
    await upload;
  });

  test.each([
    ['image/png', '89504e470d0a1a0a00', false],
    ['image/PNG', '89504e470d0a1a0a00', false],
    ['image/png', 'ffd8ffe000', true],
    ['image/jpeg', 'ffd8ffe000', false],
    ['application/pdf', '255044462d312e37', false],
    ['application/pdf', '3c68746d6c3e', true],
    ['text/html', '3c68746d6c3e', true],
    ['image/svg+xml', '3c737667', true],
    ['application/dicom', `${'00'.repeat(128)}4449434d`, false],
    ['application/dicom', `${'00'.repeat(127)}4449434d`, true],
    ['image/png', '', true],
  ])('declared as %s with the bytes %s is a download only: %s', async (contentType, hex, downloadOnly) => {
    const attachment = await add(stream(Uint8Array.fromHex(hex)), contentType);
    expect(attachment.downloadOnly).toBe(downloadOnly);
    expect(await hospital.attachments.get(attachment.id)).toEqual(attachment);
  });

  test.each([
    [{ title: '' }, 'invalid-attachment'],
    [{ title: 'a\0b' }, 'invalid-attachment'],
    [{ title: 'x'.repeat(1001) }, 'invalid-attachment'],
    [{ contentType: 'text' }, 'invalid-attachment'],
    [{ contentType: 'text/plain; charset=utf-8\r\nx: y' }, 'invalid-attachment'],
    [{ consultation: 'none' as never }, 'unknown-consultation'],
  ])('with %j is refused', async (members, code) => {
    const given = { title: 'x', contentType: 'text/plain', bytes: stream('x'), ...members };
    await expect(hospital.attachments.add(owner, given)).rejects.toMatchObject({ code });
  });
});
