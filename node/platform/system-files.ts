import { chmod, mkdir, open, readdir, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeDirectly } from './direct-writing.ts';
import {
  FileError,
  type FileErrorCode,
  type FileReader,
  type Files,
  type FileWriter,
  type WriterOptions,
} from './files.ts';

/** Names that end so are unfinished; whoever owns the directory sweeps them at start. */
export const unfinishedSuffix = '.unfinished';

/** The real file system. `onSyncFailure` runs before the `FileError` is thrown: fsync is never tried again (Node §4). */
export function openFiles(onSyncFailure: (error: FileError) => void): Files {
  const sync = async (handle: FileHandle, path: string): Promise<void> => {
    try {
      await handle.sync();
    } catch (cause) {
      const error = new FileError('not-synced', `fsync of ${path} failed: what is on the disk is unknown`, { cause });
      onSyncFailure(error);
      throw error;
    }
  };
  const syncDirectory = async (path: string): Promise<void> => {
    const handle = await told(path, open(path, 'r'));
    try {
      await sync(handle, path);
    } finally {
      await handle.close();
    }
  };
  const openWriter: Files['openWriter'] = async (path, options = {}) =>
    writerOf(await told(path, open(path, 'wx', 0o600)), path, sync, options);
  const openOver = async (path: string): Promise<FileWriter> =>
    writerOf(await told(path, open(path, 'r+')), path, sync, {});
  const moveDurably = async (from: string, to: string): Promise<void> => {
    await told(to, rename(from, to));
    // A rename is one step of the file system: where the new name is durable the old one is gone, or is swept as unfinished.
    await syncDirectory(dirname(to));
  };
  const makeDirectory = async (path: string): Promise<void> => {
    for (const made of await makeMissing(resolve(path))) await syncDirectory(dirname(made));
  };
  const writeDurably = async (path: string, bytes: Uint8Array): Promise<void> => {
    const unfinished = join(dirname(path), `${basename(path)}${unfinishedSuffix}`);
    await told(unfinished, rm(unfinished, { force: true }));
    {
      await using file = await openWriter(unfinished);
      await file.write(bytes);
      await file.sync();
    }
    await moveDurably(unfinished, path);
  };
  return { ...readingFiles, makeDirectory, openWriter, openOver, moveDurably, writeDurably };
}

/**
 * Makes the directory and those above it that are missing, and names what it made. Node's own `recursive` never ends where
 * a directory that is there answers that it is not, as /proc does.
 */
async function makeMissing(path: string): Promise<readonly string[]> {
  try {
    if ((await stat(path)).isDirectory()) return [];
    throw new FileError('exists', `${path}: a file of this name is there already`);
  } catch (error) {
    if (error instanceof FileError) throw error;
  }
  const made = dirname(path) === path ? [] : await makeMissing(dirname(path));
  try {
    await told(path, mkdir(path, { mode: 0o700 }));
  } catch (error) {
    if (error instanceof FileError && error.code === 'exists') return made; // Somebody else was faster.
    throw error;
  }
  return [...made, path];
}

/** Takes every right on a file from group and others. */
export async function makePrivate(path: string): Promise<void> {
  await told(path, chmod(path, 0o600));
}

const readingFiles: Omit<Files, 'makeDirectory' | 'openWriter' | 'openOver' | 'moveDurably' | 'writeDurably'> = {
  list: async (path) => await told(path, readdir(path)),
  size: async (path) => {
    try {
      return (await told(path, stat(path))).size;
    } catch (error) {
      if (error instanceof FileError && error.code === 'missing') return undefined;
      throw error;
    }
  },
  mode: async (path) => (await told(path, stat(path))).mode & 0o777,
  readWhole: async (path, bytesMax) => {
    await using file = await openReader(path);
    if (file.size > bytesMax) throw new FileError('too-large', `${path} has ${file.size} bytes; ${bytesMax} at most`);
    const bytes = new Uint8Array(file.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = await file.read(bytes.subarray(filled), filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  },
  openReader: (path) => openReader(path),
  remove: async (path) => await told(path, rm(path, { force: true })),
  removeTree: async (path) => await told(path, rm(path, { force: true, recursive: true })),
  freeBytes: async (path) => {
    const disk = await told(path, statfs(path));
    return disk.bavail * disk.bsize;
  },
};

async function openReader(path: string): Promise<FileReader> {
  const handle = await told(path, open(path, 'r'));
  try {
    const facts = await told(path, handle.stat());
    if (facts.isDirectory()) throw new FileError('not-a-file', `${path}: ${explanations['not-a-file']}`);
    return {
      size: facts.size,
      read: async (into, position) => (await told(path, handle.read(into, 0, into.length, position))).bytesRead,
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function writerOf(
  handle: FileHandle,
  path: string,
  sync: (handle: FileHandle, path: string) => Promise<void>,
  { isNotReadSoon = false }: WriterOptions,
): FileWriter {
  let position = 0;
  return {
    write: async (bytes) => {
      let from = isNotReadSoon ? await told(path, writeDirectly(path, bytes, position)) : 0;
      while (from < bytes.length)
        from += (await told(path, handle.write(bytes, from, bytes.length - from, position + from))).bytesWritten;
      position += bytes.length;
    },
    sync: () => sync(handle, path),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

const codes: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EEXIST: 'exists',
  ENOTEMPTY: 'exists',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EISDIR: 'not-a-file',
};

const explanations: Readonly<Record<FileErrorCode, string>> = {
  missing: 'there is no such file',
  exists: 'there is such a file already',
  full: 'the disk is full; free some space',
  denied: 'the permissions do not allow it; check the owner',
  'too-large': 'the file is too large',
  'not-a-file': 'it is a directory, not a file',
  'not-synced': 'fsync failed',
  io: 'the disk failed',
};

async function told<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const name: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const code = (typeof name === 'string' ? codes[name] : undefined) ?? 'io';
    throw new FileError(code, `${path}: ${explanations[code]}${code === 'io' ? ` (${String(name)})` : ''}`, { cause });
  }
}

/** For tools and tests that end by themselves when something is thrown. */
export const systemFiles: Files = openFiles(() => undefined);
