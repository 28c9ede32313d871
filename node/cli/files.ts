import { once } from 'node:events';
import { resolve } from 'node:path';
import { FileError, streamOf, type ByteStream } from '../platform/files.ts';
import type { Caller } from './caller.ts';

const pieceBytes = 256 * 1024;

export interface InputFile {
  readonly bytes: ByteStream;
  /** Unknown for stdin. */
  readonly size: number | undefined;
}

/** The file that an argument names; `-` is stdin. */
export async function openInput(caller: Caller, named: string): Promise<InputFile> {
  if (named === '-') return { bytes: stdin(), size: undefined };
  const reader = await caller.files.openReader(resolve(named));
  return { bytes: streamOf(reader, pieceBytes), size: reader.size };
}

/** The whole of a small file; fails above `bytesMax`. */
export async function readInput(caller: Caller, named: string, bytesMax: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (await openInput(caller, named)).bytes) {
    size += piece.length;
    if (size > bytesMax) throw new FileError('too-large', `${named} has more than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces, size));
}

/**
 * Writes a stream to a new file with mode 0600, which is there only when it is whole; without a name to stdout. The file
 * itself is never written over.
 */
export async function writeOutput(caller: Caller, named: string | undefined, bytes: ByteStream): Promise<number> {
  if (named === undefined || named === '-') return await writeStdout(bytes);
  const path = resolve(named);
  if ((await caller.files.size(path)) !== undefined)
    throw new FileError('exists', `${path} exists already: nothing was written; give another name`);
  const unfinished = `${path}.unfinished`;
  await caller.files.remove(unfinished);
  let size = 0;
  try {
    {
      await using writer = await caller.files.openWriter(unfinished);
      for await (const piece of bytes) {
        await writer.write(piece);
        size += piece.length;
      }
      await writer.sync();
    }
    await caller.files.moveDurably(unfinished, path);
  } catch (error) {
    await caller.files.remove(unfinished);
    throw error;
  }
  return size;
}

async function writeStdout(bytes: ByteStream): Promise<number> {
  let size = 0;
  for await (const piece of bytes) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
    size += piece.length;
  }
  return size;
}

async function* stdin(): ByteStream {
  for await (const piece of process.stdin as AsyncIterable<Buffer>)
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
}
