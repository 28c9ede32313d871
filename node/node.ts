import { join } from 'node:path';
import type { ChunkHasher } from '../protocol/bundle/chunk-room.ts';
import { sealingReady } from '../protocol/crypto/seal.ts';
import { isRestored, restoredRefusal } from './backups/restored-mark.ts';
import type { NodeConfig } from './config/config.ts';
import { startJobs, type JobRunner } from './jobs/runner.ts';
import { openKeyring } from './keys/keyring.ts';
import { createNodeSecrets } from './keys/node-secrets.ts';
import { createRootKey, loadRootKey, type RootKey } from './keys/root-key.ts';
import { openLive } from './live/live.ts';
import { listenDoors } from './node-doors.ts';
import { nodeJobs } from './node-jobs.ts';
import {
  connectAccounts,
  connectAlerts,
  connectBackups,
  connectExchange,
  connectPeers,
  connectRecords,
  type Machine,
} from './node-parts.ts';
import { systemClock, type Clock } from './platform/clock.ts';
import { openClientAddress } from './platform/client-address.ts';
import type { Diagnostics } from './platform/diagnostics.ts';
import type { Files } from './platform/files.ts';
import { openHashThread } from './platform/hash-thread.ts';
import type { MailPort } from './platform/mail.ts';
import { OperationError } from './platform/operation-error.ts';
import type { PeerHttp } from './platform/peer-http.ts';
import { openDiagnostics } from './platform/pino-diagnostics.ts';
import { systemRandom, type Random } from './platform/random.ts';
import { openFiles, systemFiles } from './platform/system-files.ts';
import { openPeerHttp } from './platform/undici-peer-http.ts';
import { openDatabase } from './store/database.ts';

/** What a test or a simulation puts in the place of the machine (law 1). */
export interface NodeOverrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly http?: PeerHttp;
  readonly files?: Files;
  readonly diagnostics?: Diagnostics;
  readonly rootKey?: RootKey;
  readonly mail?: MailPort;
  readonly hasher?: ChunkHasher;
  /** Opens a directory that was made from a backup as well: to be read, without doors and jobs (Node §3). */
  readonly readRestored?: true;
  /** For the benchmark alone. */
  readonly unsafeForBenchmark?: { readonly synchronous: 'NORMAL' };
}

export type FernpostNode = Awaited<ReturnType<typeof openNode>>;

export const databaseName = 'node.db';

/** Opens the node of a data directory: the one place where its parts are connected. It does nothing until `start`. */
export async function openNode(config: NodeConfig, overrides: NodeOverrides = {}) {
  await sealingReady();
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom;
  const diagnostics =
    overrides.diagnostics ??
    openDiagnostics({
      node: config.name,
      ...(config.diagnosticsFile === undefined ? {} : { file: config.diagnosticsFile }),
    });
  const onFatal = (error: unknown): void => endProcess(diagnostics, error);
  const files = overrides.files ?? openFiles(onFatal);
  const restored = await isRestored(files, config.dataDirectory);
  if (restored && overrides.readRestored !== true) throw restoredRefusal(config.dataDirectory);
  const { passphrase, path } = config.rootKey;
  const rootKey =
    overrides.rootKey ??
    (await loadRootKey({ path, ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }) }, files));
  const store = openDatabase({
    path: join(config.dataDirectory, databaseName),
    onFatal,
    ballastBytes: config.limits.ballastBytes,
    ...(overrides.unsafeForBenchmark === undefined ? {} : { unsafeForBenchmark: overrides.unsafeForBenchmark }),
  });
  try {
    return await connect({
      config,
      clock,
      random,
      diagnostics,
      files,
      backupFiles: overrides.files ?? systemFiles,
      rootKey,
      store,
      restored,
      http: overrides.http ?? openPeerHttp(),
      hasher: overrides.hasher ?? openHashThread(),
      ...(overrides.mail === undefined ? {} : { mail: overrides.mail }),
    });
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Makes what a new node has and never again: root key, database, the six keys and the first card with its leaf. Fails
 * where any of it exists. What it made before another failure is taken back, so that a second try begins anew.
 */
export async function initNode(
  config: NodeConfig,
  overrides: NodeOverrides = {},
): Promise<{ readonly identityVkey: string; readonly logVkey: string }> {
  await sealingReady();
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom;
  const files = overrides.files ?? openFiles(() => process.exit(1));
  const { passphrase, path } = config.rootKey;
  const place = { path, ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }) };
  const database = join(config.dataDirectory, databaseName);
  if ((await files.size(database)) !== undefined)
    throw new OperationError('conflict', 'database-exists', `${database} exists already: nothing was made.`);
  const rootKey = overrides.rootKey ?? (await createRootKey(place, { files, random, clock }));
  try {
    const store = openDatabase({ path: database, onFatal: () => process.exit(1), ballastBytes: 0 });
    try {
      const keyring = await openKeyring({ store, rootKey, clock, random });
      await store.write((writer) => createNodeSecrets(writer, { keyring, random, now: clock.now() }));
    } finally {
      await store[Symbol.asyncDispose]();
    }
    const node = await openNode(config, { ...overrides, rootKey });
    const { identityVkey, logVkey } = node.own;
    await node[Symbol.asyncDispose]();
    return { identityVkey, logVkey };
  } catch (error) {
    for (const ending of databaseEndings) await files.remove(`${database}${ending}`);
    if (overrides.rootKey === undefined) await files.remove(path);
    throw error;
  }
}

/** The database, what SQLite keeps beside it, and the ballast. */
const databaseEndings = ['', '-wal', '-shm', '.ballast'] as const;

async function connect(machine: Machine & { readonly mail?: MailPort }) {
  const { config, clock, random, diagnostics, files, store, http } = machine;
  const peers = await connectPeers(machine);
  const records = await connectRecords(machine, peers);
  const waking = { wake: (_job: string): void => undefined };
  const exchange = connectExchange(machine, peers, records, (job) => waking.wake(job));
  peers.pairing.onWork(() => waking.wake('pairing'));
  const mail = machine.mail ?? (await openMail(config));
  const alerts = connectAlerts(machine, peers, mail, (job) => waking.wake(job));
  records.uploadLimit.bytesMax = async () => Number((await alerts.settings.values()).uploadGibMax) * 1024 ** 3;
  const accounts = connectAccounts(machine, peers);
  const backups = connectBackups(machine, peers, records, (job) => waking.wake(job));
  const live = openLive(machine);
  let jobs: JobRunner | undefined;
  const doors: AsyncDisposable[] = [];
  const services = {
    config,
    store,
    files,
    clock,
    random,
    diagnostics,
    mail,
    ...peers,
    ...records,
    ...exchange,
    ...alerts,
    ...accounts,
    backups,
    live,
    clientAddress: openClientAddress(config.proxies),
    isRunning: () => doors.length > 0,
    jobStanding: () => jobs?.standing() ?? [],
  };
  return {
    ...services,
    /** Opens the three doors of the configuration and says where they are. */
    listen: () => listenDoors(services, doors),
    /** Starts the jobs: delivery, witnessing, cards, uploads, housekeeping. Sweeps what a crash left first. */
    start: async (): Promise<void> => {
      await records.attachments.sweep();
      await records.uploads.sweep();
      await records.csvImport.sweep();
      await records.importDrafts.recover();
      await backups.sweep();
      jobs = startJobs(nodeJobs(services), clock, diagnostics);
      waking.wake = (job) => jobs?.wake(job);
      exchange.dispatcher.start();
    },
    jobs: (): JobRunner | undefined => jobs,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await live[Symbol.asyncDispose](); // First: streams to browsers would hold the doors open.
      await Promise.all(doors.splice(0).map((door) => door[Symbol.asyncDispose]()));
      await jobs?.[Symbol.asyncDispose]();
      await records.importDrafts[Symbol.asyncDispose]();
      await exchange.dispatcher.settled();
      await http.close();
      await records.blobs.close();
      await mail?.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function openMail({ mail }: NodeConfig) {
  if (mail === undefined) return undefined;
  const { host, port, tls, login } = mail;
  const { openSmtpMail } = await import('./platform/smtp-mail.ts'); // Few nodes send mail, and all wait for imports.
  return openSmtpMail({
    host,
    port,
    tls,
    ...(login === undefined ? {} : { login: { user: login.user, password: login.password.reveal() } }),
  });
}

/** fsync failed: what lies on the disk is unknown, and only a restart reads it again (Node §4). */
function endProcess(diagnostics: Diagnostics, error: unknown): void {
  diagnostics.error('storage-failed', error);
  process.exit(1);
}
