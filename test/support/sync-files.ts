import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import {
  FileError,
  type FileErrorCode,
  type FileReader,
  type Files,
  type FileWriter,
} from '../../node/platform/files.ts';
import { unfinishedSuffix } from '../../node/platform/system-files.ts';

const freeBytesAlways = 1024 ** 4;
const codes: Readonly<Record<string, FileErrorCode>> = { ENOENT: 'missing', ENOTDIR: 'missing', EEXIST: 'exists' };

/**
 * The file port without a thread pool: each operation is done when its call returns, so two nodes in one process touch
 * their files in the same order each time. Once `power` is off nothing changes any more.
 */
export function openSyncFiles(power?: AbortSignal): Files {
  const done = async <T>(path: string, work: () => T): Promise<T> => {
    if (power?.aborted === true) throw new FileError('io', `${path}: this machine is off`);
    try {
      return work();
    } catch (cause) {
      const name: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      const code = (typeof name === 'string' ? codes[name] : undefined) ?? 'io';
      throw new FileError(code, `${path}: ${String(name)}`, { cause });
    }
  };
  const openReader = (path: string): Promise<FileReader> =>
    done(path, () => {
      const file = openSync(path, 'r');
      return {
        size: fstatSync(file).size,
        read: (into, position) => done(path, () => readSync(file, into, 0, into.length, position)),
        [Symbol.asyncDispose]: async () => closeSync(file),
      };
    });
  const writer = (path: string, flags: 'wx' | 'r+'): Promise<FileWriter> =>
    done(path, () => {
      const file = openSync(path, flags, 0o600);
      return {
        write: (bytes) => done(path, () => void writeSync(file, bytes)),
        sync: () => done(path, () => fsyncSync(file)),
        [Symbol.asyncDispose]: async () => closeSync(file),
      };
    });
  const openWriter = (path: string): Promise<FileWriter> => writer(path, 'wx');
  const moveDurably = (from: string, to: string): Promise<void> => done(to, () => renameSync(from, to));
  return {
    makeDirectory: (path) => done(path, () => void mkdirSync(path, { recursive: true, mode: 0o700 })),
    list: (path) => done(path, () => readdirSync(path)),
    size: (path) => done(path, () => statSync(path, { throwIfNoEntry: false })?.size),
    mode: (path) => done(path, () => statSync(path).mode & 0o777),
    readWhole: async (path, bytesMax) => {
      await using file = await openReader(path);
      if (file.size > bytesMax) throw new FileError('too-large', `${path} has ${file.size} bytes`);
      const bytes = new Uint8Array(file.size);
      return bytes.subarray(0, await file.read(bytes, 0));
    },
    openReader,
    openWriter,
    openOver: (path) => writer(path, 'r+'),
    moveDurably,
    writeDurably: async (path, bytes) => {
      const unfinished = `${path}${unfinishedSuffix}`;
      await done(unfinished, () => rmSync(unfinished, { force: true }));
      {
        await using file = await openWriter(unfinished);
        await file.write(bytes);
      }
      await moveDurably(unfinished, path);
    },
    remove: (path) => done(path, () => rmSync(path, { force: true })),
    removeTree: (path) => done(path, () => rmSync(path, { force: true, recursive: true })),
    freeBytes: async () => freeBytesAlways,
  };
}
