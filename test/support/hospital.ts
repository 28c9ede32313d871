import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNodeName, parseNodeUrl, type NodeName } from '../../protocol/ids.ts';
import type { NodeConfig } from '../../node/config/config.ts';
import { hasherInTurns } from '../../node/platform/hash-thread.ts';
import { initNode, openNode, type FernpostNode } from '../../node/node.ts';
import type { Diagnostics } from '../../node/platform/diagnostics.ts';
import { openSeededNetwork, type Door, type SeededNetwork } from './seeded-network.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { openSyncFiles } from './sync-files.ts';
import { openVirtualTime, type VirtualClock, type VirtualTime } from './virtual-clock.ts';
import type { Instant } from '../../protocol/instant.ts';

/** One hospital of a simulation: a whole node on files of its own, which can be killed and started like a process. */
export interface Hospital {
  readonly name: NodeName;
  readonly url: string;
  /** Of the machine: a restart keeps it. */
  readonly clock: VirtualClock;
  isOn(): boolean;
  /** The running node; fails while it is off. */
  node(): FernpostNode;
  start(): Promise<void>;
  /** What somebody does with the node; `undefined` when it is off, or goes off before it is done. */
  ask<T>(work: (node: FernpostNode) => Promise<T>): Promise<T | undefined>;
  /** Ends it between two instructions, as `kill -9` does: what lies on disk stays, everything else is gone. */
  kill(): void;
  /** Ends it in order; time has to pass meanwhile. */
  stop(): Promise<void>;
  /** Where its files are for the next start. */
  dataDirectory(): string;
}

/** Several hospitals in one process, on one virtual time and one seeded network. */
export interface Federation extends AsyncDisposable {
  readonly seed: string;
  readonly directory: string;
  readonly time: VirtualTime;
  readonly network: SeededNetwork;
  readonly random: SeededRandom;
  readonly hospitals: readonly Hospital[];
  hospital(name: string): Hospital;
  /** Lets time pass until this work is done, and gives back what came of it. */
  during<T>(work: Promise<T>): Promise<T>;
  /** What nodes that were on reported as their own failure. */
  readonly failures: readonly string[];
}

export interface FederationOptions {
  readonly seed: string;
  /** `alder`, `birch`, …: the first part of the node's name. */
  readonly names: readonly string[];
  /** A directory that an earlier federation left, copied before it is opened; without it the nodes are made anew. */
  readonly from?: Images;
  readonly skewMs?: (name: string) => number;
  /** Stands between the network and a node's door. */
  readonly door?: (hospital: Hospital, door: Door) => Door;
}

/** Nodes that lie on disk, stopped: what a federation begins with. */
export interface Images {
  readonly directories: ReadonlyMap<string, string>;
  readonly now: Instant;
}

/** Memory where there is some: the simulation waits for no disk. */
export function fastDirectory(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fernpost-sim-'));
}

export async function openFederation(options: FederationOptions): Promise<Federation> {
  const { seed, names, from } = options;
  const directory = fastDirectory();
  const time = openVirtualTime(from?.now);
  const random = seededRandom(seed);
  const network = openSeededNetwork(random.fork('network'), time);
  const failures: string[] = [];
  const world = { directory, time, network, random, failures, options };
  const hospitals: Hospital[] = [];
  for (const name of names) {
    const hospital = hospitalOf(world, name);
    const image = from?.directories.get(name);
    if (image !== undefined) cpSync(image, hospital.dataDirectory(), { recursive: true });
    if (image === undefined) await initHospital(world, name, hospital.clock);
    hospitals.push(hospital);
    await hospital.start();
  }
  return {
    seed,
    directory,
    time,
    network,
    random,
    hospitals,
    failures,
    hospital: (name) => {
      const found = hospitals.find((each) => each.name.startsWith(`${name}.`));
      if (found === undefined) throw new Error(`there is no hospital ${name}`);
      return found;
    },
    during: (work) => during(time, work),
    [Symbol.asyncDispose]: async () => {
      for (const hospital of hospitals) if (hospital.isOn()) await during(time, hospital.stop());
      await time.settle();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface World {
  readonly directory: string;
  readonly time: VirtualTime;
  readonly network: SeededNetwork;
  readonly random: SeededRandom;
  readonly failures: string[];
  readonly options: FederationOptions;
}

interface Running {
  readonly node: FernpostNode;
  readonly power: AbortController;
  readonly off: Promise<undefined>;
}

function hospitalOf(world: World, short: string): Hospital {
  const { time, network, options } = world;
  const { name, url } = namesOf(short);
  const data = (): string => join(world.directory, short, String(life));
  let life = 1;
  let clock = time.clock({ skewMs: options.skewMs?.(short) ?? 0 });
  let running: Running | undefined;
  let starts = 0;
  let starting: Promise<void> | undefined;
  const start = async (): Promise<void> => {
    const power = new AbortController();
    starts += 1;
    clock = clock.withPower(power.signal);
    const node = await openNode(configOf(short, data()), {
      clock,
      random: world.random.fork(`${short}/${starts}`),
      http: network.port(url, power.signal),
      files: openSyncFiles(power.signal),
      hasher: hasherInTurns,
      diagnostics: diagnosticsOf(world, short, power.signal),
    });
    const off = new Promise<undefined>((resolve) => {
      power.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    running = { node, power, off };
    const door: Door = (request) => node.exchange.handle(request);
    network.attach(url, options.door?.(hospital, door) ?? door, power.signal);
    await node.start();
    network.note(`-- ${short} is on`);
  };
  const hospital: Hospital = {
    name,
    url,
    get clock() {
      return clock;
    },
    isOn: () => running !== undefined,
    node: () => {
      if (running === undefined) throw new Error(`${short} is off`);
      return running.node;
    },
    ask: async (work) => {
      if (running === undefined) return undefined;
      const { node, off } = running;
      return await Promise.race([work(node), off]);
    },
    start: () => (starting ??= start().finally(() => (starting = undefined))),
    kill: () => {
      if (running === undefined) return;
      const { node, power } = running;
      running = undefined;
      power.abort();
      network.note(`-- ${short} is killed`);
      // The dead node keeps its files; the next one begins with a copy of what lay there at this moment.
      const left = data();
      life += 1;
      cpSync(left, data(), { recursive: true });
      node[Symbol.asyncDispose]().catch(() => undefined); // It is dead: nobody asks how it ends.
    },
    stop: async () => {
      if (running === undefined) return;
      const { node, power } = running;
      running = undefined;
      network.note(`-- ${short} stops`);
      await node[Symbol.asyncDispose]();
      power.abort();
    },
    dataDirectory: data,
  };
  return hospital;
}

const workMsMax = 30 * 60_000;

async function during<T>(time: VirtualTime, work: Promise<T>): Promise<T> {
  let over = false;
  const ended = work.finally(() => (over = true));
  ended.catch(() => undefined); // Awaited below.
  if (!(await time.runUntil(() => over, workMsMax))) throw new Error('something did not end within half an hour');
  return await ended;
}

async function initHospital(world: World, short: string, clock: VirtualClock): Promise<void> {
  const config = configOf(short, join(world.directory, short, '1'));
  mkdirSync(config.dataDirectory, { recursive: true });
  await initNode(config, {
    clock,
    random: world.random.fork(`${short}/init`),
    files: openSyncFiles(),
    diagnostics: diagnosticsOf(world, short, undefined),
  });
}

function namesOf(short: string): { readonly name: NodeName; readonly url: string } {
  return { name: parseNodeName(`${short}.example`), url: `https://${short}.example` };
}

function configOf(short: string, dataDirectory: string): NodeConfig {
  const { name, url } = namesOf(short);
  const listen = { host: '127.0.0.1', port: 0 };
  return {
    dataDirectory,
    name,
    title: `Hospital ${short}`,
    url: parseNodeUrl(url),
    exchange: listen,
    desk: listen,
    control: listen,
    peerAddresses: { allow: [] },
    proxies: [],
    logAccess: 'open',
    rootKey: { path: join(dataDirectory, 'root.key') },
    limits: { bytesADay: 2 ** 40, leavesADay: 20_000, peers: {}, bundleBytesMax: 2 ** 30, ballastBytes: 0 },
  };
}

/** Errors of a node that is on count against it; what a dead one says is of no interest. */
function diagnosticsOf(world: World, short: string, power: AbortSignal | undefined): Diagnostics {
  const told = (level: string, event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (power?.aborted === true) return;
    const facts = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    world.network.note(`   ${short} ${level} ${event} ${facts.join(' ')}`);
  };
  return {
    info: () => undefined,
    warn: (event, fields) => told('warns', event, fields),
    error: (event, cause, fields) => {
      if (power?.aborted === true) return;
      told('FAILS', event, fields);
      const why = cause instanceof Error ? `${cause.stack ?? cause.message}${causeOf(cause)}` : '';
      world.failures.push(`${short}: ${event} ${JSON.stringify(fields ?? {})} ${why}`);
    },
  };
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `\n  because: ${error.cause.stack ?? error.cause.message}` : '';
}
