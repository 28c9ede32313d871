import { failureOf } from '../operations/failure.ts';
import { exitCodeOf } from './exit-codes.ts';

/** The one place that tells an error to whoever called: on stderr, as a sentence or with --json as an object. */
export function tellError(error: unknown, json: boolean): void {
  const failure = failureOf(error);
  process.exitCode = exitCodeOf[failure.kind];
  if (json) process.stderr.write(`${JSON.stringify(failure)}\n`);
  else process.stderr.write(`fernpost: ${failure.message}\n`);
  if (failure.kind === 'internal' && error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
}

/** Where it happened, without the message, which nobody wrote for people and which may quote a value. */
function stackOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [error.name, ...frames].join('\n');
}
