import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNodeName, parseNodeUrl, type NodeName } from '../../protocol/ids.ts';
import type { OutgoingAnswer } from '../../node/api/message.ts';
import type { NodeConfig } from '../../node/config/config.ts';
import { initNode, openNode, type FernpostNode } from '../../node/node.ts';
import type { Clock } from '../../node/platform/clock.ts';
import type { Diagnostics } from '../../node/platform/diagnostics.ts';
import { PeerHttpError, type PeerAnswer, type PeerHttp, type PeerRequest } from '../../node/platform/peer-http.ts';
import { manualClock, type ManualClock } from './manual-clock.ts';

/** A whole node in this process, without jobs: tests call its steps, so nothing happens by itself. */
export interface TestHospital {
  readonly name: NodeName;
  readonly url: string;
  /** The running node; another object after `restart`. */
  readonly node: FernpostNode;
  readonly dataDirectory: string;
  /** Ends the node in order and opens it again on the same files. */
  restart(): Promise<void>;
  /** What it reported as its own failure, since the last look. */
  takeFailures(): string[];
}

/** May look at a request, answer it itself, change it or refuse to pass it on. */
export type Between = (
  request: PeerRequest & { readonly from: NodeName },
  pass: (changed?: PeerRequest) => Promise<PeerAnswer>,
) => Promise<PeerAnswer>;

export interface TestHospitals extends AsyncDisposable {
  readonly clock: ManualClock;
  /** `alder`, `birch`, … */
  at(short: string): TestHospital;
  /** Who stands between the nodes; `undefined` for nobody. */
  setBetween(between: Between | undefined): void;
  /** Runs both nodes' outboxes until nothing moves. */
  deliver(): Promise<void>;
}

export interface TestHospitalOptions {
  readonly names?: readonly string[];
  readonly change?: (config: NodeConfig) => NodeConfig;
  /** All pair with all; true unless told. */
  readonly paired?: boolean;
}

const rounds = 12;
const addressOf = new Map<string, string>();

export async function openHospitals(options: TestHospitalOptions = {}): Promise<TestHospitals> {
  const { names = ['alder', 'birch'], change = (config) => config, paired = true } = options;
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fernpost-two-'));
  const clock = manualClock();
  const hospitals = new Map<string, TestHospital>();
  let between: Between | undefined;
  const carry = async (from: NodeName, request: PeerRequest): Promise<PeerAnswer> => {
    const { host } = new URL(request.url);
    const there = [...hospitals.values()].find((each) => new URL(each.url).host === host);
    if (there === undefined) throw new PeerHttpError('unreachable', 'nobody is there');
    return toPeerAnswer(await there.node.exchange.handle(incomingOf(request, addressOfNode(from))));
  };
  const httpOf = (from: NodeName): PeerHttp => ({
    request: async (request) => {
      const pass = (changed: PeerRequest = request): Promise<PeerAnswer> => carry(from, changed);
      return between === undefined ? pass() : between({ ...request, from }, pass);
    },
    close: async () => undefined,
  });
  for (const short of names) {
    const config = change(configOf(short, join(root, short)));
    hospitals.set(short, await openHospital(config, clock, httpOf(config.name)));
  }
  const at = (short: string): TestHospital => {
    const found = hospitals.get(short);
    if (found === undefined) throw new Error(`there is no ${short}`);
    return found;
  };
  if (paired)
    for (const [index, host] of names.entries())
      for (const guest of names.slice(index + 1)) await pairHospitals(at(host), at(guest));
  return {
    clock,
    at,
    setBetween: (next) => {
      between = next;
    },
    deliver: async () => {
      for (let round = 0; round < rounds; round += 1)
        for (const { node } of hospitals.values()) {
          await node.dispatcher.step(AbortSignal.timeout(30_000));
          await node.dispatcher.settled();
        }
    },
    [Symbol.asyncDispose]: async () => {
      for (const { node } of hospitals.values()) await node[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The whole pairing over both doors: each administrator types what the other one's screen shows. */
export async function pairHospitals(host: TestHospital, guest: TestHospital): Promise<void> {
  const { link } = await host.node.pairing.invite();
  const atGuest = await guest.node.pairing.accept(link);
  const atHost = (await host.node.pairing.list()).find((each) => each.peer === guest.name);
  if (atHost === undefined) throw new Error('the host knows of no pairing');
  const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
  await host.node.pairing.confirm(guest.name, typed(atHost.type, atGuest.words));
  const state = await guest.node.pairing.confirm(host.name, typed(atGuest.type, atHost.words));
  if (state !== 'paired') throw new Error('the two did not pair');
}

async function openHospital(config: NodeConfig, clock: Clock, http: PeerHttp): Promise<TestHospital> {
  await mkdir(config.dataDirectory, { recursive: true });
  let failures: string[] = [];
  const diagnostics: Diagnostics = {
    info: () => undefined,
    warn: () => undefined,
    error: (event, cause, fields) => {
      const why = cause instanceof Error ? (cause.stack ?? cause.message) : '';
      failures.push(`${config.name}: ${event} ${JSON.stringify(fields ?? {})} ${why}`);
    },
  };
  await initNode(config, { clock, http, diagnostics });
  let node = await openNode(config, { clock, http, diagnostics });
  return {
    name: config.name,
    url: config.url,
    dataDirectory: config.dataDirectory,
    get node() {
      return node;
    },
    restart: async () => {
      await node[Symbol.asyncDispose]();
      node = await openNode(config, { clock, http, diagnostics });
    },
    takeFailures: () => {
      const taken = failures;
      failures = [];
      return taken;
    },
  };
}

/** The request as node:http would hand it over. */
export function incomingOf(request: PeerRequest, remoteAddress: string) {
  const { pathname, search, host } = new URL(request.url);
  const body = request.body;
  const rawHeaders = ['host', host, ...Object.entries(request.headers).flat()];
  if (body !== undefined) rawHeaders.push('content-length', String(body.length));
  return { method: request.method, target: pathname + search, rawHeaders, body: bodyOf(body), remoteAddress };
}

/** As a socket gives it: memory of its own, which belongs to whoever reads. */
export async function* bodyOf(body: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (body !== undefined && body.length > 0) yield body.slice();
}

export function toPeerAnswer({ status, headers, body }: OutgoingAnswer): PeerAnswer {
  return { status, headers, body };
}

function addressOfNode(name: NodeName): string {
  const known = addressOf.get(name);
  if (known !== undefined) return known;
  const made = `192.0.2.${addressOf.size + 1}`;
  addressOf.set(name, made);
  return made;
}

function configOf(short: string, dataDirectory: string): NodeConfig {
  const listen = { host: '127.0.0.1', port: 0 };
  return {
    dataDirectory,
    name: parseNodeName(`${short}.example`),
    title: `Hospital ${short}`,
    url: parseNodeUrl(`https://${short}.example`),
    exchange: listen,
    desk: listen,
    control: listen,
    peerAddresses: { allow: [] },
    proxies: [],
    logAccess: 'peers',
    rootKey: { path: join(dataDirectory, 'root.key') },
    limits: { bytesADay: 2 ** 36, leavesADay: 20_000, peers: {}, bundleBytesMax: 2 ** 33, ballastBytes: 0 },
  };
}
