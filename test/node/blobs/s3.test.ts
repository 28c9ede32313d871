import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBlob, type BlobStore } from '../../../node/blobs/blob-store.ts';
import { openS3Blobs } from '../../../node/blobs/s3.ts';
import { systemRandom as random } from '../../../node/platform/random.ts';
import { startFakeS3, type FakeS3, type S3Fault } from '../../support/fake-s3.ts';
import { hasPrograms, startCeph, type S3Server } from '../../support/real-services.ts';
import { blobStoreContract, putBlob, randomBlob } from './contract.ts';

function openFake(fake: FakeS3, requestTimeoutMs = 5_000): Promise<BlobStore> {
  return openS3Blobs({
    endpoint: fake.endpoint,
    region: 'us-east-1',
    bucket: fake.bucket,
    prefix: 'alder/',
    accessKeyId: 'fake-key',
    secretAccessKey: 'fake-secret',
    random,
    requestTimeoutMs,
  });
}

describe('an S3 server in this process keeps the contract of blobs:', () => {
  let fake: FakeS3;
  beforeAll(async () => void (fake = await startFakeS3()));
  afterAll(() => fake[Symbol.asyncDispose]());
  blobStoreContract(() => openFake(fake));
});

describe.skipIf(!hasPrograms('blobs on Ceph RGW', ['ceph-mon', 'ceph-osd', 'radosgw']))(
  "Ceph's S3 server keeps the contract of blobs:",
  () => {
    let server: S3Server;
    const bucket = 'fernpost-contract';
    const openReal = (secretAccessKey = server.secretAccessKey, name = bucket): Promise<BlobStore> =>
      openS3Blobs({
        ...server,
        region: 'us-east-1',
        bucket: name,
        prefix: `${random.uuid()}/`,
        secretAccessKey,
        random,
      });

    beforeAll(async () => {
      server = await startCeph();
      const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
      const client = new S3Client({
        endpoint: server.endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
      });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
    }, 180_000);
    afterAll(() => server[Symbol.asyncDispose]());

    blobStoreContract(() => openReal());

    test('it refuses a second object under one name, and the probe says so', async () => {
      const blobs = await openReal();
      expect((await blobs.probe()).conditionalCreate).toBe(true);
    });

    test('a wrong secret is "denied", a bucket that is not there is "missing"', async () => {
      const denied = await openReal('wrong');
      await expect(denied.probe()).rejects.toMatchObject({ name: 'BlobError', code: 'denied' });
      const missing = await openReal(server.secretAccessKey, 'no-such-bucket');
      await expect(missing.probe()).rejects.toMatchObject({ name: 'BlobError', code: 'missing' });
    });
  },
);

describe('a bad server', () => {
  test.each<[S3Fault, string]>([
    ['unavailable', 'unreachable'],
    ['denied', 'denied'],
    ['silent', 'unreachable'],
    ['lost-answer', 'unreachable'],
  ])('that is %s makes a put fail with "%s", and the message quotes no secret', async (fault, code) => {
    await using fake = await startFakeS3();
    const blobs = await openFake(fake, 300);
    fake.fault = fault;
    const error: unknown = await putBlob(blobs, randomBlob()).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'BlobError', code });
    expect(String(error)).not.toContain('fake-secret');
  });

  test('that cuts the connection after storing: the same put again succeeds', async () => {
    await using fake = await startFakeS3();
    const blobs = await openFake(fake);
    const blob = randomBlob();
    fake.fault = 'lost-answer';
    await expect(putBlob(blobs, blob)).rejects.toMatchObject({ code: 'unreachable' });
    fake.fault = 'none';
    await putBlob(blobs, blob);
    expect(await readBlob(blob.name, await blobs.get(blob.name))).toEqual(blob.bytes);
  });

  test.each<[S3Fault, string]>([
    ['swapped', 'damaged'],
    ['flipped', 'damaged'],
    ['truncated', 'unreachable'],
  ])('that serves a %s object is caught when it is read', async (fault, code) => {
    await using fake = await startFakeS3();
    const blobs = await openFake(fake);
    const blob = randomBlob();
    await putBlob(blobs, blob);
    await putBlob(blobs, randomBlob());
    fake.fault = fault;
    await expect(blobs.get(blob.name).then((bytes) => readBlob(blob.name, bytes))).rejects.toMatchObject({ code });
  });

  test('that ignores conditions is found out by the probe', async () => {
    await using fake = await startFakeS3();
    fake.fault = 'ignores-conditions';
    expect((await (await openFake(fake)).probe()).conditionalCreate).toBe(false);
  });

  test('that says 200 and stores nothing fails the probe', async () => {
    await using fake = await startFakeS3();
    fake.fault = 'forgets';
    await expect((await openFake(fake)).probe()).rejects.toMatchObject({ code: 'missing' });
  });

  test('that is not there at all is "unreachable"', async () => {
    const fake = await startFakeS3();
    const blobs = await openFake(fake);
    await fake[Symbol.asyncDispose]();
    await expect(blobs.probe()).rejects.toMatchObject({ name: 'BlobError', code: 'unreachable' });
  });
});
