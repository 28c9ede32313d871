import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { parseBlobName, type BlobName } from '../blobs/blob-store.ts';
import { streamOf, type Files } from '../platform/files.ts';
import { BackupError } from './backup-error.ts';

/**
 * Where the bytes of a blob lie: `here` in the backup directory, in the `bucket` alone, `removed` on purpose between
 * snapshot and copy, or nowhere, because they were `damaged` on the node already.
 */
export type BlobPlace = 'here' | 'bucket' | 'removed' | 'damaged';

export interface ListedBlob {
  readonly name: BlobName;
  readonly size: number;
  readonly place: BlobPlace;
}

const pieceBytes = 64 * 1024;
const lineForm = /^([0-9a-f]{64}) ([0-9]{1,9}) (here|bucket|removed|damaged)$/;
const lineBytesMax = 100;

/** One line a blob, in the order of names. */
export function blobLine({ name, size, place }: ListedBlob): Uint8Array {
  return utf8(`${name} ${size} ${place}\n`);
}

/** Reads a list back, whatever its length; fails with `damaged` at the first line that is none. */
export async function* readBlobList(files: Files, path: string): AsyncIterable<ListedBlob> {
  let rest = '';
  for await (const piece of streamOf(await files.openReader(path), pieceBytes)) {
    const lines = (rest + parseAscii(piece, path)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineBytesMax) throw damaged(path);
    for (const line of lines) yield parseLine(line, path);
  }
  if (rest !== '') throw damaged(path);
}

function parseLine(line: string, path: string): ListedBlob {
  const [, name, size, place] = lineForm.exec(line) ?? [];
  if (name === undefined) throw damaged(path);
  return { name: parseBlobName(name), size: Number(size), place: place as BlobPlace };
}

/** A multi-byte letter may be cut by a piece: there is none in a list of ours. */
function parseAscii(piece: Uint8Array, path: string): string {
  if (piece.some((byte) => byte > 0x7f)) throw damaged(path);
  return parseUtf8(piece);
}

function damaged(path: string): BackupError {
  return new BackupError('damaged', `${path} is not a whole list of files: use another backup`);
}
