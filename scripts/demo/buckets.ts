import type { S3Client } from '@aws-sdk/client-s3';
import { DemoError } from './demo-error.ts';
import type { Hospital } from './hospitals.ts';
import type { S3Access } from './options.ts';

/** Cloud storage for a demo: a bucket for each hospital. */
export interface Buckets {
  readonly access: S3Access;
  nameOf(hospital: Hospital): string;
  /** Waits until there is something in the bucket of each of these. */
  waitForObjects(hospitals: readonly Hospital[]): Promise<void>;
  /** Removes the buckets with all that lies in them. */
  remove(): Promise<void>;
}

const region = 'us-east-1';
const answerMsMax = 10_000;
const uploadMsMax = 20_000;
const pauseMs = 200;

/** Makes the buckets that are missing. `label` keeps the buckets of two demos on one server apart. */
export async function makeBuckets(access: S3Access, label: string, hospitals: readonly Hospital[]): Promise<Buckets> {
  const sdk = await import('@aws-sdk/client-s3');
  const { endpoint, accessKeyId, secretAccessKey } = access;
  const client = new sdk.S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 2,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: answerMsMax, requestTimeout: answerMsMax, throwOnRequestTimeout: true },
  });
  const nameOf = ({ key }: Hospital): string => `fernpost-${label}-${key}`;
  try {
    for (const hospital of hospitals) await makeBucket(client, nameOf(hospital));
  } catch (cause) {
    client.destroy();
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : 'no answer';
    throw new DemoError(
      `No bucket could be made at ${endpoint} (${why}).\nCheck the address, the keys and their rights.`,
      {
        cause,
      },
    );
  }
  return {
    access,
    nameOf,
    waitForObjects: async (owners) => {
      for (const owner of owners) await waitForObject(client, nameOf(owner));
    },
    remove: async () => {
      for (const hospital of hospitals) await removeBucket(client, nameOf(hospital));
      client.destroy();
    },
  };
}

async function makeBucket(client: S3Client, Bucket: string): Promise<void> {
  const { CreateBucketCommand, HeadBucketCommand } = await import('@aws-sdk/client-s3');
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NotFound') throw error;
    await client.send(new CreateBucketCommand({ Bucket }));
  }
}

async function waitForObject(client: S3Client, Bucket: string): Promise<void> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  for (const end = performance.now() + uploadMsMax; performance.now() < end;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'blobs/' }));
    if (Contents.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new DemoError(`Nothing has come into the bucket ${Bucket}.`);
}

async function removeBucket(client: S3Client, Bucket: string): Promise<void> {
  const { DeleteBucketCommand, DeleteObjectCommand, ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) break;
    for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  await client.send(new DeleteBucketCommand({ Bucket }));
}
