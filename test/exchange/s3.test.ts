import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../node/config/secrets.ts';
import { collect } from '../node/records/hospital.ts';
import { needlesOf } from '../support/canaries.ts';
import { composeReferral } from '../support/forged-bundle.ts';
import { hasPrograms, startCeph, type S3Server } from '../support/real-services.ts';
import { openHospitals, type TestHospital } from '../support/two-hospitals.ts';

const isHere = hasPrograms('two hospitals on Ceph RGW', ['ceph-mon', 'ceph-osd', 'radosgw']);
const canary = 'CANARY radiology report of nobody';

describe.skipIf(!isHere)('two hospitals that keep their blobs in buckets of a real S3 server', () => {
  let server: S3Server;
  let client: S3Client;

  beforeAll(async () => {
    server = await startCeph();
    client = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    });
    for (const Bucket of ['alder', 'birch']) await client.send(new CreateBucketCommand({ Bucket }));
  }, 180_000);

  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  const objectsOf = async (Bucket: string): Promise<Uint8Array[]> => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    const bodies = [];
    for (const { Key } of Contents) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      bodies.push((await Body?.transformToByteArray()) ?? new Uint8Array(0));
    }
    return bodies;
  };

  test('the attachments lie in both, unreadable, and come back when the local ones are gone', async () => {
    await using two = await openHospitals({
      change: (config) => ({
        ...config,
        s3: {
          endpoint: server.endpoint,
          region: 'us-east-1',
          bucket: config.name.split('.')[0] ?? '',
          prefix: 'blobs/',
          accessKeyId: new Secret(server.accessKeyId),
          secretAccessKey: new Secret(server.secretAccessKey),
        },
      }),
    });
    const [alder, birch] = [two.at('alder'), two.at('birch')];
    const report = new Uint8Array(Buffer.from(`${canary}\n`.repeat(2_000)));
    const image = new Uint8Array(randomBytes(9_000_000));
    const { referral } = await composeReferral(alder, birch, [report, image]);
    await two.deliver();
    for (const { node } of [alder, birch]) {
      expect(await node.blobs.countPending()).toBeGreaterThan(0);
      await node.blobs.uploadPending();
      expect(await node.blobs.countPending()).toBe(0);
    }
    const needles = [...needlesOf(canary), ...needlesOf('CanaryAlder'), ...needlesOf('radiology')];
    for (const bucket of ['alder', 'birch']) {
      const objects = await objectsOf(bucket);
      // The report is one chunk, the image two.
      expect(objects.length).toBe(3);
      for (const object of objects)
        for (const { bytes } of needles) expect(Buffer.from(object).includes(bytes)).toBe(false);
    }
    expect(removeLocalBlobs(birch)).toBe(3);
    const { attachments } = await birch.node.referrals.show(referral);
    expect(attachments.map(({ size }) => size)).toEqual([report.length, image.length]);
    const read = await Promise.all(
      attachments.map(({ id }) => collect(birch.node.referrals.readAttachment(referral, id))),
    );
    expect(read.map((bytes) => Buffer.from(bytes).equals(bytes.length === report.length ? report : image))).toEqual([
      true,
      true,
    ]);
    await birch.restart();
    const again = await collect(birch.node.referrals.readAttachment(referral, attachments[0]?.id ?? attachmentless()));
    expect(Buffer.from(again).equals(report)).toBe(true);
    // What a blob was repaired from is told to the operator, and is no fault of the node.
    expect(birch.takeFailures().filter((failure) => !failure.includes('blob-damaged-here'))).toEqual([]);
    expect(alder.takeFailures()).toEqual([]);
  }, 60_000);
});

function attachmentless(): never {
  throw new Error('no attachment arrived');
}

/** Somebody deletes the local copies; says how many there were. */
function removeLocalBlobs({ dataDirectory }: TestHospital): number {
  const root = join(dataDirectory, 'blobs');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) rmSync(join(parentPath, name));
  return files.length;
}
