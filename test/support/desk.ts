import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Role } from '../../node/accounts/roles.ts';
import type { NodeConfig } from '../../node/config/config.ts';
import { initNode, openNode, type FernpostNode } from '../../node/node.ts';
import type { Diagnostics } from '../../node/platform/diagnostics.ts';
import type { MailPort } from '../../node/platform/mail.ts';
import { parseNodeName, parseNodeUrl } from '../../protocol/ids.ts';
import { openClient, type DeskClient } from './desk-client.ts';
import { findFreeBase } from './free-ports.ts';
import { fastDirectory } from './hospital.ts';

/** A real node of this process with its doors open on loopback, its jobs running, and a user of every role. */
export interface TestDesk {
  readonly short: string;
  readonly title: string;
  /** `http://localhost:port`, as people open it. */
  readonly origin: string;
  readonly node: FernpostNode;
  readonly dataDirectory: string;
  readonly users: Readonly<Record<Role, { readonly login: string; readonly password: string; readonly id: string }>>;
  /** A browser without scripts: signed in as `role`, or as nobody. */
  client(role?: Role): Promise<DeskClient>;
  /** Everything the node told its operator so far. */
  readonly told: readonly string[];
}

export interface TestDesks extends AsyncDisposable {
  at(short: string): TestDesk;
}

export interface TestDesksOptions {
  readonly names?: readonly string[];
  /** All pair with all; true unless told. */
  readonly paired?: boolean;
  /** Without them nothing is delivered; true unless told. */
  readonly jobs?: boolean;
  /** False leaves the node as a hospital finds it at first start. */
  readonly users?: boolean;
  readonly change?: (config: NodeConfig) => NodeConfig;
  /** The mail server; none unless told. */
  readonly mail?: MailPort;
}

const roles: readonly Role[] = ['administrator', 'doctor', 'nurse', 'coordinator', 'auditor'];
export const testPassword = 'quiet-lantern-meadow-47';
const names: Readonly<Record<Role, string>> = {
  administrator: 'Ada Admin',
  doctor: 'Dr Dora Doctor',
  nurse: 'Nia Nurse',
  coordinator: 'Cleo Coordinator',
  auditor: 'Ursa Auditor',
};

export async function openDesks(options: TestDesksOptions = {}): Promise<TestDesks> {
  const { names: shorts = ['alder'], paired = true } = options;
  const directory = fastDirectory();
  const desks: TestDesk[] = [];
  for (const short of shorts) desks.push(await openOne(join(directory, short), short, options));
  if (paired)
    for (const [i, host] of desks.entries()) for (const guest of desks.slice(i + 1)) await pair(host.node, guest.node);
  return {
    at: (short) => {
      const found = desks.find((desk) => desk.short === short);
      if (found === undefined) throw new Error(`there is no hospital ${short}`);
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(desks.map(({ node }) => node[Symbol.asyncDispose]()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function openOne(dataDirectory: string, short: string, options: TestDesksOptions): Promise<TestDesk> {
  mkdirSync(dataDirectory, { recursive: true });
  const port = await findFreeBase();
  const loopback = { host: '127.0.0.1', port: 0 };
  const title = `${short.charAt(0).toUpperCase()}${short.slice(1)} Hospital`;
  const config: NodeConfig = {
    dataDirectory,
    name: parseNodeName(`${short}.example`),
    title,
    url: parseNodeUrl(`http://127.0.0.1:${port}`),
    exchange: { host: '127.0.0.1', port },
    desk: loopback,
    control: loopback,
    peerAddresses: { allow: ['127.0.0.0/8'] },
    proxies: [],
    logAccess: 'peers',
    rootKey: { path: join(dataDirectory, 'root.key') },
    limits: { bytesADay: 2 ** 36, leavesADay: 20_000, peers: {}, bundleBytesMax: 2 ** 32, ballastBytes: 0 },
  };
  const told: string[] = [];
  const { mail } = options;
  const overrides = { diagnostics: keptDiagnostics(told), ...(mail === undefined ? {} : { mail }) };
  const changed = options.change?.(config) ?? config;
  await initNode(changed, overrides);
  const node = await openNode(changed, overrides);
  const { desk } = await node.listen();
  if (options.jobs !== false) await node.start();
  const origin = desk.replace('127.0.0.1', 'localhost');
  const users = options.users === false ? noUsers() : await addUsers(node, short);
  return {
    short,
    title,
    origin,
    node,
    dataDirectory,
    users,
    told,
    client: async (role) => {
      const client = openClient(origin);
      if (role !== undefined) await client.signIn(users[role]);
      return client;
    },
  };
}

async function addUsers(node: FernpostNode, short: string): Promise<TestDesk['users']> {
  const made = new Map<Role, { login: string; password: string; id: string }>();
  for (const role of roles) {
    const login = `${role}.${short}`;
    const given = { login, name: names[role], roles: [role], department: '', password: testPassword };
    const added = await node.accounts.users.add('operator', given);
    if (added.state !== 'done') throw new Error(`no user for ${role}: ${JSON.stringify(added)}`);
    made.set(role, { login, password: added.password, id: added.user.id });
  }
  return Object.fromEntries(made) as TestDesk['users'];
}

function noUsers(): TestDesk['users'] {
  return Object.fromEntries(roles.map((role) => [role, { login: '', password: '', id: '' }])) as TestDesk['users'];
}

/** Two administrators read out and type their words. */
export async function pair(host: FernpostNode, guest: FernpostNode): Promise<void> {
  const { link } = await host.pairing.invite();
  await guest.pairing.accept(link);
  const pairingOf = async (here: FernpostNode, there: FernpostNode) => {
    const found = (await here.pairing.list()).find((each) => each.peer === there.own.name);
    if (found === undefined) throw new Error('there is no such pairing');
    return found;
  };
  const [atHost, atGuest] = [await pairingOf(host, guest), await pairingOf(guest, host)];
  const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
  await host.pairing.confirm(guest.own.name, typed(atHost.type, atGuest.words));
  await guest.pairing.confirm(host.own.name, typed(atGuest.type, atHost.words));
  const isPaired = (here: FernpostNode, there: FernpostNode): boolean =>
    here.directory.find(there.own.name)?.state === 'paired';
  await eventually(() => isPaired(host, guest) && isPaired(guest, host));
}

const pauseMs = 20;
const eventuallyMs = 15_000;

/** Waits until something is so, in real time; for what another process or a job does. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = eventuallyMs): Promise<void> {
  for (const end = Date.now() + withinMs; ;) {
    if (await holds()) return;
    if (Date.now() > end) expect.fail(`it did not come about within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function keptDiagnostics(told: string[]): Diagnostics {
  const keep = (
    level: string,
    event: string,
    fields: Readonly<Record<string, unknown>> = {},
    error?: unknown,
  ): void => {
    const why = error instanceof Error ? ` ${error.stack ?? error.message}` : '';
    told.push(`${level} ${event} ${JSON.stringify(fields)}${why}`);
  };
  return {
    info: (event, fields) => keep('info', event, fields),
    warn: (event, fields) => keep('warn', event, fields),
    error: (event, cause, fields) => keep('error', event, fields, cause),
  };
}
