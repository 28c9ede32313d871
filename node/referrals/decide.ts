import { documentBytesMax } from '../../protocol/bundle/limits.ts';
import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { eventOf, referralFactsOf } from '../../protocol/bundle/fhir/referral.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parseBundleId, parseReferralId, type ReferralId } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { parseJsonObject, type JsonObject } from '../../protocol/json.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Writer } from '../store/store.ts';
import { findReferral, readHistory, refoldReferral } from './apply-events.ts';
import type { EventContent, ReferralFacts } from './compose/event-input.ts';
import type { ReferralAttachment } from './compose/input.ts';
import { composeEvent } from './compose/event.ts';
import { partyOf } from './compose-sending.ts';
import { enqueue } from './enqueue.ts';
import { openEventContent, packEventContent } from './event-content.ts';
import { referralQueries } from './referral-queries.ts';
import type { Actor } from './referrals.ts';
import { insertOwnEvent, type SendPorts } from './send.ts';
import { applyEvent, isAccepted, type ReferralEvent } from './state.ts';

type Held = NonNullable<Awaited<ReturnType<typeof findReferral>>>;

export interface Decision {
  readonly referral: ReferralId;
  readonly role: 'triage' | 'clinician' | 'referrer';
  readonly author: Actor;
  /** The number is ours of this referral; `prior` names the states before the present one, nearest first. */
  readonly content: (held: { readonly number: string; readonly prior: string }) => EventContent;
  /** False for what only this hospital needs to know yet. */
  readonly send?: boolean;
  /** Files of the patient that the content names: they travel beside it. */
  readonly attachments?: readonly ReferralAttachment[];
  /** Looks at what is held, both authors' events in their order; throws where this decision was made for something else. */
  readonly check?: (
    events: readonly { readonly name: string; readonly status: string; readonly message: string }[],
  ) => void;
  /** In the words of this decision why the state machine does not allow it. */
  readonly notPossible?: (held: Pick<Held, 'direction' | 'state'>) => OperationError;
  /** What else this decision does, in its transaction. */
  readonly also?: (writer: Writer) => Promise<void>;
}

const triesMax = 3;

/**
 * Composes a signed event of this hospital, applies it here and puts it into the outbox, in one transaction. Fails with
 * `OperationError` code `wrong-state` when the state machine does not allow it (Spec bundle §6).
 */
export async function decideReferral(ports: SendPorts, decision: Decision): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    if (await tryDecision(ports, decision)) break;
    if (tries >= triesMax)
      throw new OperationError(
        'conflict',
        'changed-meanwhile',
        'The referral changes right now; nothing was done. Try again.',
      );
  }
  ports.wake();
}

async function tryDecision(ports: SendPorts, decision: Decision): Promise<boolean> {
  const { referral } = decision;
  const { held, history, rows, firstPacked, firstMessage } = await ports.store.read((reader) =>
    readAll(ports, reader, referral),
  );
  const author = held.direction === 'sent' ? 'sender' : 'receiver';
  const content = decision.content(held);
  const event: ReferralEvent = { name: content.event, author, role: decision.role, at: ports.clock.now() };
  const outcome = applyEvent(history.state, event);
  if (!outcome.applied) throw decision.notPossible?.(held) ?? wrongState(held.state, content.event);
  decision.check?.(rows);
  const own = rows.filter((row) => row.author === author).toSorted((a, b) => a.seq - b.seq);
  const seen = history.judged.findLast((judged) => judged.event.author !== author);
  const last = own.at(-1);
  const peer = ports.directory.get(held.peer);
  const first = parseJsonObject(await bundleCrypto.gunzip(firstPacked, documentBytesMax), fhirJsonRules);
  const about = factsOf(ports, held, first, firstMessage);
  const composed = composeEvent({
    // The other hospital's clock may be ahead of ours (Spec §3): no event is older than what it answers.
    now: instantOfMs(Math.max(ports.clock.now(), about.writtenAt)),
    zone: 'UTC',
    version: ports.version,
    uuid: () => ports.random.uuid(),
    from: partyOf(ports.own),
    to: partyOf(peer.card),
    referral: about,
    order: {
      seq: own.length + 1,
      ...(last === undefined ? {} : { prev: last.digest }),
      ...(seen === undefined ? {} : { seen: Uint8Array.fromHex(seen.event.digest) }),
    },
    content,
    before: history.state.state,
    accepted: isAccepted(history.state),
    author: { ...decision.author, role: decision.role },
  });
  const packed = await packEventContent(composed.bytes);
  const facts = eventOf(parseJsonObject(composed.bytes, fhirJsonRules));
  const bundle = parseBundleId(ports.random.uuid());
  return ports.store.write(async (writer) => {
    const current = await readAll(ports, writer, referral);
    if (current.rows.length !== rows.length || current.held.state !== held.state) return false;
    const now = ports.clock.now();
    const dataKey = ports.dataKeyOf(held.data_key);
    const id = parseReferralId(held.id);
    const digest = sha256(composed.bytes);
    await insertOwnEvent(ports, writer, { bundle, referral: id, author, facts, digest, packed, dataKey, now });
    if (decision.send !== false)
      await enqueue(ports, writer, {
        bundle,
        referral: id,
        peer,
        kind: 'event',
        message: composed.messageId,
        priority: held.priority,
        dataKey,
        attachments: decision.attachments ?? [],
        now,
      });
    await decision.also?.(writer);
    await refoldReferral(writer, referral, now);
    return true;
  });
}

async function readAll(ports: SendPorts, reader: Reader | Writer, referral: ReferralId) {
  const held = await findReferral(reader, referral);
  if (held === undefined)
    throw new OperationError('not-found', 'unknown-referral', 'No referral with this id is held here.');
  const { history, rows } = await readHistory(reader, held);
  const first = rows.find((row) => row.author === 'sender' && row.seq === 1);
  if (first === undefined)
    throw new OperationError('conflict', 'referral-not-here', 'The referral itself has not arrived yet.');
  const content = await reader.first(referralQueries.eventByKey, { author: 'sender', message: first.message });
  if (content === undefined) throw new Error('an event without content');
  const firstPacked = await openEventContent(ports, reader, ports.dataKeyOf(held.data_key), content.content);
  return { held, history, rows, firstPacked, firstMessage: first.message };
}

function factsOf(ports: SendPorts, held: Held, first: JsonObject, messageId: string): ReferralFacts {
  const { placer, expiresAt } = eventOf(first);
  const { authoredOn, ...names } = referralFactsOf(first);
  const received = held.direction === 'received';
  return {
    id: parseReferralId(held.id),
    referrer: received ? ports.directory.get(held.peer).name : ports.own.name,
    number: placer ?? '',
    ...names,
    messageId,
    priority: held.priority,
    writtenAt: authoredOn,
    expiresAt: expiresAt ?? instantOfMs(held.expires_at),
    ...(received ? { filler: { node: ports.own.name, number: held.number } } : {}),
  };
}

function wrongState(state: string, event: string): OperationError {
  return new OperationError(
    'conflict',
    'wrong-state',
    `The referral is ${state}: the event ${event} is not possible from there. Nothing was sent.`,
  );
}
