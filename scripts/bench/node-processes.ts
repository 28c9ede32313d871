import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../node/config/config.ts';
import { writeConfigFile } from '../../node/config/config-file.ts';
import { findRunningNode } from '../../node/cli/remote-session.ts';
import type { Session } from '../../node/cli/session.ts';
import { systemFiles } from '../../node/platform/system-files.ts';
import { configOf, freePort } from './hospitals.ts';
import { ToolError } from './tools.ts';

/** A hospital as its operator runs it: `fernpost serve` in a process of its own, spoken to as the command line does. */
export interface NodeProcess {
  readonly directory: string;
  readonly name: string;
  readonly session: Session;
  readonly pid: number;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');
/** What production runs: `npm run build` makes it. */
const commandLine = join(root, 'dist', 'node', 'program', 'fernpost.js');

/** Builds the program once, so that what is measured is what a hospital runs. */
export function buildProgram(): void {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'scripts', 'tsconfig.build.json')]);
  // A program that does not type-check is written all the same, and measured as it is.
  if (status !== 0 && !existsSync(commandLine)) throw new ToolError('the program does not build: see npm run build');
  for (const script of ['copy-page-files.mjs', 'fold-program.mjs'])
    spawnSync(process.execPath, [join(root, 'scripts', script)]);
}

/** Makes a node in an empty directory, with the command that its operator would use. */
export async function makeNode(parent: string, name: string): Promise<string> {
  const directory = join(parent, name);
  await mkdir(directory, { mode: 0o700 });
  await writeConfigFile(directory, configOf(name, await freePort()), systemFiles);
  const config = await loadConfig(directory, {}, systemFiles);
  const { initNode } = await import('../../node/node.ts');
  await initNode(config);
  return directory;
}

/** Starts a node and waits until its doors are open. */
export async function serveNode(directory: string): Promise<NodeProcess> {
  const child = startServing(directory);
  await untilServing(child);
  const config = await loadConfig(directory, {}, systemFiles);
  const session = await findRunningNode(config, systemFiles);
  if (session === undefined || child.pid === undefined) throw new ToolError('the node does not answer');
  return {
    directory,
    name: config.name,
    session,
    pid: child.pid,
    stop: async () => {
      await session[Symbol.asyncDispose]();
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export const diagnosticsName = 'diagnostics.log';

export function startServing(directory: string): ChildProcess {
  return spawn(process.execPath, [commandLine, 'serve', '--json', '--data', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '', FERNPOST_DIAGNOSTICS_FILE: join(directory, diagnosticsName) },
  });
}

/** Resolves when the node has said where it listens. */
export async function untilServing(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new ToolError('the node ended before it listened')));
    child.stdout?.on('data', (piece: Buffer) => {
      said += piece.toString('utf8');
      if (said.includes('"control"')) resolve();
    });
  });
}

export async function pairNodes(host: NodeProcess, guest: NodeProcess): Promise<void> {
  const { link } = await host.session.plain('peer.invite', {});
  const atGuest = await guest.session.plain('peer.accept', { link });
  const { pairings } = await host.session.plain('peer.list', {});
  const atHost = pairings.find((one) => one.peer === guest.name);
  if (atHost === undefined) throw new ToolError('the two nodes do not pair');
  const typed = (ask: readonly number[], words: readonly string[]) => ask.map((number) => words[number - 1] ?? '');
  await host.session.plain('peer.confirm', { peer: guest.name, words: typed(atHost.type, atGuest.words) });
  await guest.session.plain('peer.confirm', { peer: host.name, words: typed(atGuest.type, atHost.words) });
}

const bytesPerMb = 1e6;

/** Resident memory of a process as Linux knows it, in MB; `undefined` on other systems. */
export async function residentMb(pid: number, which: 'VmHWM' | 'VmRSS'): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kib = new RegExp(`^${which}:\\s+([0-9]+) kB$`, 'm').exec(status)?.[1];
    return kib === undefined ? undefined : (Number(kib) * 1024) / bytesPerMb;
  } catch {
    return undefined; // There is no /proc here: the row says so.
  }
}
