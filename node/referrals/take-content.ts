import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { equalBytes, toBase64Url } from '../../protocol/bytes.ts';
import { parseReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { DataKeyId } from '../keys/keyring.ts';
import type { Peer } from '../peers/directory.ts';
import type { Writer } from '../store/store.ts';
import { refoldReferral } from './apply-events.ts';
import { eventContentPurpose } from './event-content.ts';
import type { InboxPorts, InboxRow } from './inbox-ports.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { BundleContent } from './judge-content.ts';
import { nextNumber } from './numbers.ts';
import { readFacts, readSummary, type MessageFacts } from './read-facts.ts';
import { referralQueries } from './referral-queries.ts';

export const summaryPurpose = 'referral.summary';
export const attachmentPurpose = 'received_attachment.detail';

interface Taking {
  readonly peer: Peer;
  readonly row: InboxRow;
  readonly manifest: Manifest;
  readonly content: BundleContent;
  readonly now: Instant;
}

/**
 * Makes a received bundle part of this hospital's records, inside the transaction of its received leaf. Gives back why it
 * contradicts what is held, where it does: then the bundle is refused (clinical.md §2, duplicates).
 */
export async function takeContent(ports: InboxPorts, writer: Writer, taking: Taking): Promise<string | undefined> {
  const { content, manifest, peer } = taking;
  if (content.bundle === undefined) return undefined;
  const facts = readFacts(content.bundle);
  const digest = sha256(content.plaintext);
  const direction = manifest.kind === 'referral' ? 'received' : await directionOf(writer, manifest.referral, peer);
  const author = direction === 'received' ? 'sender' : 'receiver';
  const known = await writer.first(referralQueries.eventByKey, { author, message: facts.messageId });
  if (known !== undefined)
    return equalBytes(known.digest, digest) ? undefined : 'another message has this MessageHeader.id';
  if (manifest.kind === 'referral') {
    const held = await writer.first(referralQueries.get, { id: manifest.referral, direction: 'received' });
    if (held !== undefined) return 'another referral is held under this referral id';
  }
  const dataKey = await keyFor(ports, writer, taking, direction);
  if (manifest.kind === 'referral') await takeReferral(ports, writer, taking, facts, dataKey, content.bundle);
  await writer.run(referralQueries.insertEvent, {
    bundle: manifest.bundle,
    referral: manifest.referral,
    author,
    name: facts.name,
    seq: facts.seq,
    digest,
    prev: facts.prev ?? null,
    seen: facts.seen ?? null,
    at: taking.now,
    status: 'waiting',
    reason: '',
    content: await ports.keyring.seal(writer, dataKey, eventContentPurpose, content.packed),
    message: facts.messageId,
    role: facts.role,
  });
  await takeAttachments(ports, writer, taking, dataKey);
  await refoldReferral(writer, manifest.referral, taking.now);
  return undefined;
}

/** The same referral id may be held both ways only when a hospital refers to itself, which the manifest forbids. */
async function directionOf(writer: Writer, referral: string, peer: Peer): Promise<'sent' | 'received'> {
  const sent = await writer.first(referralQueries.get, { id: referral, direction: 'sent' });
  return sent !== undefined && sent.peer === peer.name ? 'sent' : 'received';
}

async function keyFor(
  ports: InboxPorts,
  writer: Writer,
  { row, manifest }: Taking,
  direction: 'sent' | 'received',
): Promise<DataKeyId> {
  const referral = await writer.first(referralQueries.get, { id: manifest.referral, direction });
  if (referral !== undefined) return ports.dataKeyOf(referral.data_key);
  return row.data_key === null ? ports.keyring.newDataKey(writer) : ports.dataKeyOf(row.data_key);
}

async function takeReferral(
  ports: InboxPorts,
  writer: Writer,
  { peer, manifest, now }: Taking,
  facts: MessageFacts,
  dataKey: DataKeyId,
  bundle: JsonObject,
): Promise<void> {
  const summary = readSummary(bundle, peer.name);
  await writer.run(referralQueries.insert, {
    id: manifest.referral,
    direction: 'received',
    peer: peer.name,
    state: 'draft',
    priority: manifest.priority,
    number: await nextNumber(writer, ports.own.name, 'received', now),
    patient: null,
    data_key: dataKey,
    summary: await ports.keyring.seal(writer, dataKey, summaryPurpose, utf8(JSON.stringify(summary))),
    now,
    expires_at: facts.expiresAt ?? manifest.deadline,
  });
  if (summary.csvId !== '') {
    const referral = parseReferralId(manifest.referral);
    await ports.receivedPatients.noteReceived(writer, {
      peer: peer.name,
      csvId: summary.csvId,
      referral,
      dataKey,
      at: now,
    });
  }
}

async function takeAttachments(
  ports: InboxPorts,
  writer: Writer,
  { peer, manifest, content }: Taking,
  dataKey: DataKeyId,
): Promise<void> {
  for (const [n, part] of manifest.attachments.entries()) {
    const named = content.attachments.find((each) => each.id === part.id);
    if (named === undefined) continue;
    const { title, contentType } = named;
    const detail = { title, contentType, sha256: toBase64Url(named.sha256), key: toBase64Url(named.key) };
    await writer.run(inboxQueries.putAttachment, {
      referral: manifest.referral,
      sender: peer.name,
      bundle: manifest.bundle,
      n,
      attachment: part.id,
      size: part.size,
      chunks: part.chunks,
      detail: await ports.keyring.seal(writer, dataKey, attachmentPurpose, utf8(JSON.stringify(detail))),
    });
  }
}
