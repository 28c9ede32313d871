import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** What passes by the cache begins and ends at multiples of this, in the file and in memory. */
export const blockBytes = 4096;
/** Less is not worth a second handle. */
export const directBytesMin = 1024 * 1024;
/** Of memory that begins at a block. */
const pageBytes = 64 * 1024;

/** What a system says that does not write so, or not these bytes. Anything else is a fault of the disk. */
const notHere = new Set(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP']);

/**
 * Writes the whole blocks of `bytes` past the page cache (O_DIRECT), from byte `position` of the file on, and says how many
 * bytes it wrote: 0 where the system, the file system or the place of these bytes does not allow it. The rest is the
 * caller's to write, and the fsync. Throws what the disk answers.
 */
export async function writeDirectly(path: string, bytes: Uint8Array, position: number): Promise<number> {
  const flag = (constants as { readonly O_DIRECT?: number }).O_DIRECT; // Linux alone has it.
  if (flag === undefined || bytes.length < directBytesMin || position % blockBytes !== 0) return 0;
  const end = bytes.length - (bytes.length % blockBytes);
  let from = 0;
  try {
    await using file = await open(path, constants.O_WRONLY | flag);
    while (from < end) {
      const { bytesWritten } = await file.write(bytes, from, end - from, position + from);
      from += bytesWritten;
      if (bytesWritten % blockBytes !== 0) break;
    }
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !notHere.has(code)) throw error;
  }
  return from;
}

interface SharedPages {
  readonly buffer: SharedArrayBuffer;
}

/** The one part of it that is used here; its types come with a browser's. */
declare const WebAssembly: {
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => SharedPages;
};

/** Memory that begins at a block, as it must to be written past the cache. Other threads reach it without a copy. */
export function blockMemory(bytes: number): Uint8Array {
  const pages = Math.ceil(bytes / pageBytes);
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer, 0, bytes);
}
