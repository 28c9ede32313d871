import { checkBundle } from '../../protocol/bundle/fhir/check.ts';
import { attachmentsMax, bundlePlaintextBytesMax } from '../../protocol/http/limits.ts';
import { parseReferralId, type AttachmentId, type ReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { Peer } from '../peers/directory.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Consultation, PatientDetails, PatientId } from '../records/model.ts';
import { ComposeError } from './compose/errors.ts';
import type { ReferralAttachment } from './compose/input.ts';
import { composeReferral, type ComposedReferral } from './compose/referral.ts';
import type { SendReferral } from './referrals.ts';
import { assertSeen, markOf } from './seen-content.ts';
import type { SendPorts } from './send.ts';

const expiryMsDefault = 30 * 24 * 3_600_000;
const consentMsDefault = 365 * 24 * 3_600_000;
const attachmentKeyBytes = 32;

/** A referral as it would leave: composed, and read again as its receiver will read it. */
export interface ComposedSending {
  readonly peer: Peer;
  readonly id: ReferralId;
  readonly expiresAt: Instant;
  readonly details: PatientDetails;
  readonly consultations: readonly Consultation[];
  readonly attachments: readonly ReferralAttachment[];
  readonly composed: ComposedReferral;
  readonly sound: JsonObject;
  /** Of what the record says in it; the same for the next one unless the record is changed. */
  readonly mark: string;
}

/**
 * Composes a referral from what is held of the patient, without storing anything: for sending it, and for showing it
 * before. `number` is asked for last, when everything else is known to be there.
 */
export async function composeSending(
  ports: SendPorts,
  sending: SendReferral,
  now: Instant,
  number: () => Promise<string>,
): Promise<ComposedSending & { readonly number: string }> {
  const peer = ports.directory.get(sending.to);
  if (peer.state !== 'paired')
    throw new OperationError('conflict', 'not-paired', `${peer.name} is ${peer.state}: nothing can be sent to it now.`);
  const patient = await ports.patients.get(sending.patient);
  const details = sending.policeCase === true ? { ...patient.details, policeCase: true } : patient.details;
  const consultations = await chosenConsultations(ports, sending);
  const attachments = await chosenAttachments(ports, sending.patient, sending.attachments ?? []);
  const mark = markOf({ receiver: partyOf(peer.card), details, consultations, attachments });
  assertSeen(sending.seen, mark);
  const id = parseReferralId(ports.random.uuid());
  const expiresAt = sending.expiresAt ?? instantOfMs(now + expiryMsDefault);
  const given = await number();
  const composed = orInvalid(() =>
    composeReferral({
      now,
      zone: sending.zone ?? 'UTC',
      version: ports.version,
      uuid: () => ports.random.uuid(),
      sender: partyOf(ports.own),
      receiver: partyOf(peer.card),
      referral: id,
      number: given,
      patient: details,
      consultations,
      attachments,
      reason: sending.reason,
      question: sending.question,
      ...(sending.note === undefined ? {} : { note: sending.note }),
      ...(sending.specialty === undefined ? {} : { specialty: sending.specialty }),
      priority: sending.priority,
      expiresAt,
      ground: sending.ground ?? { kind: 'consent', from: now, to: instantOfMs(now + consentMsDefault) },
      author: sending.author,
    }),
  );
  const sound = readSound(ports, composed.bytes, peer, id, attachments);
  return { peer, id, number: given, expiresAt, details, consultations, attachments, composed, sound, mark };
}

export function partyOf(node: {
  readonly name: Peer['name'];
  readonly title: string;
  readonly url: Peer['card']['url'];
}) {
  return { name: node.name, title: node.title, url: node.url };
}

async function chosenConsultations(ports: SendPorts, sending: SendReferral): Promise<readonly Consultation[]> {
  const all = await ports.consultations.list(sending.patient);
  const chosen = sending.consultations;
  if (chosen === undefined) return all;
  if (!chosen.every((id) => all.some((each) => each.id === id)))
    throw new OperationError('not-found', 'unknown-consultation', 'A chosen consultation is not one of this patient.');
  return all.filter((each) => chosen.includes(each.id));
}

/** Files of a patient as a message carries them, each under a key of its own. */
export async function chosenAttachments(
  ports: SendPorts,
  patient: PatientId,
  ids: readonly AttachmentId[],
): Promise<readonly ReferralAttachment[]> {
  if (ids.length > attachmentsMax)
    throw new OperationError(
      'invalid',
      'too-many-attachments',
      `A referral carries ${attachmentsMax} attachments at most.`,
    );
  const held = ids.length === 0 ? [] : await ports.attachments.list(patient);
  const chosen = ids.map((id) => {
    const attachment = held.find((each) => each.id === id);
    if (attachment === undefined)
      throw new OperationError('not-found', 'unknown-attachment', 'A chosen attachment is not one of this patient.');
    const { title, contentType, size, sha256: digest, createdAt, consultation } = attachment;
    const key = ports.random.bytes(attachmentKeyBytes);
    return {
      id,
      title,
      contentType,
      size,
      sha256: digest,
      key,
      createdAt,
      ...(consultation === undefined ? {} : { consultation }),
    };
  });
  if (chosen.reduce((sum, each) => sum + each.size, 0) > bundlePlaintextBytesMax)
    throw new OperationError('invalid', 'too-large', 'The attachments together are larger than a referral may be.');
  return chosen;
}

/** Reads the bundle as its receiver will: what we would refuse from another we do not send either. */
function readSound(
  ports: SendPorts,
  bytes: Uint8Array,
  peer: Peer,
  referral: ReferralId,
  attachments: readonly ReferralAttachment[],
): JsonObject {
  const checked = checkBundle(bytes, {
    layer: 'profile',
    sender: ports.own.name,
    receiver: peer.name,
    kind: 'referral',
    referral,
    attachments,
  });
  if (checked.ok) return checked.bundle;
  const [first] = checked.issues;
  throw new OperationError(
    'invalid',
    'referral-unsound',
    `The referral breaks the rules of the exchange and was not sent: ${first?.expression ?? ''}: ${first?.diagnostics ?? ''}`,
  );
}

function orInvalid<T>(compose: () => T): T {
  try {
    return compose();
  } catch (error) {
    if (error instanceof ComposeError) throw new OperationError('invalid', error.code, error.message, { cause: error });
    throw error;
  }
}
