/** Bytes of a file or a body, in pieces of no promised size. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** A file being written. What is written counts only after `sync`. */
export interface FileWriter extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** fsync of the file (law 2). */
  sync(): Promise<void>;
}

export interface WriterOptions {
  /**
   * What is written is not read again soon: where the system allows it, it does not take the place of something else in
   * its cache.
   */
  readonly isNotReadSoon?: boolean;
}

export interface FileReader extends AsyncDisposable {
  readonly size: number;
  /** Fills `into` from byte `position` on and returns how many bytes there were. */
  read(into: Uint8Array, position: number): Promise<number>;
}

/** The port of the file system (law 1). Paths are absolute. Errors are `FileError`. */
export interface Files {
  /** With its parents, mode 0700; nothing happens where it exists. */
  makeDirectory(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Bytes of a file, `undefined` where there is none. */
  size(path: string): Promise<number | undefined>;
  /** Permission bits of a file, as in `0o600`. */
  mode(path: string): Promise<number>;
  /** The whole file, for small ones: fails above `bytesMax`. */
  readWhole(path: string, bytesMax: number): Promise<Uint8Array>;
  openReader(path: string): Promise<FileReader>;
  /** A new file with mode 0600; fails where one exists. */
  openWriter(path: string, options?: WriterOptions): Promise<FileWriter>;
  /** An existing file, written over from its first byte on; what it had beyond that stays. */
  openOver(path: string): Promise<FileWriter>;
  /** Renames and then fsyncs the directory: after it the file is there, whole, whatever happens (law 2). */
  moveDurably(from: string, to: string): Promise<void>;
  /** Writes to a temporary name, fsyncs, and moves it durably into place. */
  writeDurably(path: string, bytes: Uint8Array): Promise<void>;
  /** Nothing happens where there is no file. */
  remove(path: string): Promise<void>;
  /** A directory with all that is in it; nothing happens where there is none. */
  removeTree(path: string): Promise<void>;
  /** Bytes that can still be written where `path` lies. */
  freeBytes(path: string): Promise<number>;
}

/** `not-synced`: fsync failed, and what is on the disk is unknown; the process ends (Node §4). */
export type FileErrorCode = 'missing' | 'exists' | 'full' | 'denied' | 'not-a-file' | 'too-large' | 'not-synced' | 'io';

export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Reads an open file from its beginning to its end in pieces, and closes it. */
export async function* streamOf(reader: FileReader, pieceBytes: number): ByteStream {
  await using file = reader;
  for (let position = 0; ;) {
    const piece = new Uint8Array(pieceBytes);
    const count = await file.read(piece, position);
    if (count === 0) return;
    yield count === piece.length ? piece : piece.subarray(0, count);
    position += count;
  }
}

/** Bytes that are all there already, as a stream of one piece. */
export async function* streamOnce(bytes: Uint8Array): ByteStream {
  yield bytes;
}
