import { parseManifest, type Manifest } from '../../protocol/bundle/manifest.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { verifyDocumentToken } from '../../protocol/bundle/document.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { openTransfersMax, transferIdleMs } from '../../protocol/http/limits.ts';
import type { BundleId } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { writePutAnswer, writeTransferState } from '../../protocol/messages.ts';
import type { Peer } from '../peers/directory.ts';
import { jsonAnswer, problemAnswer, Refusal, type DoorAnswer } from './answers.ts';
import { transferStateOf } from './inbox-state.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, PeerRequestContext } from './inbox-ports.ts';
import { findOpeningKey, openBundleDocument, writeOpenedSecrets, type OpenedDocument } from './open-bundle.ts';
import { openRow, openedPurpose } from './open-transfer.ts';
import { putChunk, type ChunkUpload } from './put-chunk.ts';
import { readAttachments } from './read-facts.ts';
import { withdraw } from './withdraw-transfer.ts';

/** The parts of a bundle as they arrive (Spec §5): manifest, document, chunks; each idempotent. */
export interface Inbox {
  putManifest(context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer>;
  putDocument(context: PeerRequestContext, body: Uint8Array): Promise<DoorAnswer>;
  putChunk(context: PeerRequestContext, at: ChunkUpload): Promise<DoorAnswer>;
  state(context: PeerRequestContext): Promise<DoorAnswer>;
  withdraw(context: PeerRequestContext): Promise<DoorAnswer>;
}

export function openInbox(ports: InboxPorts): Inbox {
  return {
    putManifest: (context, body) => putManifest(ports, context, body),
    putDocument: (context, body) => putDocument(ports, context, body),
    putChunk: (context, at) => putChunk(ports, context, at),
    state: async ({ peer, bundle }) =>
      ports.store.read(async (reader) => {
        const row = await reader.first(inboxQueries.get, { sender: peer.name, bundle });
        if (row === undefined || row.manifest.length === 0) return problemAnswer('REC_NOT_FOUND', ports.newRef());
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

function readManifest(body: Uint8Array): Manifest {
  try {
    return parseManifest(body);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal(error.code === 'unknown-version' ? 'REC_VERSION' : 'SEND_MALFORMED', { detail: error.message });
  }
}
