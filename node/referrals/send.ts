import { chunksOf, type Priority } from '../../protocol/bundle/manifest.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { eventOf, type EventFacts } from '../../protocol/bundle/fhir/referral.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parseBundleId, type BundleId, type ReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId } from '../keys/keyring.ts';
import type { Peer } from '../peers/directory.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Consultations } from '../records/consultations.ts';
import type { Patients } from '../records/patients.ts';
import type { Reader, Writer } from '../store/store.ts';
import { refoldReferral } from './apply-events.ts';
import type { ReferralAttachment } from './compose/input.ts';
import { composeSending } from './compose-sending.ts';
import { eventContentPurpose, packEventContent } from './event-content.ts';
import { nextNumber, type BeingComposed } from './numbers.ts';
import type { OutboxPorts } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { outboxSecretsPurpose, writeAttachmentKeys } from './prepare.ts';
import { readSummary, timeOfEvent } from './read-facts.ts';
import { referralQueries } from './referral-queries.ts';
import type { SendReferral } from './referrals.ts';
import { summaryPurpose } from './take-content.ts';

export interface SendPorts extends OutboxPorts {
  readonly patients: Patients;
  readonly consultations: Consultations;
  /** Version of this program, for MessageHeader.source. */
  readonly version: string;
}

/** How long a bundle may take before its delay is escalated (Spec §5). */
export const deadlineMs: Readonly<Record<Priority, number>> = {
  stat: 3_600_000,
  urgent: 24 * 3_600_000,
  routine: 7 * 24 * 3_600_000,
};
export const ranks: Readonly<Record<Priority, number>> = { stat: 0, urgent: 1, routine: 2 };
/** Others may take the next number while one referral is composed. */
const triesMax = 100;

/** Composes a referral from a patient's record and puts it into the outbox, in one transaction (law 2). */
export async function sendReferral(
  ports: SendPorts,
  sending: SendReferral,
  ahead: BeingComposed,
  also?: AlsoWrite,
): Promise<Sent> {
  for (let tries = 1; ; tries += 1) {
    const sent = await tryInLine(ports, sending, ahead, also);
    if (sent !== undefined) {
      ports.wake();
      return sent;
    }
    if (tries >= triesMax)
      throw new OperationError('unavailable', 'too-many-at-once', 'Too many referrals are sent right now. Try again.');
  }
}

/** What else is written in the transaction that stores the referral; what it throws undoes all of it. */
export type AlsoWrite = (writer: Writer, referral: ReferralId) => Promise<void>;

interface Sent {
  readonly id: ReferralId;
  readonly number: string;
  readonly bundle: string;
}

async function tryInLine(
  ports: SendPorts,
  sending: SendReferral,
  ahead: BeingComposed,
  also: AlsoWrite | undefined,
): Promise<Sent | undefined> {
  let isIn = false;
  const line: NumberLine = {
    enter: async (reader, now) => {
      const number = await nextNumber(reader, ports.own.name, 'sent', now, ahead);
      isIn = true;
      return number;
    },
    leave: () => {
      if (isIn) ahead.count -= 1;
      isIn = false;
    },
  };
  try {
    return await trySending(ports, sending, line, also);
  } finally {
    line.leave();
  }
}

interface NumberLine {
  enter(reader: Reader, now: Instant): Promise<string>;
  leave(): void;
}

/** The number stands in the document: `undefined` when another referral took it while this one was composed. */
async function trySending(
  ports: SendPorts,
  sending: SendReferral,
  line: NumberLine,
  also: AlsoWrite | undefined,
): Promise<Sent | undefined> {
  const now = ports.clock.now();
  const { peer, id, number, expiresAt, attachments, composed, sound } = await composeSending(ports, sending, now, () =>
    ports.store.read((reader) => line.enter(reader, now)),
  );
  const bundle = parseBundleId(ports.random.uuid());
  const facts = eventOf(sound);
  const summary = readSummary(sound, ports.own.name);
  const packed = await packEventContent(composed.bytes);
  const isStored = await ports.store.write(async (writer) => {
    line.leave();
    if ((await nextNumber(writer, ports.own.name, 'sent', now)) !== number) return false;
    const dataKey = await ports.patients.dataKeyOf(writer, sending.patient);
    await writer.run(referralQueries.insert, {
      id,
      direction: 'sent',
      peer: peer.name,
      state: 'draft',
      priority: sending.priority,
      number,
      patient: sending.patient,
      data_key: dataKey,
      summary: await ports.keyring.seal(writer, dataKey, summaryPurpose, utf8(JSON.stringify(summary))),
      now,
      expires_at: expiresAt,
    });
    await insertOwnEvent(ports, writer, {
      bundle,
      referral: id,
      author: 'sender',
      facts,
      digest: sha256(composed.bytes),
      packed,
      dataKey,
      now,
    });
    await enqueue(ports, writer, {
      bundle,
      referral: id,
      peer,
      kind: 'referral',
      message: composed.messageId,
      priority: sending.priority,
      dataKey,
      attachments,
      now,
    });
    await refoldReferral(writer, id, now);
    await also?.(writer, id);
    return true;
  });
  return isStored ? { id, number, bundle } : undefined;
}

export interface OwnEvent {
  readonly bundle: BundleId;
  readonly referral: ReferralId;
  readonly author: 'sender' | 'receiver';
  readonly facts: EventFacts;
  readonly digest: Uint8Array;
  readonly packed: Uint8Array;
  readonly dataKey: DataKeyId;
  readonly now: Instant;
}

/** Keeps an event that this hospital composed, exactly as it will be sent. */
export async function insertOwnEvent(ports: OutboxPorts, writer: Writer, event: OwnEvent): Promise<void> {
  const { bundle, referral, author, facts, digest, packed, dataKey, now } = event;
  await writer.run(referralQueries.insertEvent, {
    bundle,
    referral,
    author,
    name: facts.event,
    seq: facts.order.seq,
    digest,
    prev: facts.order.prev ?? null,
    seen: facts.order.seen ?? null,
    at: timeOfEvent(facts, now),
    status: 'waiting',
    reason: '',
    content: await ports.keyring.seal(writer, dataKey, eventContentPurpose, packed),
    message: facts.message,
    role: facts.role,
  });
}

export interface Enqueuing {
  readonly bundle: BundleId;
  readonly referral: ReferralId;
  readonly peer: Peer;
  readonly kind: 'referral' | 'event';
  readonly message: string;
  readonly priority: Priority;
  readonly dataKey: DataKeyId;
  readonly attachments: readonly Pick<ReferralAttachment, 'id' | 'size' | 'key'>[];
  readonly now: Instant;
}

/** Puts a bundle into the durable outbox; it is prepared and sent by the dispatcher. */
export async function enqueue(ports: OutboxPorts, writer: Writer, queued: Enqueuing): Promise<void> {
  const { bundle, referral, peer, kind, message, priority, dataKey, attachments, now } = queued;
  const keys = writeAttachmentKeys(attachments.map((attachment) => attachment.key));
  await writer.run(outboxQueries.insert, {
    bundle,
    peer: peer.name,
    referral,
    kind,
    message,
    priority,
    rank: ranks[priority],
    deadline: now + deadlineMs[priority],
    data_key: dataKey,
    secrets: await ports.keyring.seal(writer, dataKey, outboxSecretsPurpose, keys),
    now,
  });
  for (const [n, { id: attachment, size }] of attachments.entries())
    await writer.run(outboxQueries.insertAttachment, { bundle, n, attachment, size, chunks: chunksOf(size) });
}
