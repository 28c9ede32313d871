import {
  crc32,
  createInflateRaw,
  gzip as gzipAll,
  gzipSync,
  inflateRawSync,
  type InflateRaw,
  type ZlibOptions,
} from 'node:zlib';
import { promisify } from 'node:util';
import { concat } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { plain } from './hash.ts';

/*
 * gzip (RFC 1952) as a document carries it: one member, nothing before or after, the output limit checked while it
 * inflates (Spec §4). The header is read here, because zlib's own gzip reader takes several members for one.
 */

const fixedHeaderBytes = 10;
const trailerBytes = 8;
const inputPieceBytes = 64 * 1024;
/** A document up to this size is done in one turn: it is done sooner than a thread is woken for it. */
const atOnceBytesMax = 64 * 1024;
const outputAtOnceBytesMax = 512 * 1024;
const deflateMethod = 8;
const flagHeaderCrc = 2;
const flagExtra = 4;
const flagName = 8;
const flagComment = 16;
const flagsReserved = 0xe0;

const gzipAsync = promisify(gzipAll);

export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return plain(bytes.length <= atOnceBytesMax ? gzipSync(bytes) : await gzipAsync(bytes));
}

/** Inflates exactly one member that fills `bytes`; fails with `too-large` as soon as more than `bytesMax` comes out. */
export async function gunzip(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const start = readHeader(bytes);
  if (bytes.length < start + trailerBytes) throw refused('cut short');
  const deflated = bytes.subarray(start);
  const { output, consumed } = inflateAtOnce(deflated, bytesMax) ?? (await inflate(deflated, bytesMax));
  const trailer = bytes.subarray(start + consumed);
  if (trailer.length !== trailerBytes) throw refused('one member and nothing after it');
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailerBytes);
  if (view.getUint32(0, true) !== crc32(output) || view.getUint32(4, true) !== output.length % 2 ** 32)
    throw refused('the checksum or length of the content');
  return output;
}

/** Where the deflated content begins. */
function readHeader(bytes: Uint8Array): number {
  if (bytes.length < fixedHeaderBytes + trailerBytes || bytes[0] !== 0x1f || bytes[1] !== 0x8b)
    throw refused('a gzip member');
  const flags = bytes[3] ?? 0;
  if (bytes[2] !== deflateMethod || (flags & flagsReserved) !== 0) throw refused('the method deflate');
  let at = fixedHeaderBytes;
  if ((flags & flagExtra) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [flagName, flagComment]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) throw refused('a header with an end');
    at = end + 1;
  }
  return (flags & flagHeaderCrc) === 0 ? at : at + 2;
}

interface Inflated {
  readonly output: Uint8Array;
  readonly consumed: number;
}

/** What zlib gives back with the option `info`, which its types do not know. */
type WithEngine = (bytes: Uint8Array, options: ZlibOptions) => { buffer: Buffer; engine: { bytesWritten: number } };

/** `undefined` for what is large, or turns out to be. */
function inflateAtOnce(bytes: Uint8Array, bytesMax: number): Inflated | undefined {
  if (bytes.length > atOnceBytesMax) return undefined;
  const options = { info: true, maxOutputLength: outputAtOnceBytesMax };
  try {
    const { buffer, engine } = (inflateRawSync as unknown as WithEngine)(bytes, options);
    if (buffer.length > bytesMax) throw new ProtocolError('too-large', `a document above ${bytesMax} bytes`);
    return { output: plain(buffer), consumed: engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if (cause instanceof RangeError) return undefined; // ERR_BUFFER_TOO_LARGE
    throw new ProtocolError('malformed-document', 'not deflated data', { cause });
  }
}

function inflate(bytes: Uint8Array, bytesMax: number): Promise<Inflated> {
  return new Promise((resolve, reject) => {
    const stream = createInflateRaw();
    const pieces: Uint8Array[] = [];
    let size = 0;
    const stop = (error: ProtocolError): void => {
      stream.destroy();
      reject(error);
    };
    stream.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > bytesMax) stop(new ProtocolError('too-large', `a document above ${bytesMax} bytes`));
      else pieces.push(plain(piece));
    });
    stream.on('error', (cause) => reject(new ProtocolError('malformed-document', 'not deflated data', { cause })));
    stream.on('end', () => resolve({ output: concat(...pieces), consumed: stream.bytesWritten }));
    feed(stream, bytes);
  });
}

function feed(stream: InflateRaw, bytes: Uint8Array): void {
  let at = 0;
  const next = (): void => {
    while (at < bytes.length && !stream.destroyed) {
      const piece = bytes.subarray(at, at + inputPieceBytes);
      at += piece.length;
      if (!stream.write(piece)) {
        stream.once('drain', next);
        return;
      }
    }
    if (!stream.destroyed) stream.end();
  };
  next();
}

function refused(expected: string): ProtocolError {
  return new ProtocolError('malformed-document', `gzip: expected ${expected}`);
}
