import { sha256Stream } from '../../protocol/crypto/hash.ts';
import { streamOf, type ByteStream, type Files } from '../platform/files.ts';
import type { FileFacts } from './manifest.ts';

const pieceBytes = 256 * 1024;

/** Told so many bytes at a time; what it throws ends the work. */
export type OnBytes = (bytes: number) => void;

/** Reads a whole file in pieces, with a turn for others at each. */
export async function digestFile(files: Files, path: string, onBytes?: OnBytes): Promise<FileFacts> {
  let facts: FileFacts = { size: 0, sha256: '' };
  for await (const piece of hashed(streamOf(await files.openReader(path), pieceBytes), (read) => (facts = read)))
    onBytes?.(piece.length);
  return facts;
}

/** Writes a copy that is durable when it returns, and says what was read. */
export async function copyFile(files: Files, from: string, to: string, onBytes?: OnBytes): Promise<FileFacts> {
  let facts: FileFacts = { size: 0, sha256: '' };
  await using writer = await files.openWriter(to);
  for await (const piece of hashed(streamOf(await files.openReader(from), pieceBytes), (read) => (facts = read))) {
    await writer.write(piece);
    onBytes?.(piece.length);
  }
  await writer.sync();
  return facts;
}

export function isSameFile(one: FileFacts, other: FileFacts): boolean {
  return one.size === other.size && one.sha256 === other.sha256;
}

async function* hashed(bytes: ByteStream, atEnd: (facts: FileFacts) => void): ByteStream {
  const hash = sha256Stream();
  let size = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    size += piece.length;
    yield piece;
  }
  atEnd({ size, sha256: hash.digest().toHex() });
}
