import { join } from 'node:path';
import type { ChunkHasher } from '../protocol/bundle/chunk-room.ts';
import type { RecordX } from '../protocol/log/entry.ts';
import { openAdministration } from './alerts/open.ts';
import { openAccess } from './accounts/access.ts';
import { openAccounts } from './accounts/accounts.ts';
import { openDrafts } from './accounts/drafts.ts';
import { openOnce } from './accounts/once.ts';
import { openExchangeDoor } from './api/exchange-door.ts';
import { defaultPeerLimits, openQuotas } from './api/quota.ts';
import { openBackups } from './backups/backups.ts';
import { restoredRefusal } from './backups/restored-mark.ts';
import { openDirectoryBlobs } from './blobs/directory.ts';
import { openDurableBlobs } from './blobs/durable.ts';
import { openScratch } from './blobs/scratch.ts';
import { openStorageSamples } from './blobs/storage-samples.ts';
import { openS3Blobs } from './blobs/s3.ts';
import type { NodeConfig } from './config/config.ts';
import { openAudit } from './exchange-log/audit.ts';
import { openLogExplorer } from './exchange-log/explorer.ts';
import { openLooks } from './exchange-log/looks.ts';
import { openLogProofs } from './exchange-log/proofs.ts';
import { openLogResources } from './exchange-log/resources.ts';
import { openSequencer, type Sequencer } from './exchange-log/sequencer.ts';
import { openAccessTokens } from './exchange-log/tokens.ts';
import { openWitness } from './exchange-log/witness.ts';
import { openKeyring, parseDataKeyId } from './keys/keyring.ts';
import { loadNodeSecrets } from './keys/node-secrets.ts';
import type { RootKey } from './keys/root-key.ts';
import { logKeysOf, openPeerCards } from './peers/cards.ts';
import { openPeerDirectory, type Peer } from './peers/directory.ts';
import { openNonces } from './peers/nonces.ts';
import { loadCard, ownNodeOf, renewCard } from './peers/own-node.ts';
import { openPairing } from './peers/pairing.ts';
import { tokenForPeer } from './peers/pairing-run.ts';
import { openPeerClocks } from './peers/peer-clocks.ts';
import { openTransport } from './peers/transport.ts';
import { openPeerTrust } from './peers/trust.ts';
import type { Clock } from './platform/clock.ts';
import type { Diagnostics } from './platform/diagnostics.ts';
import type { Files } from './platform/files.ts';
import type { MailPort } from './platform/mail.ts';
import { OperationError } from './platform/operation-error.ts';
import type { PeerHttp } from './platform/peer-http.ts';
import type { Random } from './platform/random.ts';
import { nextTurn } from './platform/turn.ts';
import { openAttachments } from './records/attachments.ts';
import { openUploads } from './records/attachments/uploads.ts';
import { openConsultations } from './records/consultations.ts';
import { openImportDrafts } from './records/csv/drafts.ts';
import { openImports } from './records/csv/import.ts';
import { uploadBytesMax } from './records/limits.ts';
import { openPatientActs } from './records/patient-acts.ts';
import { openPatients } from './records/patients.ts';
import { openReceivedPatients } from './records/received-patients.ts';
import { openRegistration } from './records/registration.ts';
import { openTimeline } from './records/timeline.ts';
import { openBlobHolds } from './referrals/blob-holds.ts';
import { openChunkTokens } from './referrals/chunk-tokens.ts';
import { openTokenSpool } from './referrals/token-spool.ts';
import { openDispatcher } from './referrals/dispatch.ts';
import { openInbox } from './referrals/inbox.ts';
import { openInboxList } from './referrals/inbox-list.ts';
import { openIntake } from './referrals/intake.ts';
import { openIntakeRooms } from './referrals/intake-rooms.ts';
import { openPrefixHashes } from './referrals/prefix-hashes.ts';
import { openReferrals } from './referrals/open-referrals.ts';
import { openOutboxList } from './referrals/outbox-list.ts';
import { openPeerHeads } from './referrals/peer-heads.ts';
import { openReferralDesk } from './referrals/referral-desk.ts';
import { referralQueries } from './referrals/referral-queries.ts';
import { openDeliveryEffects } from './referrals/withdraw-referral.ts';
import type { Database } from './store/database.ts';
import type { Reader } from './store/store.ts';

/** The ports and the open store of one node: all that its parts are made from. */
export interface Machine {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  readonly files: Files;
  /** Of the disk of the backups: what fails there does not end the node. */
  readonly backupFiles: Files;
  readonly rootKey: RootKey;
  readonly store: Database;
  readonly http: PeerHttp;
  readonly hasher: ChunkHasher;
  /** Made from a backup and not proven to be current: it is read, and signs nothing (Node §3). */
  readonly restored: boolean;
}

export const version = '0.1.0';
const refBytes = 6;

/** Keys, card, log and peers: what a node is, and whom it trusts. */
export async function connectPeers(machine: Machine) {
  const { config, clock, random, diagnostics, store, http, rootKey } = machine;
  const keyring = await openKeyring({ store, rootKey, clock, random });
  const secrets = await store.read((reader) => loadNodeSecrets(reader, keyring));
  const { name, title, url } = config;
  const own = ownNodeOf({ name, title, url, secrets, maxBundle: config.limits.bundleBytesMax });
  const sequencer = await openSequencer(store, own.origin, (head) => own.signHead(head), own.logKey, clock);
  const log: Sequencer = machine.restored ? { ...sequencer, queue: refusal(config.dataDirectory) } : sequencer;
  if (machine.restored) await loadCard(own, store);
  const cardIsNew = !machine.restored && (await renewCard(own, store, log, clock));
  const proofs = openLogProofs();
  const tokens = openAccessTokens({ store, random, clock, log });
  const looks = openLooks({ store, log, clock, random });
  const explorer = openLogExplorer({ store, log, proofs, looks });
  const directory = await openPeerDirectory(store, clock);
  const addresses = config.peerAddresses;
  const clocks = openPeerClocks();
  const transport = openTransport({ name, httpKey: own.httpKey, http, clock, random, addresses, clocks });
  const cards = openPeerCards({ own, directory, transport, log, clock, random, diagnostics });
  const pairing = openPairing({ own, store, keyring, directory, tokens, transport, log, clock, random });
  const trust = openPeerTrust({ directory, log, clock, random });
  const witness = openWitness({
    store,
    findLog: (origin) => {
      const peer = directory.byOrigin(origin);
      return peer === undefined || (peer.state !== 'paired' && peer.state !== 'paused')
        ? undefined
        : { peer: peer.name, keys: logKeysOf(peer.card) };
    },
    key: own.witnessKey,
    signer: own.secrets.cosign,
    clock,
    diagnostics,
  });
  return {
    keyring,
    own,
    log,
    proofs,
    looks,
    explorer,
    tokens,
    directory,
    transport,
    cards,
    pairing,
    trust,
    clocks,
    witness,
    /** Peers that have not been told our newest card. */
    pushTo: new Set<string>(cardIsNew ? directory.list().map((peer) => peer.name) : []),
    renewCard: () => renewCard(own, store, log, clock),
    tokenFor: (peer: Peer): string | undefined => tokenForPeer({ keyring, own }, peer),
  };
}

export type ConnectedPeers = Awaited<ReturnType<typeof connectPeers>>;

/** Who uses the desk, what they have typed, and who looked at what. */
export function connectAccounts(
  { config, store, clock, random, diagnostics }: Machine,
  { keyring, log }: Pick<ConnectedPeers, 'keyring' | 'log'>,
) {
  const ports = { store, keyring, clock, random, log };
  return {
    accounts: openAccounts({ ...ports, diagnostics, hospital: [config.title, config.name] }),
    access: openAccess(ports),
    drafts: openDrafts(ports),
    once: openOnce(ports),
  };
}

/** Patients and all that belongs to them. */
export async function connectRecords(machine: Machine, { keyring }: Pick<ConnectedPeers, 'keyring'>) {
  const { config, files, store, clock, random } = machine;
  const blobs = await openBlobs(machine);
  const scratch = openScratch();
  const patients = openPatients({ store, keyring, clock, random });
  const consultations = openConsultations({ store, keyring, clock, random, patients });
  const attachments = openAttachments({
    store,
    keyring,
    blobs,
    clock,
    random,
    yieldTurn: nextTurn,
    patients,
    scratch,
  });
  // The settings are opened later; they put their own limit here.
  const uploadLimit = { bytesMax: () => Promise.resolve(uploadBytesMax) };
  const csvImport = openImports({
    store,
    keyring,
    clock,
    random,
    yieldTurn: nextTurn,
    isReferred: async (reader, patient) => (await reader.first(referralQueries.ofPatient, { patient })) !== undefined,
  });
  return {
    blobs,
    storageSamples: openStorageSamples({ store, files, clock, dataDirectory: config.dataDirectory }),
    scratch,
    patients,
    consultations,
    attachments,
    uploads: openUploads({
      store,
      keyring,
      blobs,
      clock,
      random,
      yieldTurn: nextTurn,
      patients,
      scratch,
      bytesMax: () => uploadLimit.bytesMax(),
    }),
    uploadLimit,
    patientActs: openPatientActs({ store, keyring, clock, random }),
    registration: openRegistration({ store, keyring, patients }),
    timeline: openTimeline({ store, consultations, attachments }),
    csvImport,
    importDrafts: openImportDrafts({ store, keyring, clock, random, imports: csvImport }),
    receivedPatients: openReceivedPatients({ keyring }),
  };
}

export type ConnectedRecords = Awaited<ReturnType<typeof connectRecords>>;

/** Outbox, inbox, workflow and the door that faces the internet. `wake` runs a job at once. */
export function connectExchange(
  machine: Machine,
  peers: ConnectedPeers,
  records: ConnectedRecords,
  wake: (job: string) => void,
) {
  const { config, store, files, clock, random, diagnostics, hasher } = machine;
  const { log, proofs, directory } = peers;
  const newRef = (): string => random.bytes(refBytes).toHex();
  const receiptOf = async (reader: Reader, x: string): Promise<string> => {
    const proof = await proofs.proofOf(reader, x as RecordX);
    if (proof !== undefined) return proof;
    throw new OperationError('unavailable', 'log-damaged', 'The log has no proof for a bundle that was decided.');
  };
  const heads = openPeerHeads({ store, log, proofs, clock });
  const parts = { ...peers, ...records, store, clock, random, diagnostics, dataKeyOf: parseDataKeyId };
  const sending = { ...parts, heads, version, wake: () => wake('delivery'), delivered: () => wake('witnessing') };
  const rooms = openIntakeRooms(hasher);
  const holds = openBlobHolds();
  const receiving = {
    ...parts,
    holds,
    prefixes: openPrefixHashes({ blobs: records.blobs, rooms, scratch: records.scratch }),
    rooms,
    hasher,
    newRef,
    proofOf: (reader: Reader, row: { readonly x: string | null }) => receiptOf(reader, row.x ?? ''),
    onReceived: () => wake('witnessing'),
  };
  const spool = openTokenSpool(files, join(config.dataDirectory, 'spool'));
  const chunkTokens = openChunkTokens(records.attachments, spool, hasher);
  const dispatcher = openDispatcher(sending, chunkTokens, openDeliveryEffects(sending));
  directory.onSpoke((peer) => dispatcher.peerSpoke(peer));
  const { bytesADay: bytesPerDay, leavesADay: leavesPerDay } = config.limits;
  const exchange = openExchangeDoor({
    ...parts,
    newRef,
    inbox: openInbox(receiving),
    intake: openIntake(receiving),
    logResources: openLogResources(store, log),
    audit: openAudit(store, peers.looks),
    nonces: openNonces(store),
    quotas: openQuotas(clock, { ...defaultPeerLimits, bytesPerDay, leavesPerDay }, config.limits.peers),
    logAccess: config.logAccess,
  });
  const lists = { inboxList: openInboxList(parts), outboxList: openOutboxList(parts) };
  const referrals = openReferrals({ ...sending, receiptOf, departures: dispatcher });
  const referralDesk = openReferralDesk({ ...sending, receiptOf, referrals, departures: dispatcher });
  return { holds, heads, dispatcher, exchange, referrals, referralDesk, ...lists };
}

/** Police stations, departments, settings and the mails to the police. `wake` runs a job at once. */
export function connectAlerts(
  machine: Machine,
  { keyring, log }: Pick<ConnectedPeers, 'keyring' | 'log'>,
  mail: MailPort | undefined,
  wake: (job: string) => void,
) {
  const { name: node, title, mail: server } = machine.config;
  return openAdministration({
    ...machine,
    keyring,
    log,
    mail,
    node,
    title,
    mailFrom: server?.from,
    wake: () => wake('alerts'),
  });
}

/** Backups and restore drills. `wake` runs a job at once. */
export function connectBackups(
  machine: Machine,
  { keyring }: Pick<ConnectedPeers, 'keyring'>,
  { blobs }: Pick<ConnectedRecords, 'blobs'>,
  wake: (job: string) => void,
) {
  const { dataDirectory, name: node, backups: config } = machine.config;
  const ports = { ...machine, files: machine.backupFiles, keyring, blobs, config, dataDirectory, node };
  return openBackups({ ...ports, program: version, wake: () => wake('backups') });
}

function refusal(dataDirectory: string): Sequencer['queue'] {
  return () => Promise.reject(restoredRefusal(dataDirectory));
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
