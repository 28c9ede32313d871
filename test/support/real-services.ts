import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOut } from './left-out.ts';

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const scripts = join(import.meta.dirname, '..', '..', 'scripts', 'services');
const startMsMax = 60_000;
const startsMax = 3;

/** Whether the programs are installed; where they are not, the run says so. */
export function hasPrograms(what: string, programs: readonly string[]): boolean {
  const directories = ['/usr/bin', '/usr/sbin', '/usr/local/bin'];
  const absent = programs.filter((name) => !directories.some((directory) => existsSync(join(directory, name))));
  if (absent.length > 0) leftOut(what, `${absent.join(', ')} not installed`);
  return absent.length === 0;
}

/** Starts Ceph's S3 gateway on three free ports of loopback; ask `hasPrograms` first. */
export async function startCeph(): Promise<S3Server> {
  for (let start = 1; ; start += 1) {
    try {
      return await startCephOnce();
    } catch (error) {
      if (start === startsMax) throw error; // Another process may have taken a port between looking and starting.
    }
  }
}

async function startCephOnce(): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'fernpost-ceph-'));
  const port = await freePorts();
  const child = spawn(join(scripts, 'ceph-s3.sh'), [directory, String(port), 'test:test:testing'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stop = async (): Promise<void> => {
    const over = child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : undefined;
    child.kill('SIGTERM');
    await over;
    rmSync(directory, { recursive: true, force: true });
  };
  const isReady = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), startMsMax);
    const settle = (value: boolean) => (clearTimeout(timer), resolve(value));
    child.stdout.on('data', (piece: Buffer) => piece.includes('ready') && settle(true));
    child.once('exit', () => settle(false));
  });
  if (!isReady) {
    await stop();
    throw new Error('ceph-s3.sh did not become ready');
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKeyId: 'test',
    secretAccessKey: 'testing',
    [Symbol.asyncDispose]: stop,
  };
}

/** The first of three ports in a row that nobody listens on. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await freePort(0);
    if (first !== undefined && (await freePort(first + 1)) !== undefined && (await freePort(first + 2)) !== undefined)
      return first;
  }
}

function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
}
