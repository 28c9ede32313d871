import { leftOutLine, takeNotices } from './left-out.ts';

/** Prints what was left out as the last line of a run; must be the last reporter of the list. */
export function leftOutReporter(file: string): { onTestRunEnd(): void } {
  return {
    onTestRunEnd: () => {
      process.stdout.write(`${leftOutLine(takeNotices(file))}\n`);
    },
  };
}
