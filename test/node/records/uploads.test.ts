import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import type { Begun, NewUpload } from '../../../node/records/attachments/uploads.ts';
import { uploadKeptMs, uploadsPerPatientMax, uploadsPerUserMax } from '../../../node/records/limits.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { jpegWithEverything, plainJpeg } from '../../support/jpeg-samples.ts';
import { collect, openHospital, patient, stream, testNow, type Hospital } from './hospital.ts';

const chunk = 8 * 1024 * 1024;
const by = { user: 'u-1', name: 'Nurse One' };

let hospital: Hospital;
let owner: PatientId;
beforeEach(async () => {
  hospital = await openHospital();
  owner = await newPatient('1');
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

async function newPatient(csvId: string): Promise<PatientId> {
  const added = await hospital.patients.add(patient({ csvId }));
  if (added.state !== 'added') throw new Error('the CSV id is taken');
  return added.record.id;
}

function sample(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = (i * 2654435761) >>> 24;
  return bytes;
}

const begin = (members: Partial<NewUpload> & { readonly size: number }): Promise<Begun> =>
  hospital.uploads.begin(owner, { title: 'CT-head.zip', contentType: 'application/zip', by, ...members });

async function begun(members: Partial<NewUpload> & { readonly size: number }): Promise<string> {
  const answer = await begin(members);
  if (answer.state !== 'begun' && answer.state !== 'goes-on') throw new Error(answer.state);
  return answer.upload.id;
}

async function* pieces(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** As a connection that breaks after these bytes. */
async function* broken(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* pieces(bytes);
  throw new Error('the line broke');
}

async function expectStored(id: string, bytes: Uint8Array): Promise<void> {
  const upload = await hospital.uploads.find(id);
  if (upload?.attachment === undefined) throw new Error('not stored');
  const attachment = await hospital.attachments.get(upload.attachment);
  expect(attachment.size).toBe(bytes.length);
  expect(Buffer.from(attachment.sha256)).toEqual(createHash('sha256').update(bytes).digest());
  expect(Buffer.compare(await collect(hospital.attachments.read(attachment.id)), bytes)).toBe(0);
}

const blobFiles = (): string[] =>
  readdirSync(join(hospital.directory, 'data', 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('an upload', () => {
  test.each([
    ['one byte', 1],
    ['a byte less than a chunk', chunk - 1],
    ['a chunk', chunk],
    ['a byte more than a chunk', chunk + 1],
    ['two chunks', 2 * chunk],
    ['20 MB', 20_000_000],
  ])('of %s becomes an attachment, sent at once', async (_, size) => {
    const bytes = sample(size);
    const id = await begun({ size });
    expect(await hospital.uploads.append(id, 0, pieces(bytes))).toMatchObject({ state: 'stored', offset: size });
    await expectStored(id, bytes);
    expect(await hospital.uploads.list(owner)).toEqual([]);
    expect(await hospital.attachments.list(owner)).toHaveLength(1);
  });

  test('sent in slices of any size keeps every byte that it acknowledged', async () => {
    const bytes = sample(chunk + 3_000_000);
    const id = await begun({ size: bytes.length });
    const slices = [1, 999_999, chunk - 1_000_001, 5, chunk];
    let offset = 0;
    for (const slice of slices) {
      const answer = await hospital.uploads.append(id, offset, pieces(bytes.subarray(offset, offset + slice)));
      offset = Math.min(offset + slice, bytes.length);
      expect(answer).toMatchObject({ offset });
    }
    await expectStored(id, bytes);
  });

  test.each([
    ['in the first chunk', 1_000_000],
    ['at the edge of a chunk', chunk],
    ['in the second chunk', chunk + 1_000_000],
  ])('whose connection breaks %s goes on from there, after a restart too', async (_, cut) => {
    const bytes = sample(chunk + 2_000_000);
    const id = await begun({ size: bytes.length });
    const first = await hospital.uploads.append(id, 0, broken(bytes.subarray(0, cut)));
    expect(first).toEqual({ state: 'interrupted', offset: cut });
    hospital = await hospital.reopen();
    await hospital.attachments.sweep();
    await hospital.uploads.sweep();
    expect(await hospital.uploads.settle(id)).toMatchObject({ received: cut, title: 'CT-head.zip', by });
    expect(await hospital.uploads.append(id, cut, pieces(bytes.subarray(cut)))).toMatchObject({ state: 'stored' });
    await expectStored(id, bytes);
  });

  test('that hangs gives way to whoever goes on, and nothing is lost or doubled', async () => {
    const bytes = sample(3_000_000);
    const id = await begun({ size: bytes.length });
    const hangs = Promise.withResolvers<never>();
    async function* hanging() {
      yield bytes.slice(0, 1_000_000);
      yield await hangs.promise;
    }
    const first = hospital.uploads.append(id, 0, hanging());
    while ((await hospital.uploads.find(id))?.received !== 0) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const where = await hospital.uploads.settle(id);
    expect(where?.received).toBe(1_000_000);
    expect(await first).toEqual({ state: 'interrupted', offset: 1_000_000 });
    expect(await hospital.uploads.append(id, 1_000_000, pieces(bytes.subarray(1_000_000)))).toMatchObject({
      state: 'stored',
    });
    await expectStored(id, bytes);
  });

  test('is asked for the right offset, and takes no byte at a wrong one', async () => {
    const id = await begun({ size: 10 });
    expect(await hospital.uploads.append(id, 0, stream('12345'))).toEqual({ state: 'received', offset: 5 });
    expect(await hospital.uploads.append(id, 4, stream('567'))).toEqual({ state: 'wrong-offset', offset: 5 });
    expect(await hospital.uploads.append(id, 6, stream('567'))).toEqual({ state: 'wrong-offset', offset: 5 });
    expect(await hospital.uploads.append(id, 5, stream('678901'))).toEqual({ state: 'too-long', offset: 5 });
    expect(await hospital.uploads.append(id, 5, stream('67890'))).toMatchObject({ state: 'stored' });
    expect(await hospital.uploads.append(id, 10, stream())).toMatchObject({ state: 'stored', offset: 10 });
    await expectStored(id, new TextEncoder().encode('1234567890'));
    expect(await hospital.uploads.append('0', 0, stream('x'))).toEqual({ state: 'unknown' });
  });

  test('of the same file of the same patient is the same upload', async () => {
    const fingerprint = 'ab'.repeat(32);
    const id = await begun({ size: 10, fingerprint });
    await hospital.uploads.append(id, 0, stream('1234'));
    const again = await begin({ size: 10, fingerprint, title: 'other name.zip' });
    expect(again).toMatchObject({ state: 'goes-on', upload: { id, received: 4, title: 'CT-head.zip' } });
    expect(await begin({ size: 11, fingerprint })).toMatchObject({ state: 'begun' });
    const other = await newPatient('2');
    const elsewhere = await hospital.uploads.begin(other, {
      title: 'x',
      contentType: 'text/plain',
      size: 10,
      fingerprint,
      by,
    });
    expect(elsewhere.state).toBe('begun');
    await hospital.uploads.append(id, 4, stream('567890'));
    expect(await begin({ size: 10, fingerprint })).toMatchObject({ state: 'begun' });
  });

  test('leaves nothing of its name, its bytes or its fingerprint in clear', async () => {
    const fingerprint = 'ab'.repeat(32);
    const text = 'Zebrawood findings '.repeat(1000);
    const id = await begun({ size: 100_000, title: 'Zebrawood.txt', contentType: 'text/zebrawood', fingerprint });
    await hospital.uploads.append(id, 0, stream(text));
    const files = readdirSync(join(hospital.directory, 'data'), { recursive: true, withFileTypes: true });
    for (const each of files.filter((entry) => entry.isFile())) {
      const stored = readFileSync(join(each.parentPath, each.name)).toString('latin1').toLowerCase();
      expect(stored.includes('zebrawood') || stored.includes(fingerprint), each.name).toBe(false);
    }
  });

  test('is bounded: empty, too large, too many of a patient, too many of a user', async () => {
    expect(await begin({ size: 0 })).toEqual({ state: 'empty' });
    expect(await begin({ size: 20 * 1024 ** 3 + 1 })).toEqual({ state: 'too-large', bytesMax: 20 * 1024 ** 3 });
    for (let i = 0; i < uploadsPerPatientMax; i += 1) await begun({ size: 1, by: { user: `u-${i % 2}`, name: 'N' } });
    expect(await begin({ size: 1 })).toEqual({ state: 'too-many', of: 'patient', max: uploadsPerPatientMax });
    owner = await newPatient('2');
    for (let i = uploadsPerPatientMax / 2; i < uploadsPerUserMax; i += 1) await begun({ size: 1 });
    expect(await begin({ size: 1 })).toEqual({ state: 'too-many', of: 'user', max: uploadsPerUserMax });
    await expect(begin({ size: -1 })).rejects.toMatchObject({ code: 'invalid-attachment' });
    await expect(begin({ size: 1, title: 'a\0b' })).rejects.toMatchObject({ code: 'invalid-attachment' });
    await expect(begin({ size: 1, fingerprint: 'x' })).rejects.toMatchObject({ code: 'invalid-attachment' });
    await expect(begin({ size: 1, consultation: 'none' as never })).rejects.toMatchObject({
      code: 'unknown-consultation',
    });
  });

  test('discarded or forgotten for a week leaves no blob and no row', async () => {
    const bytes = sample(chunk + 10);
    const discarded = await begun({ size: 2 * chunk });
    await hospital.uploads.append(discarded, 0, pieces(bytes));
    expect(await hospital.uploads.discard(discarded)).toBe(true);
    expect(await hospital.uploads.discard(discarded)).toBe(false);
    expect(blobFiles()).toEqual([]);
    const forgotten = await begun({ size: 2 * chunk });
    await hospital.uploads.append(forgotten, 0, pieces(bytes));
    hospital.clock.moveTo(instantOfMs(testNow + uploadKeptMs - 1));
    await hospital.uploads.sweep();
    expect(await hospital.uploads.list(owner)).toHaveLength(1);
    hospital.clock.moveTo(instantOfMs(testNow + uploadKeptMs));
    await hospital.uploads.sweep();
    expect(await hospital.uploads.list(owner)).toEqual([]);
    expect(await hospital.uploads.find(forgotten)).toBeUndefined();
    expect(blobFiles()).toEqual([]);
  });

  test('that became an attachment is forgotten after a week, and the attachment stays', async () => {
    const id = await begun({ size: 5 });
    await hospital.uploads.append(id, 0, stream('12345'));
    hospital.clock.moveTo(instantOfMs(testNow + uploadKeptMs));
    await hospital.uploads.sweep();
    expect(await hospital.uploads.find(id)).toBeUndefined();
    const [attachment] = await hospital.attachments.list(owner);
    if (attachment === undefined) throw new Error('the attachment is gone');
    expect(Buffer.from(await collect(hospital.attachments.read(attachment.id))).toString()).toBe('12345');
    hospital = await hospital.reopen();
    await hospital.attachments.sweep();
    expect(await hospital.attachments.list(owner)).toHaveLength(1);
    expect(blobFiles()).toHaveLength(1);
  });

  test('of a photograph is stored without what the camera wrote beside it', async () => {
    const bytes = jpegWithEverything();
    const id = await begun({ size: bytes.length, title: 'wound.jpg', contentType: 'application/octet-stream' });
    expect(await hospital.uploads.append(id, 0, pieces(bytes, 100))).toMatchObject({ state: 'stored' });
    const [attachment] = await hospital.attachments.list(owner);
    if (attachment === undefined) throw new Error('the attachment is gone');
    expect(attachment).toMatchObject({ contentType: 'image/jpeg', downloadOnly: false, title: 'wound.jpg' });
    expect(Buffer.compare(await collect(hospital.attachments.read(attachment.id)), plainJpeg())).toBe(0);
    expect(blobFiles()).toHaveLength(1);
    expect(await hospital.uploads.find(id)).toMatchObject({ attachment: attachment.id });
  });

  test.each([
    ['image/png', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'image/png'],
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['application/octet-stream', '<?xml version="1.0"?><!-- x --><svg/>', 'image/svg+xml'],
    ['application/octet-stream', '<!doctype html><script>alert(1)</script>', 'text/html'],
    ['text/html', '<p>x', 'text/html'],
  ])('declared as %s that holds %s is only a download', async (contentType, text, expected) => {
    const bytes = new TextEncoder().encode(text);
    const id = await begun({ size: bytes.length, contentType });
    await hospital.uploads.append(id, 0, stream(bytes));
    const [attachment] = await hospital.attachments.list(owner);
    expect(attachment).toMatchObject({ contentType: expected, downloadOnly: true });
  });
});
