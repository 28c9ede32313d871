import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** The path of a program of this machine, or `undefined` where it is not installed. */
export function findTool(name: string): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The Python that has the package `cryptography`, the Debian one first. */
export function findPython(): string | undefined {
  const found = ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', 'import cryptography.fernet']).status === 0,
  );
  return found;
}

export const missing = (tool: string, what: string): string => `${tool} is not installed here: ${what} was left out.`;

/** Runs a program to its end and gives back what it wrote; `input` goes to its stdin. */
export function runTool(program: string, args: readonly string[], input?: Uint8Array | string): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    maxBuffer: 1024 ** 3,
    ...(input === undefined ? {} : { input }),
  });
  if (status !== 0) throw new ToolError(`${program} ${args[0] ?? ''}: ${error?.message ?? String(stderr)}`);
  return stdout;
}

/** As `runTool` without holding anything up; what it writes goes into a file, or nowhere. */
export async function runToolBeside(program: string, args: readonly string[], into?: string): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', into === undefined ? 'ignore' : 'pipe', 'ignore'] });
  if (into !== undefined) child.stdout?.pipe(createWriteStream(into));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new ToolError(`${program} ${args[0] ?? ''} ended with ${String(code)}`);
}

const speedForm = /^\+F:\d+:[^:]+:([0-9.]+)$/m;

/** MB a second of processor time as `openssl speed` measures it. */
export function opensslSpeed(openssl: string, args: readonly string[], seconds: number): number {
  const out = runTool(openssl, ['speed', '-mr', '-seconds', String(seconds), ...args]).toString('utf8');
  return Number(speedForm.exec(out)?.[1] ?? Number.NaN) / 1e6;
}
