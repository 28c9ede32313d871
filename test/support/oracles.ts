import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { leftOut } from './left-out.ts';

export const pythonPath = '/usr/bin/python3';
const pythonTimeoutMs = 50_000;
const outputBytesMax = 64 * 1024 * 1024;

let usable: boolean | undefined;

/** Whether /usr/bin/python3 has nacl and cryptography; says so once where it does not. */
export function hasPython(): boolean {
  usable ??= probe();
  return usable;
}

/** Runs a Python script with `input` on its standard input and gives back its standard output; ask `hasPython` first. */
export function python(script: string, input: Uint8Array | string = ''): Uint8Array {
  return new Uint8Array(
    execFileSync(pythonPath, ['-c', script], { input, maxBuffer: outputBytesMax, timeout: pythonTimeoutMs }),
  );
}

function probe(): boolean {
  try {
    if (existsSync(pythonPath)) {
      execFileSync(pythonPath, ['-c', 'import nacl, cryptography'], { stdio: 'ignore', timeout: pythonTimeoutMs });
      return true;
    }
  } catch {
    // A Python without the two packages counts as no Python: said below.
  }
  leftOut('Python as an oracle', `${pythonPath} lacks nacl or cryptography`);
  return false;
}
