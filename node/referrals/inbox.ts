import { parseManifest, type Manifest } from '../../protocol/bundle/manifest.ts';
import { tokenBytesOf } from '../../protocol/crypto/fernet-token.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { chunkPlaintextBytes, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { verifyDocumentToken } from '../../protocol/bundle/document.ts';
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { openTransfersMax, transferIdleMs } from '../../protocol/http/limits.ts';
import type { BundleId } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { writePutAnswer, writeWithdrawnAnswer, writeTransferState } from '../../protocol/messages.ts';
import { BlobError, parseBlobName, type BlobName } from '../blobs/blob-store.ts';
import type { Peer } from '../peers/directory.ts';
import type { ByteStream } from '../platform/files.ts';
import type { Reader } from '../store/store.ts';
import { jsonAnswer, problemAnswer, Refusal, type DoorAnswer, type GuardedWrite } from './answers.ts';
import { readAttachments } from './read-facts.ts';
import { storeChunk, type ArrivingAttachment } from './chunk-intake.ts';
import { decidedAnswer, transferStateOf } from './inbox-state.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, InboxRow } from './inbox-ports.ts';
import {
  findOpeningKey,
  openBundleDocument,
  parseOpenedSecrets,
  writeOpenedSecrets,
  type OpenedDocument,
} from './open-bundle.ts';

/** One request of a paired peer, after its signature, time, nonce and quota have been looked at. */
export interface PeerRequestContext {
  readonly peer: Peer;
  readonly bundle: BundleId;
  readonly write: GuardedWrite;
}

/** The parts of a bundle as they arrive (Spec §5): manifest, document, chunks; each idempotent. */
export interface Inbox {
  putManifest(context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer>;
  putDocument(context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer>;
  putChunk(context: PeerRequestContext, at: ChunkUpload): Promise<DoorAnswer>;
  state(context: PeerRequestContext): Promise<DoorAnswer>;
  withdraw(context: PeerRequestContext): Promise<DoorAnswer>;
}

export interface ChunkUpload {
  readonly attachment: number;
  readonly chunk: number;
  /** Content-Length, and the SHA-256 that the request's signature covers. */
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly body: ByteStream;
}

export const openedPurpose = 'inbox.opened';

export function openInbox(ports: InboxPorts): Inbox {
  return {
    putManifest: (context, body) => putManifest(ports, context, body),
    putDocument: (context, body) => putDocument(ports, context, body),
    putChunk: (context, at) => putChunk(ports, context, at),
    state: async ({ peer, bundle }) =>
      ports.store.read(async (reader) => {
        const row = await reader.first(inboxQueries.get, { sender: peer.name, bundle });
        if (row === undefined || row.manifest.length === 0) return problem(ports, 'REC_NOT_FOUND');
        return jsonAnswer(200, writeTransferState(await transferStateOf(ports, reader, row)));
      }),
    withdraw: (context) => withdraw(ports, context),
  };
}

/** Reads a manifest that a peer sent under a bundle's path; every rule that needs no body (Spec §4, §5). */
export function checkManifest(ports: InboxPorts, peer: Peer, bundle: BundleId, body: Uint8Array): Manifest {
  const manifest = readManifest(body);
  if (manifest.from !== peer.name || manifest.to !== ports.own.name) throw new Refusal('SEND_NOT_YOURS');
  if (manifest.bundle !== bundle)
    throw new Refusal('SEND_MALFORMED', { detail: 'the manifest names another bundle than the path' });
  if (manifest.suite < peer.suiteFloor) throw new Refusal('SEND_DOWNGRADE');
  if (findOpeningKey(manifest, ports.own.secrets.opening) === undefined) throw new Refusal('REC_KEY_GONE');
  const total = manifest.attachments.reduce((sum, part) => sum + part.size, 0);
  if (total > ports.own.maxBundle)
    throw new Refusal('REC_QUOTA', { detail: 'the bundle is larger than our card allows' });
  return manifest;
}

/** A suite that a peer has once used is the least that is taken from it from then on (Spec §4). */
export async function raiseSuiteFloor(ports: InboxPorts, peer: Peer, { suite }: Manifest): Promise<void> {
  if (suite <= peer.suiteFloor) return;
  await ports.directory.change(peer.name, (current) => ({
    ...current,
    suiteFloor: Math.max(suite, current.suiteFloor),
  }));
}

async function putManifest(ports: InboxPorts, context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  const manifest = checkManifest(ports, peer, bundle, body);
  await raiseSuiteFloor(ports, peer, manifest);
  const digest = sha256(body);
  return context.write(async (writer) => {
    const now = ports.clock.now();
    const expires = instantOfMs(now + transferIdleMs);
    const row = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (row === undefined) {
      const open = await writer.first(inboxQueries.openCount, { sender: peer.name });
      if ((open?.count ?? 0) >= openTransfersMax) throw new Refusal('REC_QUOTA', { detail: 'too many open transfers' });
      await writer.run(inboxQueries.insert, {
        sender: peer.name,
        bundle,
        referral: manifest.referral,
        kind: manifest.kind,
        priority: manifest.priority,
        deadline: manifest.deadline,
        manifest: body,
        manifest_digest: digest,
        now,
        expires_at: expires,
      });
      return jsonAnswer(201, writePutAnswer(expires));
    }
    if (row.state === 'withdrawn') throw new Refusal('REC_WITHDRAWN');
    if (!equalBytes(row.manifest_digest, digest)) throw new Refusal('REC_OTHER_BYTES');
    await writer.run(inboxQueries.extend, { sender: peer.name, bundle, expires_at: expires });
    return jsonAnswer(200, writePutAnswer(expires));
  });
}

async function putDocument(ports: InboxPorts, context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  const row = await openRow(ports, context);
  const manifest = parseManifest(row.manifest);
  try {
    verifyDocumentToken({ sha256 }, manifest.document, body);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal(row.document === null ? 'REC_COMMITMENT' : 'REC_OTHER_BYTES');
  }
  const key = findOpeningKey(manifest, ports.own.secrets.opening);
  if (key === undefined) throw new Refusal('REC_KEY_GONE');
  const opened =
    row.document === null && row.state === 'open' ? await openBundleDocument(manifest, body, key) : undefined;
  const kept = opened === undefined ? undefined : keptOf(opened, manifest);
  return context.write(async (writer) => {
    const expires = instantOfMs(ports.clock.now() + transferIdleMs);
    const current = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (current === undefined) throw new Refusal('REC_NOT_FOUND');
    if (current.state === 'withdrawn') throw new Refusal('REC_WITHDRAWN');
    if (current.state !== 'open' || current.document !== null || kept === undefined) {
      await writer.run(inboxQueries.extend, { sender: peer.name, bundle, expires_at: expires });
      return jsonAnswer(200, writePutAnswer(expires));
    }
    const dataKey = await ports.keyring.newDataKey(writer);
    await writer.run(inboxQueries.putDocument, {
      sender: peer.name,
      bundle,
      document: body,
      opened: kept.secrets === null ? null : await ports.keyring.seal(writer, dataKey, openedPurpose, kept.secrets),
      fault: kept.fault,
      data_key: dataKey,
      expires_at: expires,
    });
    return jsonAnswer(201, writePutAnswer(expires));
  });
}

/** What is remembered between document and commit: enough to check chunks, or why the document does not open. */
function keptOf(
  opened: OpenedDocument,
  manifest: Manifest,
): { readonly secrets: Uint8Array | null; readonly fault: string } {
  if (opened.fault !== undefined) return { secrets: null, fault: opened.fault };
  const attachments = readAttachments(opened.plaintext);
  // What the document does not name no chunk can complete: the commit refuses it, and asks for no part before.
  const named = manifest.attachments.every(({ id, size }) =>
    attachments?.some((each) => each.id === id && each.size === size),
  );
  if (attachments === undefined || !named) return { secrets: null, fault: 'REC_CONTENT' };
  return { secrets: writeOpenedSecrets({ secrets: opened.secrets, attachments }), fault: '' };
}

async function putChunk(ports: InboxPorts, context: PeerRequestContext, at: ChunkUpload): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  const row = await openRow(ports, context);
  const manifest = parseManifest(row.manifest);
  const part = manifest.attachments[at.attachment];
  if (part === undefined || at.chunk >= part.chunks)
    throw new Refusal('SEND_MALFORMED', { detail: 'the manifest has no such chunk' });
  if (row.document === null && row.state === 'open') throw new Refusal('REC_DOCUMENT_FIRST');
  const held = await ports.store.read((reader) =>
    reader.first(inboxQueries.chunk, { sender: peer.name, bundle, n: at.attachment, i: at.chunk }),
  );
  const name = toHex(at.sha256);
  if (held !== undefined && held.blob !== name) throw new Refusal('REC_OTHER_BYTES');
  if (held !== undefined || row.state !== 'open') return extendOnly(ports, context);
  const attachment = await arrivingAttachment(ports, row, manifest, at.attachment);
  if (attachment === undefined)
    throw new Refusal('REC_CONTENT', { detail: 'the document does not name this attachment' });
  const place: ChunkPlace = { ...attachment, index: at.chunk };
  if (at.size !== tokenBytesOf(chunkPlaintextBytes(place)))
    throw new Refusal('REC_COMMITMENT', { detail: 'the chunk has another length than the manifest says' });
  const room = ports.prefixes.lend();
  let isHeld = false;
  try {
    const { leafHash: leaf, verified } = await takeChunk(ports, place, name, at, room);
    const answer = await writeChunk(ports, context, at, name, leaf);
    isHeld = room !== undefined;
    const held = room === undefined ? undefined : { index: at.chunk, room, size: at.size, verified };
    const blobOf = blobReader(ports, context, at.attachment);
    ports.prefixes.arrived(prefixKey(context, at.attachment), attachment, blobOf, held);
    return answer;
  } finally {
    if (!isHeld) ports.prefixes.giveBack(room);
  }
}

function writeChunk(
  ports: InboxPorts,
  { peer, bundle, write }: PeerRequestContext,
  at: ChunkUpload,
  name: string,
  leaf: Uint8Array,
): Promise<DoorAnswer> {
  return write(async (writer) => {
    const now = ports.clock.now();
    const expires = instantOfMs(now + transferIdleMs);
    const current = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (current?.state !== 'open')
      throw new Refusal(current?.state === 'withdrawn' ? 'REC_WITHDRAWN' : 'REC_NOT_FOUND');
    const again = await writer.first(inboxQueries.chunk, { sender: peer.name, bundle, n: at.attachment, i: at.chunk });
    await writer.run(inboxQueries.extend, { sender: peer.name, bundle, expires_at: expires });
    if (again !== undefined) return jsonAnswer(200, writePutAnswer(expires));
    const chunk = { sender: peer.name, bundle, n: at.attachment, i: at.chunk };
    await writer.run(inboxQueries.putChunk, { ...chunk, blob: name, size: at.size, leaf });
    return jsonAnswer(201, writePutAnswer(expires));
  });
}

async function takeChunk(
  ports: InboxPorts,
  place: ChunkPlace,
  name: string,
  at: ChunkUpload,
  room: Uint8Array | undefined,
): ReturnType<typeof storeChunk> {
  try {
    return await storeChunk(ports.blobs, place, name, at.size, at.body, room);
  } catch (error) {
    if (error instanceof BlobError && error.code === 'damaged') throw new Refusal('NET_DIGEST');
    if (error instanceof BlobError && error.code === 'full') throw new Refusal('REC_DISK_FULL');
    if (error instanceof ProtocolError) throw new Refusal('REC_COMMITMENT', { detail: 'the chunk does not open' });
    throw error;
  }
}

async function withdraw(ports: InboxPorts, { peer, bundle, write }: PeerRequestContext): Promise<DoorAnswer> {
  const answer = await write(async (writer) => {
    const now = ports.clock.now();
    const row = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (row === undefined)
      await writer.run(inboxQueries.insertWithdrawn, { sender: peer.name, bundle, now, nothing: new Uint8Array(0) });
    if (row !== undefined && (row.state === 'received' || row.state === 'refused')) return undefined;
    if (row?.state === 'open') {
      const none = { record: null, x: null, refusal_code: '', refusal_detail: '' };
      await writer.run(inboxQueries.decide, { sender: peer.name, bundle, state: 'withdrawn', ...none, now });
      await writer.run(inboxQueries.forgetChunks, { sender: peer.name, bundle });
    }
    return jsonAnswer(200, writeWithdrawnAnswer());
  });
  if (answer !== undefined) return answer;
  return ports.store.read(async (reader) => {
    const row = await reader.first(inboxQueries.get, { sender: peer.name, bundle });
    if (row === undefined) return problem(ports, 'REC_NOT_FOUND');
    const decided = await decidedAnswer(ports, reader, row);
    if (row.state !== 'received') return decided;
    const receipt = await ports.proofOf(reader, row);
    return problem(ports, 'REC_RECEIVED', { receipt });
  });
}

/** The row that a part belongs to: it exists, and it was not withdrawn. */
async function openRow(ports: InboxPorts, { peer, bundle }: PeerRequestContext): Promise<InboxRow> {
  const row = await ports.store.read((reader) => reader.first(inboxQueries.get, { sender: peer.name, bundle }));
  if (row === undefined) throw new Refusal('REC_NOT_FOUND');
  if (row.state === 'withdrawn') throw new Refusal('REC_WITHDRAWN');
  return row;
}

async function extendOnly(ports: InboxPorts, { peer, bundle, write }: PeerRequestContext): Promise<DoorAnswer> {
  const expires = instantOfMs(ports.clock.now() + transferIdleMs);
  await write(async (writer) => writer.run(inboxQueries.extend, { sender: peer.name, bundle, expires_at: expires }));
  return jsonAnswer(200, writePutAnswer(expires));
}

/** The attachment as manifest and document together describe it; `undefined` where they do not fit each other. */
export async function arrivingAttachment(
  ports: InboxPorts,
  row: InboxRow,
  manifest: Manifest,
  n: number,
): Promise<ArrivingAttachment | undefined> {
  const part = manifest.attachments[n];
  const { opened, data_key: dataKey } = row;
  if (part === undefined || opened === null || dataKey === null) return undefined;
  const bytes = await ports.store.read((reader) =>
    ports.keyring.open(reader, ports.dataKeyOf(dataKey), openedPurpose, opened),
  );
  const named = parseOpenedSecrets(bytes).attachments.find((each) => each.id === part.id);
  if (named === undefined || named.size !== part.size) return undefined;
  const { id, size, chunks } = part;
  return { attachmentKey: named.key, bundle: manifest.bundle, id, size, chunks, sha256: named.sha256 };
}

export function prefixKey({ peer, bundle }: Pick<PeerRequestContext, 'peer' | 'bundle'>, n: number): string {
  return `${peer.name}/${bundle}/${n}`;
}

export function blobReader(
  ports: InboxPorts,
  { peer, bundle }: Pick<PeerRequestContext, 'peer' | 'bundle'>,
  n: number,
): (index: number) => Promise<BlobName | undefined> {
  return async (i) => {
    const row = await ports.store.read((reader: Reader) =>
      reader.first(inboxQueries.chunk, { sender: peer.name, bundle, n, i }),
    );
    return row === undefined ? undefined : parseBlobName(row.blob);
  };
}

function readManifest(body: Uint8Array): Manifest {
  try {
    return parseManifest(body);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal(error.code === 'unknown-version' ? 'REC_VERSION' : 'SEND_MALFORMED', { detail: error.message });
  }
}

function problem(
  ports: InboxPorts,
  ...args: [Parameters<typeof problemAnswer>[0], Parameters<typeof problemAnswer>[2]?]
): DoorAnswer {
  return problemAnswer(args[0], ports.newRef(), args[1]);
}
