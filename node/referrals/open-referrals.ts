import { toHex } from '../../protocol/bytes.ts';
import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { documentBytesMax } from '../../protocol/bundle/limits.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { parseNodeName, parseReferralId, type ReferralId } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { ReceivedPatients } from '../records/received-patients.ts';
import type { ReferralTables } from '../store/schema/referrals.ts';
import type { Reader, Writer } from '../store/store.ts';
import { answerCancel } from './answer-cancel.ts';
import { findReferral } from './apply-events.ts';
import { decideReferral } from './decide.ts';
import type { DecisionWords } from './decision-words.ts';
import { noteDecision } from './decisions.ts';
import { openEventContent, readEventContent } from './event-content.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { BeingComposed } from './numbers.ts';
import { outboxQueries } from './outbox-queries.ts';
import { readReceivedAttachment, readReceivedAttachments } from './received-attachments.ts';
import { parseSummary } from './referral-summary.ts';
import { referralQueries } from './referral-queries.ts';
import { answerQuestion, askSender } from './questions/ask.ts';
import { previewReferral } from './preview.ts';
import type { Actor, Delivery, ReferralDetail, ReferralLine, Referrals } from './referrals.ts';
import { reviewOf } from './review/review.ts';
import { sendReferral, type ReferralSendPorts } from './send.ts';
import { isAcceptedRow } from './state.ts';
import { summaryPurpose } from './take-content.ts';
import { withdrawReferral } from './withdraw-referral.ts';

export interface ReferralsPorts extends ReferralSendPorts {
  readonly receivedPatients: ReceivedPatients;
  /** The tlog-proof of our own leaf that decided a received bundle. */
  receiptOf(reader: Reader, x: string): Promise<string>;
}

type ReferralRow = ReferralTables['referral'];

export function openReferrals(ports: ReferralsPorts): Referrals {
  const { store } = ports;
  const decideOwn = { role: 'triage' } as const;
  const composing: BeingComposed = { count: 0 };
  const noteSent = async (writer: Writer, referral: ReferralId, words: DecisionWords, author: Actor): Promise<void> => {
    await noteDecision(ports, writer, referral, words, author);
  };
  return {
    send: (sending, also) => sendReferral(ports, sending, composing, also),
    preview: (sending) =>
      previewReferral(ports, sending, { count: composing.count }, (reader, row) => lineOf(ports, reader, row)),
    list: (direction, { limit, before }) =>
      store.read(async (reader) => {
        const from = { before: before?.at ?? Number.MAX_SAFE_INTEGER, beforeId: before?.id ?? '' };
        const rows = await reader.all(referralQueries.list, { direction, limit, ...from });
        return Promise.all(rows.map((row) => lineOf(ports, reader, row)));
      }),
    show: (id) => show(ports, id),
    accept: async (referral, { note, author }, also) => {
      const said = note === undefined ? {} : { note };
      await decideReferral(ports, {
        referral,
        author,
        ...decideOwn,
        content: ({ number }) => ({ event: 'referral-accepted', number, ...said }),
        also: also ?? ((writer) => noteSent(writer, referral, { kind: 'accepted', ...said }, author)),
      });
    },
    reject: async (referral, { reason, advice, author }, also) => {
      if (reason.trim() === '')
        throw new OperationError(
          'invalid',
          'reason-missing',
          'A rejection needs a reason: it is what the sender reads.',
        );
      const said = { reason, ...(advice === undefined ? {} : { advice }) };
      await decideReferral(ports, {
        referral,
        author,
        ...decideOwn,
        content: () => ({ event: 'referral-rejected', ...said }),
        also: also ?? ((writer) => noteSent(writer, referral, { kind: 'rejected', ...said }, author)),
      });
    },
    ask: (referral, asked, also) => {
      const { question, author } = asked;
      const note = (writer: Writer) => noteSent(writer, referral, { kind: 'asked', question }, author);
      return askSender(ports, referral, asked, also ?? note);
    },
    answer: (referral, answer) => answerQuestion(ports, referral, answer),
    answerCancel: (id, answer) => answerCancel(ports, id, answer),
    withdraw: (id, by) => withdrawReferral(ports, id, by),
    findByCsvId: (peer, csvId) =>
      store.read(async (reader) => {
        const found = await ports.receivedPatients.findReceived(reader, peer, csvId);
        const rows = await Promise.all(
          found.map(({ referral }) => reader.first(referralQueries.get, { id: referral, direction: 'received' })),
        );
        return Promise.all(rows.flatMap((row) => (row === undefined ? [] : [lineOf(ports, reader, row)])));
      }),
    document: async (id, message) => {
      const row = await getReferral(ports, id);
      return readEventContent(ports, { message, data_key: row.data_key });
    },
    readAttachment: (id, attachment) => readAttachment(ports, id, attachment),
    outbox: () =>
      store.read(async (reader) => {
        const open = await reader.all(outboxQueries.open, {});
        const rows = await Promise.all(open.map(({ bundle }) => reader.first(outboxQueries.get, { bundle })));
        const now = ports.clock.now();
        return rows.flatMap((row) =>
          row === undefined
            ? []
            : [{ ...deliveryOf(row, now), peer: parseNodeName(row.peer), referral: parseReferralId(row.referral) }],
        );
      }),
  };
}

async function show(ports: ReferralsPorts, id: ReferralId): Promise<ReferralDetail> {
  return ports.store.read(async (reader) => {
    const row = await getReferralIn(reader, id);
    const dataKey = ports.dataKeyOf(row.data_key);
    const events = await reader.all(referralQueries.events, { referral: id });
    const deliveries = await reader.all(outboxQueries.ofReferral, { referral: id });
    const first = events.find((event) => event.author === 'sender' && event.seq === 1);
    const packed = first === undefined ? undefined : await openEventContent(ports, reader, dataKey, first.content);
    const plaintext = packed === undefined ? undefined : await bundleCrypto.gunzip(packed, documentBytesMax);
    const attachments = await readReceivedAttachments(ports, reader, id, dataKey);
    const x = row.direction === 'received' ? await decisionOf(reader, row, first?.bundle) : undefined;
    const now = ports.clock.now();
    return {
      ...(await lineOf(ports, reader, row)),
      isAccepted: isAcceptedRow(row),
      events: events.map(({ name, author, seq, at, status, reason, digest, seen, message }) => ({
        name,
        author,
        seq,
        at: instantOfMs(at),
        status,
        reason,
        digest: toHex(digest),
        seen: seen === null ? '' : toHex(seen),
        message,
      })),
      ...shownOf(plaintext),
      attachments: attachments.map(({ id: attachment, title, contentType, size, sha256 }) => ({
        id: attachment,
        title,
        contentType,
        size,
        sha256: toHex(sha256),
      })),
      deliveries: deliveries.map((delivery) => ({
        ...deliveryOf(delivery, now),
        message: delivery.message,
      })),
      receipt: x === undefined ? undefined : await ports.receiptOf(reader, x),
    };
  });
}

function shownOf(plaintext: Uint8Array | undefined): Pick<ReferralDetail, 'review' | 'sections'> {
  if (plaintext === undefined) return { review: undefined, sections: [] };
  const review = reviewOf(parseJsonObject(plaintext, fhirJsonRules));
  const shown = review.sections.map(({ name, rows, silence }) => ({
    title: name,
    rows: rows.length === 0 ? [['not told', silence]] : rows.map(({ label, text }) => [label, text]),
  }));
  const carried = review.notShown.map(({ what, count }) => [what, `${count}, carried and not shown`]);
  return { review, sections: carried.length === 0 ? shown : [...shown, { title: 'not shown', rows: carried }] };
}

async function decisionOf(reader: Reader, row: ReferralRow, bundle: string | undefined): Promise<string | undefined> {
  if (bundle === undefined) return undefined;
  const inbox = await reader.first(inboxQueries.get, { sender: row.peer, bundle });
  return inbox?.x ?? undefined;
}

async function* readAttachment(ports: ReferralsPorts, id: ReferralId, attachment: string): AsyncGenerator<Uint8Array> {
  const row = await getReferral(ports, id);
  const held = await ports.store.read((reader) =>
    readReceivedAttachments(ports, reader, id, ports.dataKeyOf(row.data_key)),
  );
  const found = held.find((each) => each.id === attachment);
  if (found === undefined)
    throw new OperationError('not-found', 'unknown-attachment', 'This referral has no such attachment here.');
  yield* readReceivedAttachment(ports, found);
}

async function lineOf(ports: ReferralsPorts, reader: Reader, row: ReferralRow): Promise<ReferralLine> {
  const opened = await ports.keyring.open(reader, ports.dataKeyOf(row.data_key), summaryPurpose, row.summary);
  return {
    id: parseReferralId(row.id),
    direction: row.direction,
    peer: parseNodeName(row.peer),
    state: row.state,
    priority: row.priority,
    number: row.number,
    summary: parseSummary(opened),
    createdAt: instantOfMs(row.created_at),
    changedAt: instantOfMs(row.changed_at),
    expiresAt: instantOfMs(row.expires_at),
  };
}

function deliveryOf(row: ReferralTables['outbox'], now: number): Delivery {
  const { bundle, kind, state, priority, attempts, deadline } = row;
  return {
    bundle,
    kind,
    state,
    priority,
    attempts,
    nextAt: instantOfMs(row.next_at),
    deadline: instantOfMs(deadline),
    overdue: row.done_at === null && now > deadline,
    doneAt: row.done_at === null ? undefined : instantOfMs(row.done_at),
    troubleCode: row.trouble_code,
    trouble: row.trouble,
    proof: row.proof ?? undefined,
  };
}

async function getReferral(ports: ReferralsPorts, id: ReferralId): Promise<ReferralRow> {
  return ports.store.read((reader) => getReferralIn(reader, id));
}

async function getReferralIn(reader: Reader, id: ReferralId): Promise<ReferralRow> {
  const held = await findReferral(reader, id);
  const row = held && (await reader.first(referralQueries.get, { id, direction: held.direction }));
  if (row === undefined)
    throw new OperationError('not-found', 'unknown-referral', 'No referral with this id is held here.');
  return row;
}
