import type { MatchResult } from '../matching/score.ts';
import type { PatientDetails, PatientId } from '../model.ts';
import type { ByteStream } from '../../platform/files.ts';
import type { Column } from './columns.ts';
import type { PlannedChange } from './erasing.ts';
import { remarkWords, type Remark } from './row.ts';
import { dialectColumn, errorColumn, writeCsv } from './write.ts';

/** One for each record, the first that applies (Records §1). */
export const verdicts = [
  'error',
  'duplicate',
  'update',
  'match-certain',
  'match-possible',
  'warning',
  'no-match',
  'ok',
] as const;

export type Verdict = (typeof verdicts)[number];

/** Another patient, of this file or stored, that a record was compared with. */
export interface ComparedWith {
  readonly other: { readonly record: number } | { readonly patient: PatientId };
  readonly result: MatchResult;
}

/** What a dry run says of one record. Numbers count from 1 after the header. */
export interface PlannedRecord {
  readonly number: number;
  readonly line: number;
  readonly verdict: Verdict;
  readonly remarks: readonly Remark[];
  /** Absent exactly when the verdict is `error`. */
  readonly details?: PatientDetails;
  /** The record in which this csv_id stands first. */
  readonly duplicateOf?: number;
  /** The stored patient with this csv_id, and what would change. */
  readonly stored?: {
    readonly patient: PatientId;
    readonly version: number;
    readonly changes: readonly PlannedChange[];
  };
  /** Look-alikes worth showing, the likeliest first. */
  readonly matches: readonly ComparedWith[];
}

/** Records of one csv_id: a person chooses one, `proposed` has the newest updated_at. */
export interface DuplicateGroup {
  readonly first: number;
  /** Without those that have errors. */
  readonly records: readonly number[];
  readonly proposed: number;
}

export interface RejectedRow {
  readonly number: number;
  readonly line: number;
  readonly fields: readonly string[];
  readonly remarks: readonly Remark[];
}

/** The outcome of a dry run: nothing is stored yet. It holds patients in clear and belongs in memory only. */
export interface ImportPlan {
  readonly records: readonly PlannedRecord[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly duplicates: readonly DuplicateGroup[];
  /** Stored values whose cells are empty in the file. */
  readonly erased: number;
  /** Columns of the file that are not ours: left out. */
  readonly unknownColumns: readonly string[];
  /** Our columns that the file lacks: an update leaves these cells as they are. */
  readonly absentColumns: readonly Column[];
  readonly header: readonly string[];
  readonly rejected: readonly RejectedRow[];
}

/** The rows with errors as a CSV of the same columns and one more, `error`, to be mended and imported again. */
export function rejectedCsv(plan: ImportPlan): ByteStream {
  async function* rows() {
    yield* plan.rejected;
  }
  return rejectedRowsCsv(plan.header, rows());
}

export function rejectedRowsCsv(header: readonly string[], rejected: AsyncIterable<RejectedRow>): ByteStream {
  const kept = [...header.keys()].filter((i) => ![dialectColumn, errorColumn].includes(header[i] ?? ''));
  const cellsOf = (fields: readonly string[]): string[] => kept.map((i) => fields[i] ?? '');
  async function* rows(): AsyncGenerator<readonly string[]> {
    for await (const row of rejected) {
      const errors = row.remarks.filter((remark) => remark.severity === 'error').map(remarkWords);
      yield [...cellsOf(row.fields), `record ${row.number}, line ${row.line}: ${errors.join('; ')}`];
    }
  }
  return writeCsv([...cellsOf(header), errorColumn], rows(), 'spreadsheet');
}
