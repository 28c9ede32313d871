import type { Writer } from '../../store/store.ts';
import { stationQueries } from './station-queries.ts';
import { readStation, rowOfCells, stationColumns, type StationColumn, type StationRow } from './station.ts';

/** A CSV file that was read: its header, and each record with the line where it begins. */
export interface StationImport {
  readonly header: readonly string[];
  readonly records: readonly { readonly line: number; readonly fields: readonly string[] }[];
}

export interface LineFault {
  readonly line: number;
  /** The column; empty when the line as a whole is wrong. */
  readonly field: string;
  readonly message: string;
}

export type StationImported =
  | { readonly state: 'imported'; readonly added: number; readonly changed: number; readonly unchanged: number }
  | { readonly state: 'refused'; readonly faults: readonly LineFault[] };

export interface StationImportPorts {
  readonly stationsMax: number;
  write<T>(change: (writer: Writer) => Promise<T>): Promise<T>;
  /** False when nothing is different. */
  put(writer: Writer, before: StationRow | undefined, made: StationRow): Promise<boolean>;
  newId(): string;
  now(): number;
}

const faultsMax = 100;
const requiredColumns: readonly StationColumn[] = ['name', 'address', 'telephone', 'email'];

/** All lines or none: one fault anywhere, and nothing is stored (Node §8). */
export async function importStations(given: StationImport, ports: StationImportPorts): Promise<StationImported> {
  const file = withoutEmptyColumns(given);
  const header = headerFaults(file.header);
  if (header.length > 0) return { state: 'refused', faults: header };
  const read = readLines(file);
  if (read.faults.length > 0) return { state: 'refused', faults: read.faults.slice(0, faultsMax) };
  return await ports.write(async (writer): Promise<StationImported> => {
    const before = new Map((await writer.all(stationQueries.all, {})).map((row) => [row.name, row]));
    const added = read.rows.filter(({ name }) => !before.has(name)).length;
    if (before.size + added > ports.stationsMax)
      return { state: 'refused', faults: [{ line: 1, field: '', message: `more than ${ports.stationsMax} stations` }] };
    let changed = 0;
    for (const cells of read.rows) {
      const known = before.get(cells.name);
      const identity = { id: known?.id ?? ports.newId(), version: (known?.version ?? 0) + 1, changed_at: ports.now() };
      if ((await ports.put(writer, known, { ...cells, ...identity })) && known !== undefined) changed += 1;
    }
    return { state: 'imported', added, changed, unchanged: read.rows.length - added - changed };
  });
}

/** A spreadsheet writes columns that have neither name nor content. */
function withoutEmptyColumns({ header, records }: StationImport): StationImport {
  const isEmpty = (i: number): boolean => header[i] === '' && records.every(({ fields }) => (fields[i] ?? '') === '');
  const kept = [...header.keys()].filter((i) => !isEmpty(i));
  const only = (fields: readonly string[]): readonly string[] => kept.map((i) => fields[i] ?? '');
  return { header: only(header), records: records.map(({ line, fields }) => ({ line, fields: only(fields) })) };
}

function headerFaults(header: readonly string[]): readonly LineFault[] {
  const known: readonly string[] = stationColumns;
  const told = (message: string): LineFault => ({ line: 1, field: '', message });
  const missing = requiredColumns.filter((name) => !header.includes(name));
  if (missing.length === requiredColumns.length && /[;\t|]/.test(header.join('')))
    return [told('its columns are not parted by commas; save it as "CSV UTF-8 (comma delimited)"')];
  return [
    ...missing.map((name) => told(`the column ${name} is missing`)),
    ...(header.every((name) => known.includes(name)) ? [] : [told(`only these columns: ${known.join(' ')}`)]),
    ...(new Set(header).size === header.length ? [] : [told('a column stands twice')]),
  ];
}

function readLines({ header, records }: StationImport) {
  const faults: LineFault[] = [];
  const rows: ReturnType<typeof rowOfCells>[] = [];
  const lines = new Map<string, number>();
  for (const { line, fields } of records) {
    const read = readStation(Object.fromEntries(header.map((name, index) => [name, fields[index] ?? ''])));
    if ('faults' in read) {
      faults.push(...read.faults.map((fault) => ({ line, ...fault })));
      continue;
    }
    const twin = lines.get(read.cells.name);
    if (twin !== undefined) faults.push({ line, field: 'name', message: `stands in line ${twin} already` });
    lines.set(read.cells.name, line);
    rows.push(rowOfCells(read.cells));
  }
  if (records.length === 0) faults.push({ line: 1, field: '', message: 'there is no station in this file' });
  return { faults, rows };
}
