import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');
const main = join(root, 'node/cli/main.ts');
const pages = join(root, 'scripts/register-tsx.mjs');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the real command line in a process of its own, with nothing of our environment but the path. */
export function start(given: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, ['--import', pages, main, ...given], {
    cwd: root,
    env: { PATH, ...environment },
    stdio: 'pipe',
  });
}

export async function run(given: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(given, options.environment);
  child.stdin.on('error', () => undefined); // A command that does not read its input closes it.
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** Runs with --json and reads the answer. */
export async function runJson(given: readonly string[], options: RunOptions = {}): Promise<Record<string, unknown>> {
  const ended = await run([...given, '--json'], options);
  if (ended.code !== 0) throw new Error(`fernpost ${given.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

/** The rest of what a command says on stderr with --json. */
export function failureIn({ stderr }: Ended): {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
} {
  return JSON.parse(stderr) as { kind: string; code: string; message: string };
}

/** Makes a node in `directory` that listens on free ports of loopback. */
export async function init(directory: string, name = 'alder.example', more: readonly string[] = []): Promise<Ended> {
  const doors = ['--exchange', '127.0.0.1:0', '--desk', '127.0.0.1:0'];
  return await run(['init', '--name', name, '--url', 'http://127.0.0.1:18443', ...doors, '--data', directory, ...more]);
}

/** Starts `serve` and waits until it says where it listens. */
export async function serve(
  directory: string,
): Promise<{ readonly child: ChildProcessWithoutNullStreams; readonly addresses: Record<string, unknown> }> {
  const child = start(['serve', '--json', '--data', directory]);
  let said = '';
  let complaint = '';
  child.stderr.on('data', (piece: Buffer) => (complaint += piece.toString()));
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    said += piece.toString();
    if (said.endsWith('}\n')) break;
  }
  if (said === '') throw new Error(`serve did not start: ${complaint}`);
  return { child, addresses: JSON.parse(said) as Record<string, unknown> };
}

export async function stop(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
