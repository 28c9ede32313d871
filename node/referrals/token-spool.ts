import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { equalBytes } from '../../protocol/bytes.ts';
import { FileError, type Files, type FileWriter } from '../platform/files.ts';

/**
 * Chunk tokens between their sealing and their sending, as files: they are hashed for the manifest before anything of the
 * bundle may leave, and without a copy each would be sealed twice. A cache and no more: nothing is fsynced, a file that is
 * gone or damaged is sealed again, and a start begins with none. Tokens are ciphertext (Spec §4).
 */
export interface TokenSpool {
  /** Keeps a copy of the token with this leaf hash, in the place of the oldest where there is no room. */
  keep(name: string, leaf: Uint8Array, token: Uint8Array): Promise<void>;
  /**
   * The token of that leaf hash as it was kept, in `into`: a checksum of the copy tells accidents of the disk. Who writes
   * into our directory could bring another token with the same one; the receiver refuses it, by the signed digest.
   */
  find(name: string, leaf: Uint8Array, into: Uint8Array): Promise<Uint8Array | undefined>;
  drop(name: string): Promise<void>;
}

/** Of tokens at once; an attachment above it is sealed again chunk by chunk. */
export const spoolBytesMax = 256 * 1024 * 1024;
/**
 * So many files of tokens that were sent stay for the next: writing over a file costs a tenth of the processor's time that
 * writing a new one costs.
 */
export const freeFilesMax = 8;

interface Kept {
  readonly file: string;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly checksum: number;
}

export function openTokenSpool(files: Files, directory: string): TokenSpool {
  const kept = new Map<string, Kept>();
  const free: string[] = [];
  let made = 0;
  let bytes = 0;
  let emptied: Promise<void> | undefined;
  const empty = async (): Promise<void> => {
    await files.makeDirectory(directory);
    for (const name of await files.list(directory)) await files.remove(join(directory, name));
  };
  const drop = async (name: string): Promise<void> => {
    const held = kept.get(name);
    if (held === undefined) return;
    kept.delete(name);
    bytes -= held.size;
    if (free.length < freeFilesMax) free.push(held.file);
    else await files.remove(held.file);
  };
  /** A file of an earlier token, or a new one. */
  const openFile = async (): Promise<{ readonly file: string; readonly writer: FileWriter }> => {
    const used = free.pop();
    if (used !== undefined) {
      const writer = await orNothing(files.openOver(used));
      if (writer !== undefined) return { file: used, writer };
    }
    const file = join(directory, String((made += 1)));
    return { file, writer: await files.openWriter(file) };
  };
  const write = async (name: string, leaf: Uint8Array, token: Uint8Array): Promise<void> => {
    await (emptied ??= empty());
    await drop(name);
    for (const oldest of kept.keys()) {
      if (bytes + token.length <= spoolBytesMax) break;
      await drop(oldest);
    }
    const { file, writer } = await openFile();
    await using open = writer;
    bytes += token.length;
    kept.set(name, { file, size: token.length, leaf, checksum: crc32(token) });
    await open.write(token);
  };
  return {
    keep: async (name, leaf, token) => {
      try {
        await write(name, leaf, token);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        await orNothing(drop(name)); // A full disk: it is sealed again, and what must be kept says why it cannot be.
      }
    },
    find: async (name, leaf, into) => {
      const held = kept.get(name);
      if (held === undefined || held.size > into.length || !equalBytes(held.leaf, leaf)) return undefined;
      const found = await orNothing(readInto(files, held.file, into.subarray(0, held.size)));
      return found !== undefined && crc32(found) === held.checksum ? found : undefined;
    },
    drop: async (name) => {
      await orNothing(drop(name));
    },
  };
}

async function readInto(files: Files, path: string, into: Uint8Array): Promise<Uint8Array | undefined> {
  await using file = await files.openReader(path);
  let at = 0;
  while (at < into.length) {
    const count = await file.read(into.subarray(at), at);
    if (count === 0) return undefined;
    at += count;
  }
  return into;
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}
