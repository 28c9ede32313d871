import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findRunningNode } from '../../node/cli/remote-session.ts';
import type { Session } from '../../node/cli/session.ts';
import { loadConfig, type NodeConfig } from '../../node/config/config.ts';
import { writeConfigFile } from '../../node/config/config-file.ts';
import { initNode, openNode, type FernpostNode } from '../../node/node.ts';
import { silentDiagnostics } from '../../node/platform/diagnostics.ts';
import { systemFiles } from '../../node/platform/system-files.ts';

/** A hospital's node in a process of its own, as an operator starts it, on loopback. */
export interface HospitalProcess extends AsyncDisposable {
  readonly name: string;
  readonly dataDirectory: string;
  /** Where people open its desk: the same address in all its lives. */
  readonly desk: string;
  /** Diagnostics of all its lives. */
  readonly diagnosticsFile: string;
  /** What it wrote to its terminal, of all its lives. */
  readonly output: () => string;
  start(): Promise<void>;
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  isRunning(): boolean;
  /** The way to speak to it; fails while it does not run. */
  session(): Promise<Session>;
  /** Opens its files in this process, once it is stopped. */
  open(): Promise<FernpostNode>;
}

const commandLine = join(import.meta.dirname, '..', '..', 'node', 'cli', 'main.ts');
const pages = join(import.meta.dirname, '..', '..', 'scripts', 'register-tsx.mjs');
const loopback = '127.0.0.1';
const ballastBytes = 1024 * 1024;
const startMsMax = 30_000;
const outputLettersMax = 1024 * 1024;

export async function makeHospitalProcess(directory: string, short: string): Promise<HospitalProcess> {
  const name = `${short}.example`;
  const dataDirectory = join(directory, short);
  const diagnosticsFile = join(directory, `${short}.log`);
  mkdirSync(dataDirectory, { mode: 0o700 });
  const deskPort = await freePort();
  const config = await initHospital(name, dataDirectory, { exchange: await freePort(), desk: deskPort });
  let child: ChildProcess | undefined;
  let output = '';
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    child = undefined;
    await ended;
  };
  return {
    name,
    dataDirectory,
    desk: `http://localhost:${deskPort}`,
    diagnosticsFile,
    output: () => output,
    isRunning: () => child !== undefined,
    start: async () => {
      const started = spawn(
        process.execPath,
        ['--import', pages, commandLine, 'serve', '--json', '--data', dataDirectory],
        {
          env: { ...environment(), FERNPOST_DIAGNOSTICS_FILE: diagnosticsFile },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      child = started;
      let said = '';
      const ready = new Promise<void>((resolve, reject) => {
        const hear = (piece: Buffer): void => {
          said += piece.toString();
          output = (output + piece.toString()).slice(-outputLettersMax);
          if (said.includes('"pid"')) resolve();
        };
        started.stdout.on('data', hear);
        started.stderr.on('data', hear);
        started.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready: ${said}`)));
        setTimeout(() => reject(new Error(`${name} was not ready in time: ${said}`)), startMsMax).unref();
      });
      await ready;
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    session: async () => {
      const session = await findRunningNode(config, systemFiles);
      if (session === undefined) throw new Error(`${name} does not answer`);
      return session;
    },
    open: () => openNode(config, { diagnostics: silentDiagnostics }),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

interface Ports {
  readonly exchange: number;
  readonly desk: number;
}

async function initHospital(name: string, dataDirectory: string, ports: Ports): Promise<NodeConfig> {
  await writeConfigFile(
    dataDirectory,
    {
      v: 1,
      name,
      title: `Hospital ${name}`,
      url: `http://${loopback}:${ports.exchange}`,
      exchange: { host: loopback, port: ports.exchange },
      desk: { host: loopback, port: ports.desk },
      control: { host: loopback, port: 0 },
      peerAddresses: ['127.0.0.0/8'],
      logAccess: 'open',
      limits: { ballastBytes },
    },
    systemFiles,
  );
  const config = await loadConfig(dataDirectory, {}, systemFiles);
  await initNode(config, { diagnostics: silentDiagnostics });
  return config;
}

/** Pairs two running hospitals, with an administrator at each who reads out and types. */
export async function pairProcesses(host: HospitalProcess, guest: HospitalProcess): Promise<void> {
  const atHost = await host.session();
  const atGuest = await guest.session();
  const { link } = await atHost.plain('peer.invite', {});
  const guestStatus = await atGuest.plain('peer.accept', { link });
  const { pairings } = await atHost.plain('peer.list', {});
  const hostStatus = pairings.find((each) => each.peer === guest.name);
  if (hostStatus === undefined) throw new Error('the host knows of no pairing');
  const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
  await atHost.plain('peer.confirm', { peer: guest.name, words: typed(hostStatus.type, guestStatus.words) });
  const { state } = await atGuest.plain('peer.confirm', {
    peer: host.name,
    words: typed(guestStatus.type, hostStatus.words),
  });
  if (state !== 'paired') throw new Error('the two did not pair');
}

/** One event of a node's diagnostics. */
export type DiagnosticLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** Every whole line; the last one of a killed node may be torn. */
export function readDiagnostics(file: string): readonly DiagnosticLine[] {
  const lines: DiagnosticLine[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    try {
      lines.push(JSON.parse(line) as DiagnosticLine);
    } catch {
      continue; // Torn by a kill, or the empty end.
    }
  }
  return lines;
}

/** Asks until it holds; a node that is killed meanwhile counts as not yet. */
export async function eventually(what: string, holds: () => Promise<boolean>, msMax: number): Promise<void> {
  const end = performance.now() + msMax;
  let trouble: unknown;
  while (performance.now() < end) {
    try {
      if (await holds()) return;
    } catch (error) {
      trouble = error;
    }
    await pause(100);
  }
  throw new Error(`not within ${msMax} ms: ${what}`, { cause: trouble });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, loopback);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FERNPOST_')));
}
