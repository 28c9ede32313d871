import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { plain, sha256 } from '../../protocol/crypto/hash.ts';
import { streamOnce, type ByteStream } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import {
  BlobError,
  blobBytesMax,
  blobNameOf,
  readBlob,
  readInto,
  verified,
  type BlobErrorCode,
  type BlobName,
  type BlobStore,
} from './blob-store.ts';

export interface S3BlobsOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** '' or `name/`: several hospitals may share a bucket. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly random: Random;
  readonly requestTimeoutMs?: number;
}

const requestTimeoutMsByDefault = 30_000;
const connectionTimeoutMs = 5_000;
const probeBytes = 64;

/**
 * Blobs as objects `<prefix>blobs/<digest>` of one bucket. The SDK (84 ms to import) is loaded here, off the receipt path.
 * It does not retry: the upload job does, with back-off. Its checksums are off, because not every server knows them; every
 * object is named by its digest, and that is compared when it is read.
 */
export async function openS3Blobs(options: S3BlobsOptions): Promise<BlobStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = newClient(sdk.S3Client, options);
  const Bucket = options.bucket;
  const keyOf = (name: BlobName): string => `${options.prefix}blobs/${name}`;
  const told = async <T>(what: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw blobErrorOf(what, options, cause);
    }
  };

  const upload = async (name: BlobName, body: Uint8Array, isNew: boolean): Promise<void> => {
    const command = new sdk.PutObjectCommand({
      Bucket,
      Key: keyOf(name),
      Body: body,
      ContentLength: body.length,
      ContentType: 'application/octet-stream',
      ...(isNew ? { IfNoneMatch: '*' } : {}),
    });
    await told('writing', client.send(command));
  };

  const has = async (name: BlobName): Promise<number | undefined> => {
    try {
      return (await client.send(new sdk.HeadObjectCommand({ Bucket, Key: keyOf(name) }))).ContentLength;
    } catch (cause) {
      const error = blobErrorOf('looking for', options, cause);
      if (error.code === 'missing') return undefined;
      throw error;
    }
  };

  const get = async (name: BlobName): Promise<ByteStream> => {
    const answer = await told('reading', client.send(new sdk.GetObjectCommand({ Bucket, Key: keyOf(name) })));
    const body = answer.Body as AsyncIterable<Uint8Array> | undefined;
    if (body === undefined) throw new BlobError('io', 'the bucket answered without a body');
    return verified(name, answer.ContentLength, toldStream(body, options));
  };

  const put = async (name: BlobName, size: number, bytes: () => ByteStream): Promise<void> => {
    if (size > blobBytesMax) throw new BlobError('too-large', `a blob has ${blobBytesMax} bytes at most`);
    if ((await has(name)) === size && (await isSound(name, get))) return;
    await upload(name, await readBlob(name, bytes(), size), false);
  };

  const remove = async (name: BlobName): Promise<void> => {
    try {
      await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: keyOf(name) }));
    } catch (cause) {
      const error = blobErrorOf('deleting', options, cause);
      if (error.code !== 'missing') throw error;
    }
  };

  const probe: BlobStore['probe'] = async () => {
    await told('reaching', client.send(new sdk.HeadBucketCommand({ Bucket })));
    const bytes = options.random.bytes(probeBytes);
    const name = blobNameOf(sha256(bytes));
    await put(name, bytes.length, () => streamOnce(bytes));
    try {
      await readBlob(name, await get(name), bytes.length);
      const conditionalCreate = await refusesSecond(() => upload(name, bytes, true));
      const detail = conditionalCreate
        ? 'writing, reading and deleting work; the bucket refuses a second object under one name'
        : 'writing, reading and deleting work; the bucket would overwrite, so every object is compared with its digest';
      return { conditionalCreate, detail };
    } finally {
      await remove(name);
    }
  };

  const read = async (name: BlobName, into: Uint8Array): Promise<number> => readInto(name, await get(name), into);

  return { kind: 's3', put, get, read, readUnverified: read, has, remove, probe, close: async () => client.destroy() };
}

function newClient(Client: typeof S3Client, options: S3BlobsOptions): S3Client {
  return new Client({
    endpoint: options.endpoint,
    region: options.region,
    forcePathStyle: true,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: options.requestTimeoutMs ?? requestTimeoutMsByDefault,
      throwOnRequestTimeout: true,
    },
  });
}

async function isSound(name: BlobName, get: BlobStore['get']): Promise<boolean> {
  try {
    await readBlob(name, await get(name));
    return true;
  } catch (error) {
    if (error instanceof BlobError && (error.code === 'damaged' || error.code === 'missing')) return false;
    throw error;
  }
}

/** Whether the server honours `If-None-Match: *`: some ignore it, some do not know it at all. */
async function refusesSecond(create: () => Promise<void>): Promise<boolean> {
  try {
    await create();
    return false;
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    return isService(error.cause) && error.cause.$metadata.httpStatusCode === 412;
  }
}

async function* toldStream(body: AsyncIterable<Uint8Array>, options: S3BlobsOptions): ByteStream {
  try {
    for await (const piece of body) yield plain(piece);
  } catch (cause) {
    throw blobErrorOf('reading', options, cause);
  }
}

const serviceCodes: readonly (readonly [number, BlobErrorCode])[] = [
  [404, 'missing'],
  [401, 'denied'],
  [403, 'denied'],
  [413, 'too-large'],
  [507, 'full'],
];

/** The message names the bucket and what to look at; the SDK's own may quote the request, so it stays in the cause. */
function blobErrorOf(what: string, options: S3BlobsOptions, cause: unknown): BlobError {
  if (cause instanceof BlobError) return cause;
  const where = `${what} bucket "${options.bucket}" at ${options.endpoint}`;
  if (!isService(cause) || cause.$metadata.httpStatusCode === undefined)
    return new BlobError('unreachable', `${where}: no answer; check the address and the network`, { cause });
  const status = cause.$metadata.httpStatusCode;
  const code = serviceCodes.find(([known]) => known === status)?.[1] ?? (status >= 500 ? 'unreachable' : 'io');
  const advice = code === 'denied' ? '; check the keys, their rights and the clock' : '';
  return new BlobError(code, `${where}: the server answered ${status} ${cause.name}${advice}`, { cause });
}

function isService(cause: unknown): cause is S3ServiceException {
  return cause instanceof Error && '$metadata' in cause;
}
