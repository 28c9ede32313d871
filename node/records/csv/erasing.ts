import type { CellChange } from '../changes.ts';
import { cellsOf, detailsOf, makeCells, type Cells } from './columns.ts';
import type { PlannedRecord } from './plan.ts';

/** A change of an update. `erases`: the file's cell is empty, and something is stored; only a person's word takes it away. */
export interface PlannedChange extends CellChange {
  readonly erases?: true;
}

/** Which changes would only take away: an empty cell in a file more often means "not told" than "not so" (Records §1.4). */
export function markErasing(changes: readonly CellChange[], cells: Cells): readonly PlannedChange[] {
  return changes.map((change) =>
    change.after === '' || cells[change.column] === '' ? { ...change, erases: true } : change,
  );
}

/** How many stored values the empty cells of these records would take away. */
export function countErased(records: readonly Pick<PlannedRecord, 'stored'>[]): number {
  return records.reduce((sum, { stored }) => sum + (stored?.changes.filter(isErasing).length ?? 0), 0);
}

/** The record with what is stored in place of its empty cells. */
export function withoutErasing(record: PlannedRecord): PlannedRecord {
  const { details, stored } = record;
  const erasing = stored?.changes.filter(isErasing) ?? [];
  if (details === undefined || stored === undefined || erasing.length === 0) return record;
  const kept = new Map(erasing.map(({ column, before }) => [column, before]));
  const cells = cellsOf(details);
  return {
    ...record,
    details: detailsOf(makeCells((column) => kept.get(column) ?? cells[column])),
    stored: { ...stored, changes: stored.changes.filter((change) => !isErasing(change)) },
  };
}

/** A dry run of before the word `erases` was written tells it by what comes after. */
function isErasing({ erases, after }: PlannedChange): boolean {
  return erases === true || after === '';
}
