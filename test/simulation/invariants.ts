import { equalBytes, toBase64Url, toHex } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import type { NodeName } from '../../protocol/ids.ts';
import { recordX, type LeafType } from '../../protocol/log/entry.ts';
import { parseVkey } from '../../protocol/log/note.ts';
import { parseSentRecord } from '../../protocol/log/record.ts';
import { parseAddCheckpoint } from '../../protocol/log/witness.ts';
import { verifyLog } from '../../protocol/log/verify.ts';
import { verifyReceipt } from '../../protocol/receipt.ts';
import type { ExchangeLogTables } from '../../node/store/schema/exchange-log.ts';
import type { ReferralTables } from '../../node/store/schema/referrals.ts';
import type { NodeServices } from '../../node/operations/node-services.ts';
import { nodeTables } from '../support/node-tables.ts';

/** What a node holds once all is quiet. */
export interface NodeContents {
  readonly name: NodeName;
  readonly logVkey: string;
  readonly outbox: readonly ReferralTables['outbox'][];
  readonly inbox: readonly ReferralTables['inbox'][];
  readonly leaves: readonly ExchangeLogTables['log_leaf'][];
  readonly checkpoints: readonly ExchangeLogTables['log_checkpoint'][];
  readonly referrals: readonly ReferralTables['referral'][];
  readonly events: readonly ReferralTables['referral_event'][];
  readonly seqSent: readonly ReferralTables['seq_sent'][];
  readonly evidence: readonly ExchangeLogTables['evidence'][];
}

export async function readContents({ own, store }: Pick<NodeServices, 'own' | 'store'>): Promise<NodeContents> {
  return store.read(async (reader) => ({
    name: own.name,
    logVkey: own.logVkey,
    outbox: await reader.all(nodeTables.outbox, {}),
    inbox: await reader.all(nodeTables.inbox, {}),
    leaves: await reader.all(nodeTables.leaves, {}),
    checkpoints: await reader.all(nodeTables.checkpoints, {}),
    referrals: await reader.all(nodeTables.referrals, {}),
    events: await reader.all(nodeTables.events, {}),
    seqSent: await reader.all(nodeTables.seqSent, {}),
    evidence: await reader.all(nodeTables.evidence, {}),
  }));
}

/** What is wrong between these nodes, as sentences; nothing when every promise of the exchange is kept. */
export function findBreaches(nodes: readonly NodeContents[]): readonly string[] {
  const breaches: string[] = [];
  for (const node of nodes) {
    for (const { kind, peer, body } of node.evidence)
      if (kind !== 'forked-log' || !isHead(nodes, peer, body))
        breaches.push(`${node.name} holds evidence of ${kind} against ${peer}`);
    breaches.push(...findNumberBreaches(node));
    breaches.push(...findSeqBreaches(node));
    breaches.push(...findLeafBreaches(node));
  }
  for (const sender of nodes)
    for (const receiver of nodes) if (sender !== receiver) breaches.push(...findPairBreaches(sender, receiver));
  return breaches;
}

/**
 * A proof that a line damaged makes a head suspect, and it is kept; but whoever looks finds that very head in the log: it
 * accuses nobody.
 */
function isHead(nodes: readonly NodeContents[], peer: string, body: string): boolean {
  const { size, root } = parseAddCheckpoint(body).checkpoint;
  const held = nodes.find(({ name }) => name === peer)?.checkpoints.find((each) => each.size === size);
  return held !== undefined && equalBytes(held.root, root);
}

/** A number names one referral, however many are sent at once. */
function findNumberBreaches({ name, referrals }: NodeContents): readonly string[] {
  const numbers = referrals.map((row) => row.number);
  return numbers.filter((number, i) => numbers.indexOf(number) !== i).map((number) => `${name} gave ${number} twice`);
}

/** Verifies a whole log as an auditor does, through the door of its node. */
export async function findLogBreach(
  name: string,
  logVkey: string,
  fetch: (path: string) => Promise<Uint8Array | undefined>,
): Promise<readonly string[]> {
  const verdict = await verifyLog({ fetch, logKey: parseVkey(logVkey, logCrypto), crypto: logCrypto });
  return verdict.state === 'sound' ? [] : [`the log of ${name} is broken: ${verdict.fault} at ${verdict.path}`];
}

/** seq counts from 1 without a gap, each record names the one before, and the log holds them in that order. */
function findSeqBreaches({ name, seqSent, leaves }: NodeContents): readonly string[] {
  const breaches: string[] = [];
  const last = new Map<string, { seq: number; x: string; idx: number }>();
  for (const { peer, seq, x } of seqSent) {
    const leaf = leaves.find((each) => each.x === x);
    const before = last.get(peer);
    if (leaf === undefined) breaches.push(`${name}: seq ${seq} to ${peer} has no leaf`);
    else {
      const { prev } = parseSentRecord(leaf.record);
      if (seq !== (before?.seq ?? 0) + 1)
        breaches.push(`${name}: seq ${seq} to ${peer} comes after ${before?.seq ?? 0}`);
      if (prev !== before?.x) breaches.push(`${name}: seq ${seq} to ${peer} names another record before it`);
      if (before !== undefined && leaf.idx <= before.idx) breaches.push(`${name}: seq ${seq} to ${peer} fell back`);
      last.set(peer, { seq, x, idx: leaf.idx });
    }
  }
  return breaches;
}

/** Every leaf hashes the record that is kept for it, and every sent leaf belongs to one row of the outbox. */
function findLeafBreaches({ name, leaves, outbox }: NodeContents): readonly string[] {
  const breaches: string[] = [];
  for (const { idx, type, x, record } of leaves)
    if (recordX(type as LeafType, record, logCrypto) !== x) breaches.push(`${name}: leaf ${idx} is not of its record`);
  const sent = leaves.filter((leaf) => leaf.type === 'sent').map((leaf) => keyOf(leaf.record));
  const left = outbox.filter((row) => row.record !== null).map((row) => keyOf(row.record));
  if (sent.toSorted().join() !== left.toSorted().join()) breaches.push(`${name}: sent leaves and outbox differ`);
  return breaches;
}

function findPairBreaches(sender: NodeContents, receiver: NodeContents): readonly string[] {
  const breaches: string[] = [];
  const pair = `${sender.name} → ${receiver.name}`;
  const outbox = sender.outbox.filter((row) => row.peer === receiver.name);
  const inbox = new Map(receiver.inbox.filter((row) => row.sender === sender.name).map((row) => [row.bundle, row]));
  for (const row of outbox)
    breaches.push(
      ...endOf(sender, receiver, row, inbox.get(row.bundle)).map((what) => `${pair} ${row.bundle}: ${what}`),
    );
  for (const row of inbox.values())
    if (!outbox.some((each) => each.bundle === row.bundle)) breaches.push(`${pair}: ${row.bundle} was never sent`);
  breaches.push(...findReferralBreaches(sender, receiver).map((what) => `${pair} ${what}`));
  return breaches;
}

/** How one bundle ended: the same at both nodes, proven, in both logs, once (Spec §6). */
function endOf(
  sender: NodeContents,
  receiver: NodeContents,
  row: ReferralTables['outbox'],
  arrived: ReferralTables['inbox'] | undefined,
): readonly string[] {
  const { record, state, proof } = row;
  if (record === null) return state === 'withdrawn' && arrived === undefined ? [] : [`is ${state} and never left`];
  const breaches: string[] = [];
  const has = (node: NodeContents, type: LeafType): number => {
    const x = recordX(type, record, logCrypto);
    return node.leaves.filter((leaf) => leaf.type === type && leaf.x === x).length;
  };
  if (has(sender, 'sent') !== 1) breaches.push(`has ${has(sender, 'sent')} sent leaves`);
  const ends = {
    received: has(receiver, 'received'),
    refused: has(receiver, 'refused'),
    withdrawn: has(sender, 'withdrawn'),
  };
  const told = JSON.stringify(ends);
  if (ends.received + ends.refused > 1) breaches.push(`has more than one end at the receiver: ${told}`);
  if (ends.received + ends.refused + ends.withdrawn === 0) breaches.push('has no end in either log');
  if (arrived?.record !== undefined && arrived.record !== null && !equalBytes(arrived.record, record))
    breaches.push('the two nodes keep different records');
  if (arrived !== undefined && row.manifest !== null && arrived.manifest.length > 0)
    if (!equalBytes(arrived.manifest, row.manifest)) breaches.push('the two nodes keep different manifests');
  switch (state) {
    case 'delivered':
    case 'refused': {
      const outcome = state === 'delivered' ? 'received' : 'refused';
      if (ends[outcome] !== 1 || arrived?.state !== outcome) breaches.push(`is ${state} here and ${told} there`);
      // Nothing in these stories deserves a refusal: what was composed here is well-formed everywhere.
      if (state === 'refused') breaches.push(`was refused: ${row.trouble_code} ${row.trouble}`);
      breaches.push(...findProofBreach(proof, outcome, record, receiver.logVkey));
      break;
    }
    case 'withdrawn':
    case 'set-aside':
      if (ends.withdrawn !== 1 || ends.received + ends.refused !== 0) breaches.push(`is ${state} but ${told}`);
      if (arrived !== undefined && arrived.state !== 'withdrawn') breaches.push(`is ${state}, there ${arrived.state}`);
      if (state === 'set-aside') breaches.push(`was set aside: ${row.trouble_code} ${row.trouble}`);
      break;
    default:
      breaches.push(`never ended: ${state}, ${row.attempts} tries, ${row.trouble_code} ${row.trouble}`);
  }
  return breaches;
}

function findProofBreach(
  proof: string | null,
  outcome: 'received' | 'refused',
  record: Uint8Array,
  logVkey: string,
): readonly string[] {
  if (proof === null) return ['has no proof'];
  try {
    verifyReceipt(proof, outcome, record, parseVkey(logVkey, logCrypto), logCrypto);
    return [];
  } catch (error) {
    return [`has a proof that proves nothing: ${String(error)}`];
  }
}

/** A referral that was received stands at both nodes, once, in the same state, after the same events. */
function findReferralBreaches(sender: NodeContents, receiver: NodeContents): readonly string[] {
  const breaches: string[] = [];
  const sent = sender.referrals.filter((row) => row.direction === 'sent' && row.peer === receiver.name);
  const received = receiver.referrals.filter((row) => row.direction === 'received' && row.peer === sender.name);
  for (const { id } of received) if (!sent.some((row) => row.id === id)) breaches.push(`referral ${id} was never sent`);
  for (const { id, state } of sent) {
    const there = received.filter((row) => row.id === id);
    const deliveries = sender.outbox.filter((row) => row.referral === id && row.kind === 'referral');
    const isDelivered = deliveries.some((row) => row.state === 'delivered');
    const isTakenBack = deliveries.length > 0 && deliveries.every((row) => row.state === 'withdrawn');
    if (isTakenBack && state !== 'cancelled') breaches.push(`referral ${id} was taken back and is ${state}`);
    if (deliveries.length === 0) breaches.push(`referral ${id} has no bundle`);
    if (there.length !== (isDelivered ? 1 : 0)) breaches.push(`referral ${id} is ${state} here, ${there.length} there`);
    for (const row of there) {
      if (row.state !== state) breaches.push(`referral ${id} is ${state} here and ${row.state} there`);
      const [ours, theirs] = [eventsOf(sender, id), eventsOf(receiver, id)];
      if (ours.join() !== theirs.join())
        breaches.push(`referral ${id} has events ${ours.join(' ')} here and ${theirs.join(' ')} there`);
    }
  }
  return breaches;
}

function eventsOf({ events }: NodeContents, referral: string): readonly string[] {
  return events
    .filter((event) => event.referral === referral)
    .map(({ author, seq, name, digest, status }) => `${author}/${seq}/${name}/${toHex(digest).slice(0, 8)}/${status}`)
    .toSorted();
}

function keyOf(record: Uint8Array | null): string {
  return record === null ? '' : toBase64Url(sha256(record));
}
