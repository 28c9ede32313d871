import { CommanderError } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { makeProgram } from './program.ts';

/** Runs one command line, without the program's own name in front, and leaves its exit code in `process.exitCode`. */
export async function runCommandLine(given: readonly string[]): Promise<void> {
  const json = given.includes('--json');
  // Whoever reads our output may stop early (`| head`): that is no fault.
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.ok);
  });
  try {
    await makeProgram(json).parseAsync([...given], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) (await import('./tell-error.ts')).tellError(error, json);
    else if (error.code === 'commander.help') process.exitCode = exitCodes.usage;
    else if (error.exitCode !== 0) tellUsage(error.message, json);
  }
}

function tellUsage(message: string, json: boolean): void {
  process.exitCode = exitCodes.usage;
  const text = message.replace(/^error: /, '').trim();
  if (json) process.stderr.write(`${JSON.stringify({ kind: 'invalid', code: 'usage', message: text })}\n`);
  else process.stderr.write(`fernpost: ${text}\n`);
}
