import { equalBytes, parseBase64Url, parseUtf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { verifyCheckpoint, type Checkpoint } from '../../protocol/log/checkpoint.ts';
import { findWitnesses } from '../../protocol/log/cosignature.ts';
import { leafTypes, recordX, type Leaf, type LeafType } from '../../protocol/log/entry.ts';
import { parseVkey } from '../../protocol/log/note.ts';
import { verifyLog } from '../../protocol/log/verify.ts';
import { verifyReceipt } from '../../protocol/receipt.ts';
import { DemoError } from './demo-error.ts';
import type { Member } from './federation.ts';

/** A log as an auditor found it: every leaf of it stands under a checkpoint that its key signed. */
export interface AuditedLog {
  readonly checkpoint: Checkpoint;
  readonly leaves: readonly Leaf[];
}

/** A record behind a leaf, as `/audit/v1/records` shows it to who has the token. */
export interface AuditedRecord {
  readonly index: number;
  readonly type: LeafType;
  readonly record: Uint8Array;
}

const witnessMsMax = 45_000;
const pauseMs = 100;

/** Asks a hospital from outside, with nothing but its address and the auditor's token. */
async function ask({ exchange, auditorToken }: Member, path: string): Promise<Uint8Array | undefined> {
  const answer = await fetch(`${exchange}${path}`, { headers: { authorization: `Bearer ${auditorToken}` } });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new DemoError(`${exchange}${path} answered ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * Verifies a whole log over HTTP: the signature, every entry, every tile, the root, and that it still holds the heads
 * that witnesses saw.
 */
export async function auditLog(member: Member, seen: readonly Checkpoint[]): Promise<AuditedLog> {
  const leaves: Leaf[] = [];
  const verdict = await verifyLog({
    fetch: (path) => ask(member, `/log/${path}`),
    logKey: parseVkey(member.logVkey, logCrypto),
    crypto: logCrypto,
    known: seen,
    onLeaf: (leaf) => leaves.push(leaf),
  });
  if (verdict.state === 'sound') return { checkpoint: verdict.checkpoint, leaves };
  throw new DemoError(`The log of ${member.name} does not hold: ${verdict.fault} at ${verdict.path}.`);
}

/** Waits until the checkpoint that a log shows bears the cosignature of a witness. */
export async function waitForWitness(member: Member, witness: Member): Promise<Checkpoint> {
  const logKey = parseVkey(member.logVkey, logCrypto);
  const witnessKey = parseVkey(witness.witnessVkey, logCrypto);
  for (const end = performance.now() + witnessMsMax; performance.now() < end;) {
    const note = await ask(member, '/log/checkpoint');
    const head = note === undefined ? undefined : verifyCheckpoint(parseUtf8(note), logKey, logCrypto);
    if (head !== undefined && findWitnesses(head, [witnessKey], logCrypto).length === 1) return head;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new DemoError(`${witness.name} has not cosigned the log of ${member.name}.`);
}

/** The records that two hospitals exchanged, as one of them shows them; the look itself becomes a leaf of its log. */
export async function auditRecords(member: Member, peer: Member): Promise<readonly AuditedRecord[]> {
  const bytes = await ask(member, `/audit/v1/records?peer=${peer.name}`);
  const value: unknown = JSON.parse(parseUtf8(bytes ?? new Uint8Array()));
  if (typeof value !== 'object' || value === null || !('records' in value) || !Array.isArray(value.records))
    throw new DemoError(`${member.name} does not show its records.`);
  const list: readonly unknown[] = value.records;
  return list.map((one) => readRecord(member, one));
}

export interface Crossing {
  readonly from: Member;
  readonly to: Member;
  readonly sentIndex: number;
  readonly receivedIndex: number;
}

export interface Book {
  readonly member: Member;
  readonly log: AuditedLog;
  readonly records: readonly AuditedRecord[];
}

/**
 * Proves that one thing crossed exactly once: its record stands once as sent in the sender's log and once as received
 * in the receiver's, byte for byte the same, and the receipt in the sender's hand leads to that leaf.
 */
export function proveCrossing(from: Book, to: Book, receipt: string): Crossing {
  const sent = onlyOne(from, 'sent');
  const received = onlyOne(to, 'received');
  if (!equalBytes(sent.record, received.record))
    throw new DemoError(`${from.member.name} and ${to.member.name} logged different records.`);
  const proof = verifyReceipt(receipt, 'received', sent.record, parseVkey(to.member.logVkey, logCrypto), logCrypto);
  if (proof.index !== received.index) throw new DemoError('The receipt is of another leaf.');
  return { from: from.member, to: to.member, sentIndex: sent.index, receivedIndex: received.index };
}

/** Fails when the head that a witness vouches for is too old to hold this leaf. */
export function proveWitnessed(head: Checkpoint, { origin }: Member, index: number): void {
  if (head.origin !== origin || head.size <= index)
    throw new DemoError(`The cosigned head of ${origin} does not cover leaf ${index}.`);
}

function onlyOne({ member, log, records }: Book, type: LeafType): AuditedRecord {
  const [record, ...more] = records.filter((one) => one.type === type);
  if (record === undefined || more.length > 0)
    throw new DemoError(`${member.name} has ${more.length + (record === undefined ? 0 : 1)} records ${type}, not one.`);
  const leaf = log.leaves[record.index];
  if (leaf?.type !== type || leaf.x !== recordX(type, record.record, logCrypto))
    throw new DemoError(`Leaf ${record.index} of ${member.name} is not of the record that it shows.`);
  return record;
}

function readRecord(member: Member, value: unknown): AuditedRecord {
  if (typeof value === 'object' && value !== null && 'index' in value && 'type' in value && 'record' in value) {
    const { index, record } = value;
    const type = leafTypes.find((one) => one === value.type);
    if (typeof index === 'number' && type !== undefined && typeof record === 'string')
      return { index, type, record: parseBase64Url(record) };
  }
  throw new DemoError(`${member.name} shows a record of another form.`);
}
