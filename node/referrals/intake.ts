import { parseManifest, type Manifest } from '../../protocol/bundle/manifest.ts';
import { equalBytes, utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { ProblemCode } from '../../protocol/http/problem.ts';
import { nodeOfOrigin } from '../../protocol/ids.ts';
import { parseProof, type LogProof } from '../../protocol/log/proof.ts';
import { parseSentRecord, type SentRecord } from '../../protocol/log/record.ts';
import { parseCommit, parseFastPath, transferStateObject, type Commit } from '../../protocol/messages.ts';
import { isLogged } from '../../protocol/receipt.ts';
import { logQueries } from '../exchange-log/queries.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import type { Writer } from '../store/store.ts';
import { Refusal, type DoorAnswer } from './answers.ts';
import { checkManifest, raiseSuiteFloor } from './inbox.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, InboxRow, PeerRequestContext } from './inbox-ports.ts';
import { decidedAnswer, transferStateOf } from './inbox-state.ts';
import { judgeAtOnce, judgeStored, partsAreComplete, type JudgedContent } from './judge-content.ts';
import { takeContent } from './take-content.ts';
import { forgetChunks } from './unused-blobs.ts';

/** Commits: the moment at which a bundle becomes a record of both hospitals, or is refused for good (Spec §5). */
export interface Intake {
  commit(context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer>;
  /** A whole bundle without attachments in one request. */
  atOnce(context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer>;
}

export function openIntake(ports: InboxPorts): Intake {
  return {
    commit: (context, body) => commit(ports, context, body),
    atOnce: (context, body) => atOnce(ports, context, body),
  };
}

/** A commit whose record is canonical and ours; whether it is logged is asked inside the transaction. */
interface ReadCommit {
  readonly commit: Commit;
  readonly record: SentRecord;
  readonly proof: LogProof;
}

async function commit(ports: InboxPorts, context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  const message = orMalformed(() => parseCommit(body));
  const row = await ports.store.read((reader) => reader.first(inboxQueries.get, { sender: peer.name, bundle }));
  if (row === undefined) throw new Refusal('REC_NOT_FOUND');
  if (row.state !== 'open') return repeatDecision(ports, context, row);
  const manifest = parseManifest(row.manifest);
  if (!(await partsAreComplete(ports, row, manifest))) return partsMissing(ports, row);
  const read = readCommit(ports, context, message, row.manifest_digest);
  const judged = await judgeStored(ports, context, row, manifest);
  return settle(ports, context, { read, digest: row.manifest_digest, manifest, judged });
}

async function atOnce(ports: InboxPorts, context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  const message = orMalformed(() => parseFastPath(body));
  const manifest = checkManifest(ports, peer, bundle, message.manifest);
  if (manifest.attachments.length > 0)
    throw new Refusal('SEND_MALFORMED', { detail: 'a bundle with attachments is sent in parts' });
  await raiseSuiteFloor(ports, peer, manifest);
  const row = await ports.store.read((reader) => reader.first(inboxQueries.get, { sender: peer.name, bundle }));
  const digest = sha256(message.manifest);
  if (row !== undefined && row.state !== 'withdrawn' && !equalBytes(row.manifest_digest, digest))
    throw new Refusal('REC_OTHER_BYTES');
  if (row !== undefined && row.state !== 'open') return repeatDecision(ports, context, row);
  const read = readCommit(ports, context, message.commit, digest);
  const judged = await judgeAtOnce(ports, context, manifest, utf8(message.document));
  return settle(ports, context, { read, digest, manifest, judged, manifestBytes: message.manifest });
}

interface Settling {
  readonly read: ReadCommit;
  /** SHA-256 of the manifest that was judged. */
  readonly digest: Uint8Array;
  readonly manifest: Manifest;
  readonly judged: JudgedContent;
  /** Of the fast path, where no row holds them yet. */
  readonly manifestBytes?: Uint8Array;
}

/**
 * One transaction: the checkpoint is witnessed, the record is found in the log, DELETE is decided against commit, and the
 * effect, its leaf and its sequence number are written. The answer leaves when all that is durable (law 2).
 */
async function settle(ports: InboxPorts, context: PeerRequestContext, settling: Settling): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  let cosignature: string | undefined;
  const refused = await context.write(async (writer) => {
    // Another copy of this commit may have been settled while this one was judged: its answer is given again.
    const known = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (known?.state === 'withdrawn') return undefined;
    if (known !== undefined && !equalBytes(known.manifest_digest, settling.digest))
      return new Refusal('REC_OTHER_BYTES');
    if (known !== undefined && known.state !== 'open') return undefined;
    const witnessed = await witnessCheckpoint(ports, writer, settling.read.commit.checkpoint);
    if (witnessed instanceof Refusal) return witnessed;
    cosignature = witnessed;
    const notLogged = await findLogged(ports, writer, settling.read);
    if (notLogged !== undefined) return new Refusal(notLogged);
    if (known === undefined) await insertRow(ports, writer, context, settling);
    const current = known ?? (await writer.first(inboxQueries.get, { sender: peer.name, bundle }));
    if (current === undefined) return new Refusal('REC_NOT_FOUND');
    await decide(ports, writer, context, current, settling);
    return undefined;
  });
  if (refused !== undefined) throw refused;
  const row = await ports.store.read((reader) => reader.first(inboxQueries.get, { sender: peer.name, bundle }));
  if (row === undefined) throw new Refusal('REC_NOT_FOUND');
  settling.manifest.attachments.forEach((_, n) => ports.prefixes.forget(`${peer.name}/${bundle}/${n}`));
  if (row.state === 'received') ports.onReceived(row);
  return ports.store.read((reader) => decidedAnswer(ports, reader, row, cosignature));
}

async function decide(
  ports: InboxPorts,
  writer: Writer,
  context: PeerRequestContext,
  row: InboxRow,
  { read, manifest, judged }: Settling,
): Promise<void> {
  const { peer, bundle } = context;
  const now = ports.clock.now();
  const record = read.commit.record;
  const digest = sha256(record);
  const known = await writer.first(inboxQueries.seq, { peer: peer.name, seq: read.record.seq });
  const reused = known !== undefined && !equalBytes(known.record_digest, digest);
  if (known === undefined)
    await writer.run(inboxQueries.putSeq, { peer: peer.name, seq: read.record.seq, record_digest: digest });
  if (reused) await keepReuse(ports, writer, context, record);
  let fault: { readonly code: ProblemCode; readonly detail: string } | undefined =
    judged.fault === undefined ? undefined : { code: judged.fault, detail: judged.detail };
  if (reused) fault = { code: 'REC_SEQ_REUSED', detail: '' };
  if (fault === undefined && judged.fault === undefined) {
    const conflict = await takeContent(ports, writer, { peer, row, manifest, content: judged.content, now });
    if (conflict !== undefined) fault = { code: 'REC_CONTENT', detail: conflict };
  }
  const type = fault === undefined ? 'received' : 'refused';
  const x = await ports.log.queue(writer, { type, record, peer: peer.name });
  await writer.run(inboxQueries.decide, {
    sender: peer.name,
    bundle,
    state: type,
    record,
    x,
    refusal_code: fault?.code ?? '',
    refusal_detail: fault?.detail ?? '',
    now,
  });
  if (type === 'refused') await forgetChunks(writer, { sender: peer.name, bundle }, now);
}

/** Reads record and proof; what fails here is answered without a leaf, since nothing is proven yet (Spec §5). */
function readCommit(
  ports: InboxPorts,
  { peer }: PeerRequestContext,
  message: Commit,
  manifestDigest: Uint8Array,
): ReadCommit {
  return orMalformed(() => {
    const record = parseSentRecord(message.record);
    if (nodeOfOrigin(record.from) !== peer.name || !peer.card.logs.some((log) => log.origin === record.from))
      throw new ProtocolError('malformed-record', 'the record is not of a log of the sender');
    if (record.to !== ports.own.origin) throw new ProtocolError('malformed-record', 'the record is not to our log');
    if (!equalBytes(record.manifest, manifestDigest))
      throw new ProtocolError('malformed-record', 'the record names another manifest');
    const proof = parseProof(message.proof);
    if (proof.head.origin !== record.from)
      throw new ProtocolError('malformed-proof', 'the proof is of another log than the record');
    return { commit: message, record, proof };
  });
}

/** Processes the commit's checkpoint exactly as tlog-witness says; evidence is kept even when the commit fails. */
async function witnessCheckpoint(
  ports: InboxPorts,
  writer: Writer,
  body: string | undefined,
): Promise<string | undefined | Refusal> {
  if (body === undefined) return undefined;
  const verdict = await ports.witness.add(writer, body);
  switch (verdict.status) {
    case 200:
      return verdict.line;
    case 409:
      return new Refusal('REC_LOG_SIZE', { size: verdict.size });
    case 422:
      return new Refusal('REC_LOG_FORK');
    default:
      return new Refusal('SEND_MALFORMED', { detail: 'the checkpoint is not one of a log that is witnessed here' });
  }
}

async function findLogged(ports: InboxPorts, writer: Writer, read: ReadCommit): Promise<ProblemCode | undefined> {
  if (!(await ports.witness.hasCosigned(writer, read.proof.head))) return 'REC_NOT_WITNESSED';
  return isLogged(read.proof, 'sent', read.commit.record, logCrypto) ? undefined : 'REC_NOT_LOGGED';
}

async function insertRow(
  ports: InboxPorts,
  writer: Writer,
  { peer, bundle }: PeerRequestContext,
  { manifest, manifestBytes }: Settling,
): Promise<void> {
  if (manifestBytes === undefined) return;
  const now = ports.clock.now();
  await writer.run(inboxQueries.insert, {
    sender: peer.name,
    bundle,
    referral: manifest.referral,
    kind: manifest.kind,
    priority: manifest.priority,
    deadline: manifest.deadline,
    manifest: manifestBytes,
    manifest_digest: sha256(manifestBytes),
    now,
    expires_at: instantOfMs(now),
  });
}

async function keepReuse(
  ports: InboxPorts,
  writer: Writer,
  { peer, bundle }: PeerRequestContext,
  record: Uint8Array,
): Promise<void> {
  const body = new TextDecoder().decode(record);
  const id = ports.random.uuid();
  await writer.run(logQueries.putEvidence, { id, kind: 'seq-reused', peer: peer.name, at: ports.clock.now(), body });
  ports.diagnostics.error('seq-reused', undefined, { peer: peer.name, bundle, evidence: id });
}

/** A decided bundle gives its stored answer again; the request's own nonce is still used up. */
async function repeatDecision(ports: InboxPorts, context: PeerRequestContext, row: InboxRow): Promise<DoorAnswer> {
  await context.write(async () => undefined);
  return ports.store.read((reader) => decidedAnswer(ports, reader, row));
}

async function partsMissing(ports: InboxPorts, row: InboxRow): Promise<DoorAnswer> {
  const have = await ports.store.read((reader) => transferStateOf(ports, reader, row));
  throw new Refusal('REC_PARTS_MISSING', { have: transferStateObject(have) });
}

function orMalformed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal(error.code === 'unknown-version' ? 'REC_VERSION' : 'SEND_MALFORMED', { detail: error.message });
  }
}
