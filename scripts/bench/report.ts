import { isMet, type Figure, type Row, type RowReport } from './row.ts';

export interface Reported extends RowReport {
  readonly row: Row;
  readonly seconds: number;
}

const nameLetters = 58;

/** A row as people read it: its figures, then each goal and whether it is met. */
export function reportLines({ row, figures, verdicts, notices, seconds }: Reported): string[] {
  return [
    `${row.row}. ${row.title} (${seconds.toFixed(0)} s)`,
    ...figures.map((figure) => `   ${figure.name.padEnd(nameLetters)} ${shown(figure)}`),
    ...verdicts.map((verdict) => {
      const goal = 'atLeast' in verdict.goal ? `>= ${verdict.goal.atLeast}` : `<= ${verdict.goal.atMost}`;
      return ` = ${verdict.name.padEnd(nameLetters)} ${shown(verdict)}   goal ${goal.padEnd(8)} ${isMet(verdict) ? 'met' : 'MISSED'}`;
    }),
    ...notices.map((notice) => ` ! ${notice}`),
    '',
  ];
}

export function reportJson({ row, figures, verdicts, notices, seconds }: Reported) {
  return {
    row: row.row,
    title: row.title,
    seconds: Math.round(seconds),
    figures,
    verdicts: verdicts.map((verdict) => ({ ...verdict, met: isMet(verdict) })),
    notices,
  };
}

function shown({ value, unit }: Figure): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return `${value.toFixed(digits)} ${unit}`.padStart(14);
}
