import * as v from 'valibot';
import { concat, parseUtf8 } from '../../protocol/bytes.ts';
import { isUuid } from '../../protocol/ids.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { PlannedChange } from '../records/csv/erasing.ts';
import type { ImportId } from '../records/csv/stage.ts';
import { rejectedCsv, type ImportPlan, type PlannedRecord, type Verdict } from '../records/csv/plan.ts';
import { remarkWords } from '../records/csv/row.ts';
import { timeText } from './fields.ts';
import { plain, upload } from './operation.ts';

/** What a dry run says of one record of a file. */
export interface RecordVerdict {
  readonly number: number;
  readonly line: number;
  readonly csvId: string | null;
  readonly verdict: Verdict;
  readonly remarks: readonly string[];
  /** The record in which this csv_id stands first. */
  readonly duplicateOf: number | null;
  /** What an update changes; what `erases` stays unless that is asked for. */
  readonly changes: readonly PlannedChange[];
  /** Look-alikes: `record 7` of this file or a stored patient's id, with the grade and the score. */
  readonly matches: readonly { readonly with: string; readonly grade: string; readonly score: number }[];
}

export interface ImportVerdicts {
  readonly records: readonly RecordVerdict[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly duplicates: ImportPlan['duplicates'];
  /** Stored values whose cells are empty in the file. */
  readonly erased: number;
  readonly unknownColumns: readonly string[];
  /** The rows with errors as CSV with a column `error`; empty when there are none. */
  readonly rejected: string;
}

export interface ImportOutcome {
  readonly import: string;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly leftOut: number;
}

const recordNumbers = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1))), v.maxLength(100_000));
const importId = v.pipe(
  v.string(),
  v.check(isUuid, 'expected the id of an import, a lower-case UUID'),
  v.transform((id) => id as ImportId),
);

/** Import of patients from CSV: first the verdicts, then all or nothing (Records §1). */
export const importOperations = {
  'import.check': upload(v.strictObject({}), async (services, _input, bytes): Promise<ImportVerdicts> =>
    verdictsOf(await services.csvImport.dryRun(bytes)),
  ),

  /** Reads the file again and stores it: a plan does not outlive its request. */
  'import.confirm': upload(
    v.strictObject({
      leaveOutErrors: v.boolean(),
      takeNewestDuplicates: v.boolean(),
      eraseEmpty: v.optional(v.boolean(), false),
      leaveOut: v.optional(recordNumbers, []),
    }),
    async (services, input, bytes): Promise<{ outcome: ImportOutcome; verdicts: ImportVerdicts }> => {
      const plan = await services.csvImport.dryRun(bytes);
      const confirmed = await services.csvImport.confirm(plan, {
        leaveOutErrors: input.leaveOutErrors,
        leaveOut: new Set(input.leaveOut),
        eraseEmpty: input.eraseEmpty,
        ...(input.takeNewestDuplicates ? { duplicates: 'as-proposed' } : {}),
      });
      if (confirmed.state === 'stale')
        throw new OperationError(
          'conflict',
          'import-stale',
          'Somebody changed these patients meanwhile. Nothing was imported. Run the dry run again.',
        );
      if (confirmed.state === 'undecided') throw undecided(confirmed.errors, confirmed.duplicates.length);
      const { id, state: _, ...counts } = confirmed;
      return { outcome: { import: id, ...counts }, verdicts: await verdictsOf(plan) };
    },
  ),

  'import.list': plain(v.strictObject({}), async (services) => ({
    imports: (await services.csvImport.list()).map(({ at, ...past }) => ({ ...past, at: timeText(at) })),
  })),

  'import.undo': plain(v.strictObject({ import: importId }), async (services, input) => {
    const undone = await services.csvImport.undo(input.import);
    if (undone.state === 'undone') return { removed: undone.removed, restored: undone.restored };
    if (undone.state === 'already-undone')
      throw new OperationError('conflict', 'already-undone', 'This import was undone before. Nothing was changed.');
    throw new OperationError(
      'conflict',
      'import-in-use',
      `${undone.patients.length} of its patients were changed, seen, given a file or referred since. Nothing was undone.`,
    );
  }),
};

async function verdictsOf(plan: ImportPlan): Promise<ImportVerdicts> {
  const pieces: Uint8Array[] = [];
  if (plan.rejected.length > 0) for await (const piece of rejectedCsv(plan)) pieces.push(piece);
  return {
    records: plan.records.map(verdictOf),
    counts: plan.counts,
    duplicates: plan.duplicates,
    erased: plan.erased,
    unknownColumns: plan.unknownColumns,
    rejected: parseUtf8(concat(...pieces)),
  };
}

function verdictOf(record: PlannedRecord): RecordVerdict {
  return {
    number: record.number,
    line: record.line,
    csvId: record.details?.csvId ?? null,
    verdict: record.verdict,
    remarks: record.remarks.map(remarkWords),
    duplicateOf: record.duplicateOf ?? null,
    changes: record.stored?.changes ?? [],
    matches: record.matches.map(({ other, result }) => ({
      with: 'record' in other ? `record ${other.record}` : other.patient,
      grade: result.grade,
      score: result.score,
    })),
  };
}

function undecided(errors: number, duplicates: number): OperationError {
  const open = [
    ...(errors === 0 ? [] : [`${errors} records with errors (mend them, or --leave-out-errors)`]),
    ...(duplicates === 0
      ? []
      : [`${duplicates} CSV ids that stand more than once (--newest-duplicates takes the newest of each)`]),
  ];
  return new OperationError(
    'denied',
    'import-undecided',
    `Nothing was imported: still to decide are ${open.join(' and ')}.`,
  );
}
