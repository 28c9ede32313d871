import type { Readable } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import { Busboy } from '@fastify/busboy';
import type { ByteStream } from '../../platform/files.ts';
import { OperationError } from '../../platform/operation-error.ts';
import { FormFields } from './form.ts';

/** One file of a form. Its stream must be read to its end before the next part comes. */
export interface FilePart {
  readonly field: string;
  /** Display text as the browser told it; never a path. */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: ByteStream;
}

/** A page without script sends files up to this size at once; larger ones go in pieces. */
export const multipartFileBytesMax = 64 * 1024 * 1024;
/** All that one form brings, files and fields: what comes so cannot be gone on with when it breaks off. */
export const multipartBytesMax = 2 * multipartFileBytesMax;
const fieldBytesMax = 64 * 1024;
const fieldsMax = 100;

/**
 * Reads `multipart/form-data` as it arrives (RFC 7578): `onFile` takes each file's stream, and the fields that stood
 * before it. A file above its limit fails with `file-too-large` in the middle of its stream, so that it is not kept. A form
 * of more than `bytesMax` in all is refused before it arrives, where it says its size. When the form breaks off, so do the
 * streams of its files, and whoever reads one has taken away what came before this fails.
 */
export async function readMultipart(
  incoming: HttpBindings['incoming'],
  onFile: (file: FilePart, fieldsBefore: FormFields) => Promise<void>,
  bytesMax: number = multipartBytesMax,
): Promise<FormFields> {
  if (Number(incoming.headers['content-length'] ?? 0) > bytesMax)
    throw tooLargeTogether(bytesMax, 'Nothing of it was kept');
  const fields: [string, string][] = [];
  const work: Promise<void>[] = [];
  const streams: Readable[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const parser = openParser(incoming);
  parser.on('field', (name, value, _, isCut) => {
    if (isCut) reject(tooMuch());
    fields.push([name, value]);
  });
  parser.on('file', (field, stream, name, _, contentType) => {
    streams.push(stream);
    stream.on('error', () => undefined); // Told to whoever reads it; one that nobody reads yet must not end the node.
    const bytes = streamOf(stream as AsyncIterable<Buffer> & { truncated?: boolean });
    const done = onFile({ field, name: name ?? '', contentType, bytes }, new FormFields([...fields]));
    done.catch((error: unknown) => {
      stream.resume();
      reject(error as Error);
    });
    work.push(done);
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.on(limit, () => reject(tooMuch()));
  parser.on('error', (cause) => reject(broken(cause)));
  parser.on('finish', () => resolve());
  incoming.on('aborted', () => reject(broken(undefined)));
  let size = 0;
  const count = (piece: Buffer): void => {
    size += piece.length;
    if (size > bytesMax) reject(tooLargeTogether(bytesMax, 'Look which of its files are there already'));
  };
  incoming.on('data', count);
  incoming.pipe(parser);
  try {
    await promise;
    await Promise.all(work);
  } catch (error) {
    for (const stream of streams) if (!stream.readableEnded) stream.destroy(error as Error);
    await Promise.allSettled(work);
    throw error;
  } finally {
    incoming.off('data', count);
    incoming.unpipe(parser);
  }
  return new FormFields(fields);
}

function openParser(incoming: HttpBindings['incoming']) {
  try {
    return new Busboy({
      headers: { ...incoming.headers, 'content-type': incoming.headers['content-type'] ?? '' },
      limits: { fileSize: multipartFileBytesMax, fieldSize: fieldBytesMax, fields: fieldsMax, files: 20, parts: 120 },
    });
  } catch (cause) {
    throw broken(cause);
  }
}

async function* streamOf(stream: AsyncIterable<Buffer> & { truncated?: boolean }): ByteStream {
  for await (const piece of stream) yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
  if (stream.truncated === true)
    throw new OperationError(
      'invalid',
      'file-too-large',
      `A file sent in one piece has at most ${multipartFileBytesMax / 1024 ** 2} MiB. It was not kept: with scripts on, files of any size can be added.`,
    );
}

function tooLargeTogether(bytesMax: number, isSafe: string): OperationError {
  return new OperationError(
    'invalid',
    'form-too-large',
    `All files of one form together have at most ${bytesMax / 1024 ** 2} MiB. ${isSafe}: send them in several forms; with scripts on, files of any size can be added.`,
  );
}

function tooMuch(): OperationError {
  return new OperationError(
    'invalid',
    'form-too-large',
    'The form holds more fields or files than a page can take. Nothing of it was saved.',
  );
}

function broken(cause: unknown): OperationError {
  return new OperationError(
    'invalid',
    'form-broken',
    'The form did not arrive whole. Nothing of it was saved: send it again.',
    { cause },
  );
}
