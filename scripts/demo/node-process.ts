import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { loadConfig } from '../../node/config/config.ts';
import { findRunningNode } from '../../node/cli/remote-session.ts';
import type { Session } from '../../node/cli/session.ts';
import { systemFiles } from '../../node/platform/system-files.ts';
import { root } from './build-nodes.ts';
import type { Place } from './hospitals.ts';

/** How a process ended. */
export type Ending =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: number; readonly problem: Problem }
  | { readonly kind: 'killed'; readonly signal: string };

/** What a node said of its failure on stderr. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** A node in a process of its own, started with the same command that a hospital would use. */
export interface NodeProcess {
  readonly pid: number;
  /** Fulfilled once its doors are open, or when it ended before that. */
  readonly ready: Promise<'ready' | Ending>;
  readonly ended: Promise<Ending>;
  /** Asks it to stop, and kills it when it does not within the patience of `fernpost serve` and a little more. */
  stop(): Promise<void>;
}

/** Built by `buildNodes`: a hospital runs what was built, and it needs less memory than the sources. */
const commandLine = join(root, 'dist', 'node', 'program', 'fernpost.js');
const stoppingMsMax = 8_000;
const saidLettersMax = 16_384;

/** Diagnostics of a node of the demo go into a file beside its database. */
export function diagnosticsFile({ dataDirectory }: Pick<Place, 'dataDirectory'>): string {
  return join(dataDirectory, 'diagnostics.log');
}

/** However the demo ends, its nodes are asked to end as well. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGTERM');
});

export function startNode(place: Place): NodeProcess {
  const child = spawn(process.execPath, [commandLine, 'serve', '--json', '--data', place.dataDirectory], {
    env: { ...ownEnvironment(), FERNPOST_DIAGNOSTICS_FILE: diagnosticsFile(place) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  const told = gather(child.stdout);
  const complaint = gather(child.stderr);
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => {
      resolve({ kind: 'failed', code: 1, problem: { code: 'not-started', message: error.message } });
    });
    child.once('close', (code, signal) => resolve(endingOf(code, signal, complaint.text())));
  });
  const open = new Promise<'ready'>((resolve) => {
    child.stdout.on('data', () => {
      if (isWhole(told.text())) resolve('ready');
    });
  });
  return { pid: child.pid ?? 0, ready: Promise.race([open, ended]), ended, stop: () => stop(child, ended) };
}

/** The node that runs in this data directory, whoever started it. */
export async function findNode(place: Place): Promise<Session | undefined> {
  const config = await loadConfig(place.dataDirectory, {}, systemFiles);
  return await findRunningNode(config, systemFiles);
}

/** Whether a node runs in this data directory, or something that will not say what it is. */
export async function isServed(place: Place): Promise<boolean> {
  try {
    return (await findNode(place)) !== undefined;
  } catch {
    return true; // Somebody listens there and does not answer in time: it is not ours to race.
  }
}

async function stop(child: ChildProcess, ended: Promise<Ending>): Promise<void> {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stoppingMsMax);
  await ended;
  clearTimeout(late);
}

/** Variables that tell the caller's own node where it is would lead all three astray. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FERNPOST_')));
}

function gather(stream: NodeJS.ReadableStream): { text(): string } {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    text = (text + piece).slice(-saidLettersMax);
  });
  return { text: () => text };
}

function endingOf(code: number | null, signal: string | null, complaint: string): Ending {
  if (code === null) return { kind: 'killed', signal: signal ?? 'an unknown signal' };
  return code === 0 ? { kind: 'stopped' } : { kind: 'failed', code, problem: problemIn(complaint) };
}

/** `--json` puts the failure on the last line of stderr. */
function problemIn(complaint: string): Problem {
  const value = jsonOf(complaint.trim().split('\n').at(-1) ?? '');
  if (typeof value === 'object' && value !== null && 'code' in value && 'message' in value)
    return { code: String(value.code), message: String(value.message) };
  return { code: 'unclear', message: complaint.trim() === '' ? 'It said nothing.' : complaint.trim() };
}

function isWhole(text: string): boolean {
  return jsonOf(text) !== undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not whole yet, or not JSON: the caller asks for no more than that.
  }
}
