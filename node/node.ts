import { join } from 'node:path';
import { parseDataKeyId, openKeyring } from './keys/keyring.ts';
import { createNodeSecrets, loadNodeSecrets } from './keys/node-secrets.ts';
import { createRootKey, loadRootKey, type RootKey } from './keys/root-key.ts';
import { sealingReady } from '../protocol/crypto/seal.ts';
import { logKeysOf, openPeerCards } from './peers/cards.ts';
import { openPeerDirectory, type Peer } from './peers/directory.ts';
import { ownNodeOf, renewCard } from './peers/own-node.ts';
import { openPairing, tokenForPeer } from './peers/pairing.ts';
import { openTransport } from './peers/transport.ts';
import { openDirectoryBlobs } from './blobs/directory.ts';
import { openDurableBlobs } from './blobs/durable.ts';
import { openS3Blobs } from './blobs/s3.ts';
import type { NodeConfig } from './config/config.ts';
import { openExchangeDoor } from './api/exchange-door.ts';
import { defaultPeerLimits, openQuotas } from './api/quota.ts';
import { openLogProofs } from './exchange-log/proofs.ts';
import { openSequencer } from './exchange-log/sequencer.ts';
import { openAccessTokens } from './exchange-log/tokens.ts';
import { openWitness } from './exchange-log/witness.ts';
import { listenDoors } from './node-doors.ts';
import { nodeJobs } from './node-jobs.ts';
import { startJobs, type JobRunner } from './jobs/runner.ts';
import { systemClock, type Clock } from './platform/clock.ts';
import type { Diagnostics } from './platform/diagnostics.ts';
import type { Files } from './platform/files.ts';
import { OperationError } from './platform/operation-error.ts';
import type { PeerHttp } from './platform/peer-http.ts';
import { openDiagnostics } from './platform/pino-diagnostics.ts';
import { systemRandom, type Random } from './platform/random.ts';
import { openSmtpMail } from './platform/smtp-mail.ts';
import { openFiles } from './platform/system-files.ts';
import { nextTurn } from './platform/turn.ts';
import { openPeerHttp } from './platform/undici-peer-http.ts';
import { openAttachments } from './records/attachments.ts';
import { openConsultations } from './records/consultations.ts';
import { openImports } from './records/csv/import.ts';
import { openPatients } from './records/patients.ts';
import { openReceivedPatients } from './records/received-patients.ts';
import { openPrefixHashes } from './referrals/chunk-intake.ts';
import { openChunkTokens } from './referrals/chunk-tokens.ts';
import { openDispatcher } from './referrals/dispatch.ts';
import { openInbox } from './referrals/inbox.ts';
import { openIntake } from './referrals/intake.ts';
import { openReferrals } from './referrals/open-referrals.ts';
import { openPeerHeads } from './referrals/peer-heads.ts';
import { referralQueries } from './referrals/referral-queries.ts';
import { openDeliveryEffects } from './referrals/withdraw-referral.ts';
import { openDatabase } from './store/database.ts';
import type { Reader, StoreError } from './store/store.ts';
import type { RecordX } from '../protocol/log/entry.ts';

/** What a test or a simulation puts in the place of the machine (law 1). */
export interface NodeOverrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly http?: PeerHttp;
  readonly files?: Files;
  readonly diagnostics?: Diagnostics;
  readonly rootKey?: RootKey;
  /** For the benchmark alone. */
  readonly unsafeForBenchmark?: { readonly synchronous: 'NORMAL' };
}

export type FernpostNode = Awaited<ReturnType<typeof openNode>>;

export const version = '0.1.0';
export const databaseName = 'node.db';
const refBytes = 6;

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
      rootKey,
      store,
      http: overrides.http ?? openPeerHttp(),
    });
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Makes what a new node has and never again: root key, database, the six keys and the first card with its leaf. Fails
 * where any of it exists.
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
  const rootKey = overrides.rootKey ?? (await createRootKey(place, { files, random, clock }));
  const store = openDatabase({
    path: join(config.dataDirectory, databaseName),
    onFatal: () => process.exit(1),
    ballastBytes: 0,
  });
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
}

interface Machine {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  readonly files: Files;
  readonly rootKey: RootKey;
  readonly store: ReturnType<typeof openDatabase>;
  readonly http: PeerHttp;
}

async function connect(machine: Machine) {
  const { config, clock, random, diagnostics, files, store, http, rootKey } = machine;
  const keyring = await openKeyring({ store, rootKey, clock, random });
  const secrets = await store.read((reader) => loadNodeSecrets(reader, keyring));
  const { name, title, url } = config;
  const own = ownNodeOf({ name, title, url, secrets, maxBundle: config.limits.bundleBytesMax });
  const log = await openSequencer(store, own.origin, (head) => own.signHead(head), clock);
  const cardIsNew = await renewCard(own, store, log, clock);
  const proofs = openLogProofs();
  const tokens = openAccessTokens(store, random, clock);
  const directory = await openPeerDirectory(store, clock);
  const addresses = config.peerAddresses;
  const transport = openTransport({ name, httpKey: own.httpKey, http, clock, random, addresses });
  const cards = openPeerCards({ own, directory, transport, clock, random, diagnostics });
  const pairing = openPairing({ own, store, keyring, directory, tokens, transport, clock, random });
  const witness = openWitness({
    findLog: (origin) => {
      const peer = directory.byOrigin(origin);
      return peer === undefined || peer.state === 'blocked'
        ? undefined
        : { peer: peer.name, keys: logKeysOf(peer.card) };
    },
    key: own.witnessKey,
    signer: own.secrets.cosign,
    clock,
    random,
    diagnostics,
  });
  const blobs = await openBlobs(machine);
  const patients = openPatients({ store, keyring, clock, random });
  const consultations = openConsultations({ store, keyring, clock, random, patients });
  const attachments = openAttachments({ store, keyring, blobs, clock, random, yieldTurn: nextTurn, patients });
  const csvImport = openImports({
    store,
    keyring,
    clock,
    random,
    yieldTurn: nextTurn,
    isReferred: async (reader, patient) => (await reader.first(referralQueries.ofPatient, { patient })) !== undefined,
  });
  const receivedPatients = openReceivedPatients({ keyring });
  const newRef = (): string => random.bytes(refBytes).toHex();
  const receiptOf = async (reader: Reader, x: string): Promise<string> => {
    const proof = await proofs.proofOf(reader, x as RecordX);
    if (proof === undefined)
      throw new OperationError('unavailable', 'log-damaged', 'The log has no proof for a bundle that was decided.');
    return proof;
  };
  let jobs: JobRunner | undefined;
  const wake = (): void => jobs?.wake('delivery');
  const heads = openPeerHeads({ store, log, proofs, clock });
  const shared = {
    own,
    store,
    keyring,
    blobs,
    directory,
    log,
    proofs,
    clock,
    random,
    diagnostics,
    dataKeyOf: parseDataKeyId,
  };
  const sending = { ...shared, cards, transport, heads, attachments, patients, consultations, version, wake };
  const inboxPorts = {
    ...shared,
    witness,
    prefixes: openPrefixHashes(blobs),
    receivedPatients,
    newRef,
    proofOf: (reader: Reader, row: { readonly x: string | null }) => receiptOf(reader, row.x ?? ''),
    onReceived: () => jobs?.wake('witnessing'),
  };
  const referrals = openReferrals({ ...sending, receivedPatients, receiptOf });
  const dispatcher = openDispatcher(sending, openChunkTokens(attachments), openDeliveryEffects(sending));
  directory.onSpoke((peer) => dispatcher.peerSpoke(peer));
  const limits = { ...defaultPeerLimits, bytesPerDay: config.limits.bytesADay, leavesPerDay: config.limits.leavesADay };
  const exchange = openExchangeDoor({
    own,
    store,
    directory,
    cards,
    pairing,
    inbox: openInbox(inboxPorts),
    intake: openIntake(inboxPorts),
    log,
    witness,
    tokens,
    quotas: openQuotas(clock, limits),
    logAccess: config.logAccess,
    clock,
    random,
    diagnostics,
    newRef,
  });
  const mail = openMail(config);
  const pushTo = new Set(cardIsNew ? directory.list().map((peer) => peer.name) : []);
  const tokenFor = (peer: Peer): string | undefined => tokenForPeer({ keyring, own }, peer);
  const services = {
    config,
    own,
    store,
    files,
    clock,
    random,
    diagnostics,
    keyring,
    directory,
    cards,
    pairing,
    transport,
    tokens,
    log,
    proofs,
    witness,
    heads,
    patients,
    consultations,
    attachments,
    csvImport,
    referrals,
    dispatcher,
    blobs,
    mail,
    exchange,
    tokenFor,
  };
  const doors: AsyncDisposable[] = [];
  return {
    ...services,
    /** Opens the three doors of the configuration and says where they are. */
    listen: () => listenDoors(services, doors),
    /** Starts the jobs: delivery, witnessing, cards, uploads, housekeeping. Sweeps what a crash left first. */
    start: async (): Promise<void> => {
      await attachments.sweep();
      await csvImport.sweep();
      jobs = startJobs(
        nodeJobs({ ...services, pushTo, renewCard: () => renewCard(own, store, log, clock) }),
        clock,
        diagnostics,
      );
    },
    jobs: (): JobRunner | undefined => jobs,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await Promise.all(doors.splice(0).map((door) => door[Symbol.asyncDispose]()));
      await jobs?.[Symbol.asyncDispose]();
      await dispatcher.settled();
      await http.close();
      await blobs.close();
      await mail?.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function openBlobs({ config, files, random, store, clock, diagnostics }: Machine) {
  const local = await openDirectoryBlobs({ files, random, path: join(config.dataDirectory, 'blobs') });
  const { s3 } = config;
  const options = { local, store, clock, random, diagnostics };
  if (s3 === undefined) return openDurableBlobs(options);
  const { endpoint, region, bucket: name, prefix } = s3;
  const bucket = await openS3Blobs({
    endpoint,
    region,
    bucket: name,
    prefix,
    accessKeyId: s3.accessKeyId.reveal(),
    secretAccessKey: s3.secretAccessKey.reveal(),
    random,
  });
  return openDurableBlobs({ ...options, bucket });
}

function openMail({ mail }: NodeConfig) {
  if (mail === undefined) return undefined;
  const { host, port, tls, login } = mail;
  return openSmtpMail({
    host,
    port,
    tls,
    ...(login === undefined ? {} : { login: { user: login.user, password: login.password.reveal() } }),
  });
}

/** fsync failed: what lies on the disk is unknown, and only a restart reads it again (trust.md §4). */
function endProcess(diagnostics: Diagnostics, error: StoreError | unknown): void {
  diagnostics.error('storage-failed', error);
  process.exit(1);
}
