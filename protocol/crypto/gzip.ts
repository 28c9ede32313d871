import { crc32, createInflateRaw, gzip as gzipAll, type InflateRaw } from 'node:zlib';
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
const deflateMethod = 8;
const flagHeaderCrc = 2;
const flagExtra = 4;
const flagName = 8;
const flagComment = 16;
const flagsReserved = 0xe0;

const gzipAsync = promisify(gzipAll);

export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return plain(await gzipAsync(bytes));
}

/** Inflates exactly one member that fills `bytes`; fails with `too-large` as soon as more than `bytesMax` comes out. */
export async function gunzip(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const start = readHeader(bytes);
  if (bytes.length < start + trailerBytes) throw refused('cut short');
  const { output, consumed } = await inflate(bytes.subarray(start), bytesMax);
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

function inflate(bytes: Uint8Array, bytesMax: number): Promise<{ output: Uint8Array; consumed: number }> {
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
