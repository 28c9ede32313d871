import type { EventFacts } from '../../protocol/bundle/fhir/referral.ts';
import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { equalBytes, toBase64Url } from '../../protocol/bytes.ts';
import { parseReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { DataKeyId } from '../keys/keyring.ts';
import { noteChange } from '../live/live.ts';
import type { Peer } from '../peers/directory.ts';
import type { Writer } from '../store/store.ts';
import { findReferral, refoldReferral } from './apply-events.ts';
import { noteDepartment } from './departments.ts';
import { eventContentPurpose } from './event-content.ts';
import type { InboxPorts, InboxRow } from './inbox-ports.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { BundleContent } from './judge-content.ts';
import { nextNumber } from './numbers.ts';
import { readSummary, timeOfEvent } from './read-facts.ts';
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
 * contradicts what is held, where it does: then the bundle is refused (Spec bundle §2, duplicates).
 */
export async function takeContent(ports: InboxPorts, writer: Writer, taking: Taking): Promise<string | undefined> {
  const { content, manifest, peer } = taking;
  if (content.message === undefined) return undefined;
  const { facts, bundle } = content.message;
  const digest = sha256(content.plaintext);
  const sent = await writer.first(referralQueries.get, { id: manifest.referral, direction: 'sent' });
  const author = sent === undefined ? 'sender' : 'receiver';
  const known = await writer.first(referralQueries.eventByKey, { author, message: facts.message });
  if (known !== undefined)
    return equalBytes(known.digest, digest) ? undefined : 'another message has this MessageHeader.id';
  const held = await findReferral(writer, manifest.referral);
  if (manifest.kind === 'referral' && held !== undefined) return 'another referral is held under this referral id';
  if (held !== undefined && held.peer !== peer.name) return 'the referral is not one between the two hospitals';
  const dataKey = await keyFor(ports, writer, taking, held);
  if (manifest.kind === 'referral') await takeReferral(ports, writer, taking, facts, dataKey, bundle);
  await writer.run(referralQueries.insertEvent, {
    bundle: manifest.bundle,
    referral: manifest.referral,
    author,
    name: facts.event,
    seq: facts.order.seq,
    digest,
    prev: facts.order.prev ?? null,
    seen: facts.order.seen ?? null,
    at: timeOfEvent(facts, taking.now),
    status: 'waiting',
    reason: '',
    content: await ports.keyring.seal(writer, dataKey, eventContentPurpose, content.packed),
    message: facts.message,
    role: facts.role,
  });
  await takeAttachments(ports, writer, taking, dataKey);
  await refoldReferral(writer, manifest.referral, taking.now);
  // An event that changes no state is shown with its referral as well.
  if (manifest.kind === 'event') await noteChange(writer, 'referral', manifest.referral);
  return undefined;
}

/**
 * The key under which everything of a referral lies. An event that came before its referral brought a key of its own, and
 * the referral takes that one.
 */
async function keyFor(
  ports: InboxPorts,
  writer: Writer,
  { row, manifest, peer }: Taking,
  held: { readonly data_key: string } | undefined,
): Promise<DataKeyId> {
  if (held !== undefined) return ports.dataKeyOf(held.data_key);
  const early = await writer.first(inboxQueries.keyOfEarlier, { sender: peer.name, referral: manifest.referral });
  const known = early?.data_key ?? row.data_key;
  const dataKey =
    known === null || known === undefined ? await ports.keyring.newDataKey(writer) : ports.dataKeyOf(known);
  await writer.run(inboxQueries.putDataKey, { sender: peer.name, bundle: manifest.bundle, data_key: dataKey });
  return dataKey;
}

async function takeReferral(
  ports: InboxPorts,
  writer: Writer,
  { peer, manifest, now }: Taking,
  facts: EventFacts,
  dataKey: DataKeyId,
  bundle: JsonObject,
): Promise<void> {
  const summary = readSummary(bundle, peer.name);
  const expiresAt = facts.expiresAt ?? manifest.deadline;
  // What another hospital said of this id before the referral was here is about nothing that is held.
  await writer.run(referralQueries.forgetForeignEvents, { referral: manifest.referral, peer: peer.name });
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
    expires_at: expiresAt,
  });
  await noteDepartment(writer, ports.keyring, {
    referral: manifest.referral,
    name: summary.specialty,
    priority: manifest.priority,
    arrivedAt: now,
    expiresAt,
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
