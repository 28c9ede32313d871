import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What this machine could not run is said, never skipped in silence. A test file that needs something which may be
 * missing (a Python library, a browser, a real server) calls `leftOut` when it is not there and then skips those
 * tests with `skipIf`; the last line of `npm test` names everything that was left out, and why. Where everything must
 * run (FERNPOST_REQUIRE_ALL=1, as in continuous integration) the call fails the test file instead.
 *
 * Test files run in processes of their own, so the notices go through one file per run, which the configuration names.
 */
export interface Notice {
  readonly what: string;
  readonly why: string;
}

/** Says that `what` did not run here because of `why`: 'Ceph RGW', 'radosgw is not installed'. */
export function leftOut(what: string, why: string): void {
  if (process.env['FERNPOST_REQUIRE_ALL'] === '1') {
    throw new Error(`FERNPOST_REQUIRE_ALL=1, yet ${what} cannot run here: ${why}`);
  }
  const file = process.env['FERNPOST_LEFT_OUT_FILE'];
  if (file === undefined) {
    process.stderr.write(`left out: ${what} (${why})\n`); // vitest was started without our configuration.
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  const notice: Notice = { what, why };
  appendFileSync(file, `${JSON.stringify(notice)}\n`);
}

/** Every notice of a run, in order of appearance, each once; takes the file away. */
export function takeNotices(file: string): readonly Notice[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // No test file had anything to say, so there is no file.
  }
  rmSync(file, { force: true });
  const lines = new Set(text.split('\n').filter((line) => line !== ''));
  return [...lines].map((line) => JSON.parse(line) as Notice);
}

/** The last line of a test run. */
export function leftOutLine(notices: readonly Notice[]): string {
  if (notices.length === 0) return 'left out: nothing';
  return `left out: ${notices.map(({ what, why }) => `${what} (${why})`).join('; ')}`;
}
