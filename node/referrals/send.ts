import { utf8 } from '../../protocol/bytes.ts';
import { eventOf, type EventFacts } from '../../protocol/bundle/fhir/referral.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parseBundleId, type BundleId, type ReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId } from '../keys/keyring.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Consultations } from '../records/consultations.ts';
import type { Patients } from '../records/patients.ts';
import type { Reader, Writer } from '../store/store.ts';
import { refoldReferral } from './apply-events.ts';
import { composeSending, type ComposedSending } from './compose-sending.ts';
import { deadlineMs, enqueue, ranks } from './enqueue.ts';
import { eventContentPurpose, packEventContent } from './event-content.ts';
import { nextNumber, type BeingComposed } from './numbers.ts';
import type { Departures, OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { sealBundle, type SealedBundle } from './prepare.ts';
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

/** Others may take the next number while one referral is composed. */
const triesMax = 100;

export interface ReferralSendPorts extends SendPorts {
  readonly departures: Departures;
}

/**
 * Composes a referral from a patient's record and puts it into the outbox, in one transaction (law 2). Without attachments,
 * and with nothing of the same peer before it, it is sealed first: then this transaction holds its sent leaf too, and it
 * leaves when that is durable.
 */
export async function sendReferral(
  ports: ReferralSendPorts,
  sending: SendReferral,
  ahead: BeingComposed,
  also?: AlsoWrite,
): Promise<Sent> {
  for (let tries = 1; ; tries += 1) {
    const sent = await tryInLine(ports, sending, ahead, also);
    if (sent !== undefined) return sent;
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
  ports: ReferralSendPorts,
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
  ports: ReferralSendPorts,
  sending: SendReferral,
  line: NumberLine,
  also: AlsoWrite | undefined,
): Promise<Sent | undefined> {
  const now = ports.clock.now();
  const sent = await composeSending(ports, sending, now, () => ports.store.read((reader) => line.enter(reader, now)));
  const { id, number, peer } = sent;
  const bundle = parseBundleId(ports.random.uuid());
  const packed = await packEventContent(sent.composed.bytes);
  using departure =
    sent.attachments.length > 0
      ? undefined
      : ports.departures.reserve({ bundle, peer: peer.name, rank: ranks[sending.priority] });
  const storing = { sending, sent, bundle, packed, now };
  const sealed = departure === undefined ? undefined : await sealNow(ports, storing);
  const store = (parts: SealedBundle | undefined): Promise<OutboxRow | undefined> =>
    ports.store.write(async (writer) => {
      line.leave();
      if ((await nextNumber(writer, ports.own.name, 'sent', now)) !== number) return undefined;
      const stored = await storeSending(ports, writer, storing, parts);
      await also?.(writer, id);
      return stored;
    });
  const row = await store(sealed).catch((error: unknown) => {
    // A log that signs nothing now, because of the clock say, keeps nobody from referring: the leaf comes later.
    if (sealed === undefined || !(error instanceof OperationError)) throw error;
    return store(undefined);
  });
  if (row === undefined) return undefined;
  if (row.state === 'leaving') departure?.go(row);
  else ports.wake();
  return { id, number, bundle };
}

interface Storing {
  readonly sending: SendReferral;
  readonly sent: ComposedSending & { readonly number: string };
  readonly bundle: BundleId;
  readonly packed: Uint8Array;
  readonly now: Instant;
}

/** `undefined` where it cannot be sealed now: the dispatcher says why, and tries again. */
async function sealNow(
  ports: ReferralSendPorts,
  { sending, sent, bundle, packed, now }: Storing,
): Promise<SealedBundle | undefined> {
  const { priority } = sending;
  try {
    return await sealBundle(ports, {
      bundle,
      referral: sent.id,
      peer: sent.peer.name,
      kind: 'referral',
      priority,
      deadline: now + deadlineMs[priority],
      plaintext: sent.composed.bytes,
      packed,
      attachments: [],
    });
  } catch (error) {
    if (error instanceof OperationError) return undefined;
    throw error;
  }
}

async function storeSending(
  ports: ReferralSendPorts,
  writer: Writer,
  { sending, sent, bundle, packed, now }: Storing,
  sealed: SealedBundle | undefined,
): Promise<OutboxRow> {
  const { id, number, peer, expiresAt, attachments, composed, sound } = sent;
  const dataKey = await ports.patients.dataKeyOf(writer, sending.patient);
  const summary = readSummary(sound, ports.own.name);
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
    facts: eventOf(sound),
    digest: sha256(composed.bytes),
    packed,
    dataKey,
    now,
  });
  const row = await enqueue(
    ports,
    writer,
    {
      bundle,
      referral: id,
      peer,
      kind: 'referral',
      message: composed.messageId,
      priority: sending.priority,
      dataKey,
      attachments,
      now,
    },
    sealed,
  );
  await refoldReferral(writer, id, now);
  return row;
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
