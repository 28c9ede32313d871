import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonPath } from '../support/oracles.ts';

/** What the peer in Python says when it has paired: all that an auditor of either log needs. */
export interface PairedFacts {
  readonly peer: string;
  readonly readToken: string;
  readonly ownToken: string;
  readonly ownLog: string;
  readonly ownVkey: string;
  readonly peerLog: string;
  readonly peerVkey: string;
  readonly peerWitness: readonly string[];
}

/** A referral that it sent, with the receipt that it verified. */
export interface SentFacts {
  readonly bundle: string;
  readonly referral: string;
  readonly sha256: string;
  /** File with the tlog-proof. */
  readonly proof: string;
  /** The leaf that the proof is of. */
  readonly entry: string;
}

/** The hospital of a stranger: `peer.py` as a process. */
export interface Dogwood extends AsyncDisposable {
  readonly name: string;
  /** The next thing it says, which must be this. */
  hear<Facts>(event: string): Promise<Facts>;
  type(words: readonly string[]): void;
  /** `cancel`: asks to cancel its first referral. `probe`: asks Birch everything of probe.py. */
  order(todo: 'cancel' | 'probe'): void;
}

const here = import.meta.dirname;

export interface DogwoodOptions {
  readonly name?: string;
  readonly directory: string;
  /** The invitation that it follows; without one it makes one. */
  readonly link?: string;
  /** The file that goes with its first referral. */
  readonly attachment: string;
}

export async function startDogwood(options: DogwoodOptions): Promise<Dogwood> {
  const { name = 'dogwood.example', directory, link, attachment } = options;
  const sample = join(here, '..', 'fixtures', 'fhir', 'sample-referral.json');
  const given = { name, data: directory, sample, attachment, port: String(await freePort()) };
  const words = Object.entries(given).flatMap(([option, value]) => [`--${option}`, value]);
  if (link !== undefined) words.push('--link', link);
  const child = spawn(pythonPath, ['-B', join(here, 'peer.py'), ...words]);
  let trouble = '';
  child.stderr.on('data', (piece: Buffer) => (trouble += piece.toString()));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    name,
    hear: async <Facts>(event: string) => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the peer in Python ended: ${trouble}`);
      const said = JSON.parse(String(value)) as { readonly event: string } & Facts;
      if (said.event !== event) throw new Error(`${event} expected: ${String(value)} ${trouble}`);
      return said;
    },
    type: (typed) => void child.stdin.write(`${JSON.stringify({ typed })}\n`),
    order: (todo) => void child.stdin.write(`${JSON.stringify({ do: todo })}\n`),
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Runs a script beside this file; gives its exit code and what it wrote. */
export function runPython(script: string, options: readonly string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(pythonPath, ['-B', join(here, script), ...options], { timeout: 30_000 }, (error, out, trouble) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), said: out + trouble });
    });
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
