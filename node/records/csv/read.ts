import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import type { ByteStream } from '../../platform/files.ts';
import { RecordsError } from '../errors.ts';
import { csvBytesMax, csvColumnsMax, csvRecordsMax } from '../limits.ts';

/** One record of a CSV file. Number 0 is the header; `line` is where the record begins, counted from 1. */
export interface CsvRecord {
  readonly number: number;
  readonly line: number;
  readonly fields: readonly string[];
}

const pieceBytes = 64 * 1024;
const bytesBetweenTurns = 256 * 1024;
const lineFeed = 0x0a;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/** What is often given instead of UTF-8 text, by its first bytes. */
const otherKinds: readonly { readonly first: readonly number[]; readonly is: string }[] = [
  { first: [0x50, 0x4b], is: 'a workbook (.xlsx) or another zip archive, not a CSV file' },
  { first: [0xff, 0xfe], is: 'text in UTF-16, not UTF-8' },
  { first: [0xfe, 0xff], is: 'text in UTF-16, not UTF-8' },
];

/** csv-parse's codes, in our words; its own messages quote the field. The last word of the types is not in them. */
const faults: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'a quote stands inside a field that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'after a closing quote only a comma or the end of the line may follow',
  CSV_QUOTE_NOT_CLOSED: 'a quote opens a field that never closes',
};

/**
 * Reads a CSV file strictly (Records §1): UTF-8 with or without BOM, CRLF or LF, RFC 4180 quoting, spaces kept, every
 * record as wide as the header, all limits kept. Lines that are empty, or commas alone, are passed over. Fails with `RecordsError` and a line number.
 */
export async function* readCsv(bytes: ByteStream, yieldTurn: YieldTurn): AsyncGenerator<CsvRecord> {
  const lines = new LineCounter();
  const parser = parse({ bom: false, info: true, record_delimiter: ['\r\n', '\n'], relax_column_count: true });
  // Its end is not awaited: iterating the parser below meets every failure of the source too.
  pipeline(Readable.from(checkedPieces(bytes, lines, yieldTurn)), parser, () => undefined);
  let number = 0;
  let width = 0;
  let line = 1;
  try {
    for await (const parsed of parser as AsyncIterable<{ record: string[]; info: { bytes: number } }>) {
      const fields = parsed.record;
      const at = line;
      line = lines.lineAt(parsed.info.bytes);
      if (fields.every((field) => field === '')) continue;
      if (number === 0) width = fields.length;
      if (fields.length !== width)
        throw new RecordsError('csv-syntax', `line ${at}: ${fields.length} fields where the header has ${width}`);
      if (number > csvRecordsMax)
        throw new RecordsError('csv-too-many-records', `more than ${csvRecordsMax} records; split the file`);
      if (width > csvColumnsMax) throw new RecordsError('csv-header', `more than ${csvColumnsMax} columns`);
      yield { number, line: at, fields };
      number += 1;
    }
  } catch (error) {
    throw syntaxError(error, lines);
  } finally {
    parser.destroy();
  }
}

/** Cuts the input into pieces, without its byte order mark, and refuses what is not UTF-8 or too long. */
async function* checkedPieces(bytes: ByteStream, lines: LineCounter, yieldTurn: YieldTurn): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let begin: readonly number[] = [];
  let size = 0;
  let mark = 0;
  let sinceTurn = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > csvBytesMax)
      throw new RecordsError('csv-too-large', `larger than ${csvBytesMax} bytes (10 MiB); split the file`);
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      let piece = chunk.subarray(from, from + pieceBytes);
      sinceTurn += piece.length;
      if (sinceTurn >= bytesBetweenTurns) {
        sinceTurn = 0;
        await yieldTurn();
      }
      if (begin.length < 2) begin = [...begin, ...piece.subarray(0, 2)];
      decode(decoder, lines, piece, begin);
      while (mark < byteOrderMark.length && piece.length > 0) {
        if (piece[0] === byteOrderMark[mark]) {
          piece = piece.subarray(1);
          mark += 1;
        } else {
          // EF BB or EF alone begins another character than the mark: give back what was held.
          if (mark > 0) yield lines.add(Uint8Array.from(byteOrderMark.slice(0, mark)));
          mark = byteOrderMark.length;
        }
      }
      if (piece.length > 0) yield lines.add(piece);
    }
  }
  decode(decoder, lines, undefined, begin);
}

function decode(
  decoder: TextDecoder,
  lines: LineCounter,
  piece: Uint8Array | undefined,
  begin: readonly number[],
): void {
  try {
    if (piece === undefined) decoder.decode();
    else decoder.decode(piece, { stream: true });
  } catch {
    // The decoder's own error says less than this one.
    const kind = otherKinds.find(
      ({ first }) => begin.length > 0 && begin.every((byte, i) => byte === (first[i] ?? byte)),
    );
    const found = kind?.is ?? `not UTF-8 text, at line ${lines.lastLine()} or soon after`;
    throw new RecordsError('csv-encoding', `${found}; save it as "CSV UTF-8 (comma delimited)"`);
  }
}

function syntaxError(error: unknown, lines: LineCounter): unknown {
  if (!(error instanceof CsvError)) return error;
  // No cause: csv-parse's error carries the field.
  const { bytes } = error as CsvError & { bytes?: number };
  const words = faults[error.code] ?? 'not well-formed CSV';
  return new RecordsError('csv-syntax', `line ${lines.lineAt(bytes ?? 0)}: ${words}`);
}

/**
 * Finds the line of a byte. csv-parse counts the CRLF inside a quoted field twice, so lines are counted here, over the same
 * pieces; what lies before the last question is forgotten.
 */
class LineCounter {
  #pieces: Uint8Array[] = [];
  /** Bytes before the first of `#pieces`. */
  #base = 0;
  #offset = 0;
  #line = 1;

  add(piece: Uint8Array): Uint8Array {
    this.#pieces.push(piece);
    return piece;
  }

  /** The line in which byte `offset` lies; never asked for an earlier one than before. */
  lineAt(offset: number): number {
    let first = this.#pieces[0];
    while (first !== undefined && this.#offset < offset) {
      const end = Math.min(offset - this.#base, first.length);
      this.#line += countLineFeeds(first, this.#offset - this.#base, end);
      this.#offset = this.#base + end;
      if (end < first.length) break;
      this.#base += first.length;
      this.#pieces.shift();
      first = this.#pieces[0];
    }
    return this.#line;
  }

  lastLine(): number {
    return this.lineAt(Number.MAX_SAFE_INTEGER);
  }
}

function countLineFeeds(bytes: Uint8Array, from: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed, from); at !== -1 && at < end; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}
