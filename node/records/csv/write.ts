import { stringify } from 'csv-stringify/sync';
import { utf8 } from '../../../protocol/bytes.ts';
import type { ByteStream } from '../../platform/files.ts';

/**
 * `spreadsheet` is for people: no cell can start a formula, and a column `csv_dialect` says so. `interchange` is for other
 * nodes and auditors: every cell as it is, so a spreadsheet may run what a hostile patient name holds (Records §1).
 */
export type CsvDialect = 'spreadsheet' | 'interchange';

export const dialectColumn = 'csv_dialect';
export const safeDialect = 'safe-1';
export const errorColumn = 'error';

/**
 * What a spreadsheet may take for a formula: after spaces and invisible characters one of `=`, `+`, `-`, `@`, TAB, CR, LF,
 * NUL or a full-width form (ASVS 5.0, 1.2.10). A leading `'` is prefixed as well: otherwise taking the prefix away again
 * could not tell ours from the patient's.
 */
// oxlint-disable-next-line no-control-regex
const dangerous = /^(?:'|[\p{Zs}\p{Cf}]*[=+\-@\t\r\n\u0000\uFF1D\uFF0B\uFF0D\uFF20])/u;
const rowsPerPiece = 500;
const byteOrderMark = '\uFEFF';

export function makeSafe(cell: string): string {
  return dangerous.test(cell) ? `'${cell}` : cell;
}

/** Takes away the one prefix that `makeSafe` may have put there. */
export function undoSafe(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

/** Writes a header and rows as CSV, every field quoted, CRLF; a spreadsheet's file begins with a byte order mark. */
export async function* writeCsv(
  header: readonly string[],
  rows: AsyncIterable<readonly string[]>,
  dialect: CsvDialect,
): ByteStream & AsyncGenerator<Uint8Array> {
  const safe = dialect === 'spreadsheet';
  const line = (row: readonly string[]): readonly string[] => (safe ? [...row.map(makeSafe), safeDialect] : row);
  let waiting: (readonly string[])[] = [safe ? [...header, dialectColumn] : header];
  let begun = false;
  const take = (): Uint8Array => {
    const text = stringify(waiting as string[][], { quoted: true, quoted_empty: true, record_delimiter: '\r\n' });
    const piece = utf8(begun || !safe ? text : byteOrderMark + text);
    waiting = [];
    begun = true;
    return piece;
  };
  for await (const row of rows) {
    waiting.push(line(row));
    if (waiting.length >= rowsPerPiece) yield take();
  }
  if (waiting.length > 0) yield take();
}
