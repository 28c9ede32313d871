import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { ByteStream } from '../../platform/files.ts';
import type { Reader, Store } from '../../store/store.ts';
import { changesBetween } from '../changes.ts';
import { parseTimestamp } from '../dates.ts';
import { RecordsError } from '../errors.ts';
import { FileIndex, findStoredMatches, gradeOrder } from '../matching/look-alikes.ts';
import { matchProfile } from '../matching/score.ts';
import type { PatientDetails, PatientId } from '../model.ts';
import { patientByCsvTerm } from '../patient-queries.ts';
import { recordOf } from '../patient-rows.ts';
import { csvTerm } from '../patient-terms.ts';
import { cellsOf, columns, detailsOf, isColumn, makeCells, type Cells, type Column } from './columns.ts';
import {
  verdicts,
  type ComparedWith,
  type DuplicateGroup,
  type ImportPlan,
  type PlannedRecord,
  type RejectedRow,
  type Verdict,
} from './plan.ts';
import { countErased, markErasing } from './erasing.ts';
import { readCsv, type CsvRecord } from './read.ts';
import { checkCells, hasError, type Remark } from './row.ts';
import { dialectColumn, errorColumn, safeDialect, undoSafe } from './write.ts';

export interface DryRunPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly yieldTurn: YieldTurn;
  readonly now: Instant;
  readonly onProgress?: (records: number) => void;
}

/** Comparing one record with the store may open hundreds of others. */
const recordsBetweenTurns = 4;
const recordsBetweenReports = 100;
const nameColumns: readonly Column[] = ['family_name', 'given_names', 'name_native'];
const matchesShownMax = 5;

/** Judges every record of a file against the rules, the file and the store, and changes nothing (Records §1). */
export async function dryRun(bytes: ByteStream, ports: DryRunPorts): Promise<ImportPlan> {
  const run = new DryRun(ports);
  for await (const record of readCsv(bytes, ports.yieldTurn)) {
    if (record.number === 0) run.takeHeader(record);
    else await run.takeRecord(record);
    if (record.number % recordsBetweenReports === 0) ports.onProgress?.(record.number);
    if (record.number % recordsBetweenTurns === 0) await ports.yieldTurn();
  }
  return run.finish();
}

const otherSeparators: readonly (readonly [string, string])[] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
];

/** What a spreadsheet put between the columns instead of commas; `undefined` where the header tells of nothing like it. */
function partedBy(header: readonly string[]): string | undefined {
  if (header.some(isColumn)) return undefined;
  return otherSeparators.find(([mark]) => header.some((name) => name.includes(mark)))?.[1];
}

/** Says so where one of the names stands there with other letters or spaces; it quotes nothing. */
function nearby(header: readonly string[], names: readonly Column[]): string {
  const written = new Set(
    header.map((name) =>
      name
        .trim()
        .toLowerCase()
        .replaceAll(/[\s-]+/g, '_'),
    ),
  );
  const found = names.find((name) => written.has(name));
  return found === undefined ? '' : `; ${found} stands there with capitals or spaces: write exactly ${found}`;
}

const saveAs = 'save it as "CSV UTF-8 (comma delimited)"';
const unnamedColumns = 'columns without a name';

class DryRun {
  readonly #ports: DryRunPorts;
  readonly #records: PlannedRecord[] = [];
  readonly #rejected: RejectedRow[] = [];
  readonly #firstOf = new Map<string, number>();
  readonly #index = new FileIndex();
  #header: readonly string[] = [];
  #placeOf: ReadonlyMap<string, number> = new Map();
  #present: readonly Column[] = [];
  /** A spreadsheet writes columns that have neither name nor content; these are nothing to speak of. */
  #isUnnamedUsed = false;

  constructor(ports: DryRunPorts) {
    this.#ports = ports;
  }

  takeHeader(record: CsvRecord): void {
    this.#header = record.fields;
    const named = [...record.fields.entries()].filter(([, name]) => name !== '');
    this.#placeOf = new Map(named.map(([i, name]) => [name, i]));
    this.#present = columns.filter((column) => this.#placeOf.has(column));
    const refuse = (why: string): never => {
      throw new RecordsError('csv-header', `line ${record.line}, the header: ${why}`);
    };
    if (record.fields.some((name) => name.includes('\0'))) refuse(`text in UTF-16, not UTF-8; ${saveAs}`);
    if (record.fields.some((name) => name.includes('\r'))) refuse('lines end in CR alone; save with LF or CRLF');
    if (this.#placeOf.size !== named.length) refuse('two columns have one name');
    const parted = partedBy(record.fields);
    if (parted !== undefined) refuse(`its columns are parted by ${parted}, not by commas; ${saveAs}`);
    if (!this.#placeOf.has('csv_id')) refuse(`the column csv_id is missing${nearby(record.fields, ['csv_id'])}`);
    if (!nameColumns.some((column) => this.#placeOf.has(column)))
      refuse(`one of the columns ${nameColumns.join(', ')} is needed${nearby(record.fields, nameColumns)}`);
  }

  async takeRecord(record: CsvRecord): Promise<void> {
    const fields = this.#plainFields(record.fields);
    this.#isUnnamedUsed ||= fields.some((field, i) => field !== '' && this.#header[i] === '');
    const cells = makeCells((column) => fields[this.#placeOf.get(column) ?? -1] ?? '');
    const remarks = checkCells(cells, this.#ports.now);
    const csvId = cells.csv_id.normalize('NFC');
    const duplicateOf = this.#firstOf.get(csvId);
    if (csvId !== '' && duplicateOf === undefined) this.#firstOf.set(csvId, record.number);
    if (hasError(remarks)) return this.#reject(record, fields, remarks, duplicateOf);
    const known = await this.#ports.store.read((reader) => this.#storedFor(reader, csvId, cells));
    if (known !== undefined && hasError(known.remarks)) return this.#reject(record, fields, known.remarks, duplicateOf);
    const details = known?.details ?? detailsOf(cells);
    const matches = duplicateOf === undefined && known === undefined ? await this.#compare(record.number, details) : [];
    this.#records.push({
      number: record.number,
      line: record.line,
      verdict: verdictOf(duplicateOf, known !== undefined, matches, remarks),
      remarks,
      details,
      ...(duplicateOf === undefined ? {} : { duplicateOf }),
      ...(known === undefined ? {} : { stored: known.stored }),
      matches,
    });
  }

  finish(): ImportPlan {
    if (this.#header.length === 0) throw new RecordsError('csv-header', 'the file is empty: it has no header');
    const ours = [dialectColumn, errorColumn];
    const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
    for (const record of this.#records) counts[record.verdict] += 1;
    return {
      records: this.#records,
      counts,
      duplicates: duplicateGroups(this.#records),
      erased: countErased(this.#records),
      unknownColumns: [
        ...this.#header.filter((name) => name !== '' && !isColumn(name) && !ours.includes(name)),
        ...(this.#isUnnamedUsed ? [unnamedColumns] : []),
      ],
      absentColumns: columns.filter((column) => !this.#placeOf.has(column)),
      header: this.#header,
      rejected: this.#rejected,
    };
  }

  /** Without the prefixes of a spreadsheet's file, where the record says that it has them. */
  #plainFields(fields: readonly string[]): readonly string[] {
    const dialect = fields[this.#placeOf.get(dialectColumn) ?? -1];
    return dialect === safeDialect ? fields.map(undoSafe) : fields;
  }

  #reject(
    record: CsvRecord,
    fields: readonly string[],
    remarks: readonly Remark[],
    duplicateOf: number | undefined,
  ): void {
    const { number, line } = record;
    this.#rejected.push({ number, line, fields, remarks });
    const duplicate = duplicateOf === undefined ? {} : { duplicateOf };
    this.#records.push({ number, line, verdict: 'error', remarks, matches: [], ...duplicate });
  }

  /**
   * The stored patient of this csv_id with the file's cells laid over it, the empty ones too. It must be sound also where
   * they are not: whether they erase is decided later.
   */
  async #storedFor(reader: Reader, csvId: string, cells: Cells) {
    const row = await reader.first(patientByCsvTerm, { csvTerm: csvTerm(this.#ports.keyring, csvId) });
    if (row === undefined) return undefined;
    const current = await recordOf(reader, this.#ports.keyring, row);
    const old = cellsOf(current.details);
    const merged = makeCells((column) => (this.#present.includes(column) ? cells[column] : old[column]));
    const details = detailsOf(merged);
    const changes = markErasing(changesBetween(current.details, details), cells);
    const stored = { patient: row.id as PatientId, version: row.version, changes };
    const erased = new Set(changes.filter(({ erases }) => erases === true).map(({ column }) => column));
    const kept = makeCells((column) => (erased.has(column) ? old[column] : merged[column]));
    const remarks = [merged, kept].map((each) => checkCells(each, this.#ports.now));
    return { details, stored, remarks: remarks.find(hasError) ?? [] };
  }

  async #compare(number: number, details: PatientDetails): Promise<readonly ComparedWith[]> {
    const profile = matchProfile(details);
    const inFile = this.#index.compareAndAdd(number, details, profile);
    const inStore = await this.#ports.store.read((reader) =>
      findStoredMatches(reader, this.#ports.keyring, details, profile),
    );
    return [...inFile, ...inStore].toSorted(gradeOrder).slice(0, matchesShownMax);
  }
}

function verdictOf(
  duplicateOf: number | undefined,
  isStored: boolean,
  matches: readonly ComparedWith[],
  remarks: readonly Remark[],
): Verdict {
  if (duplicateOf !== undefined) return 'duplicate';
  if (isStored) return 'update';
  const grade = matches[0]?.result.grade;
  if (grade === 'certain') return 'match-certain';
  if (grade === 'probable' || grade === 'possible') return 'match-possible';
  if (remarks.some((remark) => remark.severity === 'warning')) return 'warning';
  return grade === 'certainly-not' ? 'no-match' : 'ok';
}

/** The newest `updated_at` is proposed, and of equals the one that stands first. */
function duplicateGroups(records: readonly PlannedRecord[]): readonly DuplicateGroup[] {
  const byFirst = new Map<number, PlannedRecord[]>();
  for (const record of records) if (record.duplicateOf !== undefined) byFirst.set(record.duplicateOf, []);
  for (const record of records) {
    if (record.details !== undefined) byFirst.get(record.duplicateOf ?? record.number)?.push(record);
  }
  const updatedAt = (record: PlannedRecord): number =>
    parseTimestamp(record.details?.updatedAt ?? '') ?? Number.NEGATIVE_INFINITY;
  return [...byFirst].flatMap(([first, members]) => {
    const newest = members.toSorted((a, b) => updatedAt(b) - updatedAt(a) || a.number - b.number)[0];
    if (newest === undefined) return [];
    return [{ first, records: members.map((member) => member.number), proposed: newest.number }];
  });
}
