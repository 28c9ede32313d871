import { cellsOf, columns, type Column } from './csv/columns.ts';
import type { PatientDetails } from './model.ts';

/** One cell that differs, for people who decide about it. */
export interface CellChange {
  readonly column: Column;
  readonly before: string;
  readonly after: string;
}

export function changesBetween(before: PatientDetails, after: PatientDetails): readonly CellChange[] {
  const [old, next] = [cellsOf(before), cellsOf(after)];
  return columns.flatMap((column) =>
    old[column] === next[column] ? [] : [{ column, before: old[column], after: next[column] }],
  );
}

/** The columns that two edits of one version both changed, and not to the same. */
export function overlapOf(base: PatientDetails, one: PatientDetails, other: PatientDetails): readonly Column[] {
  const theirs = new Map(changesBetween(base, other).map((change) => [change.column, change.after]));
  return changesBetween(base, one)
    .filter((change) => theirs.has(change.column) && theirs.get(change.column) !== change.after)
    .map((change) => change.column);
}
