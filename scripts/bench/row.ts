/** How much of a row is run: `tiny` shows only that it works, and its figures mean nothing. */
export type Effort = 'full' | 'tiny';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'µs' | 'MB/s' | 'MB' | '/s' | 'bytes' | 'x' | 'times';
}

/** A figure that has a goal in the table of goals. */
export interface Verdict extends Figure {
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
}

export interface RowReport {
  readonly figures: readonly Figure[];
  readonly verdicts: readonly Verdict[];
  /** What was left out or stands for something else, in sentences. */
  readonly notices: readonly string[];
}

/** One row of the table of goals, or what the desk is held against. */
export interface Row {
  readonly row: number | 'desk';
  readonly title: string;
  /** `isLarge` adds what takes many minutes and tens of GB of disk. */
  run(effort: Effort, isLarge?: boolean): Promise<RowReport>;
}

export function isMet({ value, goal }: Verdict): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}
