import { parseManifest } from '../../protocol/bundle/manifest.ts';
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { leafOfRecord, recordX } from '../../protocol/log/entry.ts';
import type { NoteKey } from '../../protocol/log/note.ts';
import { verifyProof } from '../../protocol/log/proof.ts';
import { parseSentRecord } from '../../protocol/log/record.ts';
import { findReceiverLog } from '../../protocol/receipt.ts';
import { logKeysOf } from '../peers/cards.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import type { OwnNode } from '../peers/own-node.ts';
import type { Reader, Store } from '../store/store.ts';
import { findReferral } from './apply-events.ts';
import { inboxQueries } from './inbox-queries.ts';
import { outboxQueries } from './outbox-queries.ts';
import { referralQueries } from './referral-queries.ts';
import type { ReferralDetail, Referrals } from './referrals.ts';

/*
 * What can be proven of a referral, proven again each time somebody looks: the bytes that are held give the digests that
 * were signed, and the receipt leads from them to a signed head of the receiver's log (Spec §5, §6). What a person typed
 * at the other hospital is never part of it.
 */
export interface Evidence {
  readonly bundle: string;
  /** Every link of the chain held when this was asked; else which one did not. */
  readonly isWhole: boolean;
  readonly broken: string;
  /** When the receipt was made or came. */
  readonly at: Instant;
  /** Hex SHA-256 of the exact document and of its manifest. */
  readonly documentDigest: string;
  readonly manifestDigest: string;
  /** x of the sender's `sent` leaf and of the receiver's leaf, as they stand in the logs. */
  readonly sentX: string;
  readonly receivedX: string;
  /** Where the receiver's leaf stands, and in which head it is proven. */
  readonly index: number;
  readonly size: number;
  /** The log that the receipt is of. */
  readonly log: string;
  /** The receipt as text: a tlog-proof that anybody can check. */
  readonly receipt: string;
}

export interface EvidencePorts {
  readonly store: Store;
  readonly own: OwnNode;
  readonly directory: PeerDirectory;
  readonly referrals: Pick<Referrals, 'document'>;
}

/** Of a received referral: what proves that these bytes came from the sender whole. `undefined` before they have. */
export async function evidenceOfReceived(ports: EvidencePorts, detail: ReferralDetail): Promise<Evidence | undefined> {
  const { id, events, receipt } = detail;
  const first = events.find((event) => event.author === 'sender' && event.seq === 1);
  if (first === undefined || receipt === undefined) return undefined;
  const row = await ports.store.read(async (reader) => {
    const held = await findReferral(reader, id);
    const event = await reader.first(referralQueries.eventByKey, { author: 'sender', message: first.message });
    if (held === undefined || event === undefined) return undefined;
    return reader.first(inboxQueries.get, { sender: held.peer, bundle: event.bundle });
  });
  if (row === undefined || row.record === null) return undefined;
  const plaintext = await ports.referrals.document(id, first.message);
  const { record } = row;
  const checked = checkChain(receipt, 'received', record, ports.own.logKey, [
    ['the document is not the one whose digest was noted', () => toHex(sha256(plaintext)) === first.digest],
    ['the manifest is not the one that was signed for', () => equalBytes(sha256(row.manifest), row.manifest_digest)],
    ['the log record names another manifest', () => equalBytes(parseSentRecord(record).manifest, row.manifest_digest)],
    ['the manifest is of another bundle', () => parseManifest(row.manifest).bundle === row.bundle],
  ]);
  return {
    ...checked,
    bundle: row.bundle,
    at: instantOfMs(row.decided_at ?? row.opened_at),
    documentDigest: first.digest,
    manifestDigest: toHex(row.manifest_digest),
  };
}

/** Of what this hospital sent of a referral: each receipt that came back, held against the receiver's keys again. */
export async function evidenceOfSent(ports: EvidencePorts, detail: ReferralDetail): Promise<readonly Evidence[]> {
  const { events, deliveries } = detail;
  const found: Evidence[] = [];
  for (const { bundle, state, proof, doneAt } of deliveries) {
    if (proof === undefined || (state !== 'delivered' && state !== 'refused')) continue;
    const read = await ports.store.read((reader) => readSent(ports, reader, bundle));
    if (read === undefined) continue;
    const { record, manifest, key, message } = read;
    const digest = toHex(sha256(manifest));
    const checked = checkChain(proof, state === 'delivered' ? 'received' : 'refused', record, key, [
      ['the log record names another manifest', () => toHex(parseSentRecord(record).manifest) === digest],
    ]);
    found.push({
      ...checked,
      bundle,
      at: doneAt ?? instantOfMs(0),
      documentDigest: events.find((event) => event.message === message)?.digest ?? '',
      manifestDigest: digest,
    });
  }
  return found;
}

async function readSent(ports: EvidencePorts, reader: Reader, bundle: string) {
  const row = await reader.first(outboxQueries.get, { bundle });
  if (row === undefined || row.record === null || row.manifest === null) return undefined;
  const { record, manifest, message } = row;
  const cards = await ports.directory.cards(reader, ports.directory.get(row.peer).name);
  return { record, manifest, message, key: findReceiverLog(record, cards.flatMap(logKeysOf)) };
}

type Checked = Omit<Evidence, 'bundle' | 'at' | 'documentDigest' | 'manifestDigest'>;

function checkChain(
  receipt: string,
  outcome: 'received' | 'refused',
  record: Uint8Array,
  key: NoteKey | undefined,
  links: readonly (readonly [broken: string, holds: () => boolean])[],
): Checked {
  const named = {
    sentX: recordX('sent', record, logCrypto),
    receivedX: recordX(outcome, record, logCrypto),
    log: parseSentRecord(record).to,
    receipt,
  };
  const broken = links.find(([, holds]) => !isSo(holds))?.[0];
  try {
    if (key === undefined) throw new ProtocolError('unknown-key', 'no card names the log of the receipt');
    const { index, head } = verifyProof(receipt, leafOfRecord(outcome, record, logCrypto), key, logCrypto);
    return { ...named, index, size: head.size, isWhole: broken === undefined, broken: broken ?? '' };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { ...named, index: -1, size: 0, isWhole: false, broken: broken ?? 'the receipt does not hold' };
  }
}

/** What cannot even be read does not hold. */
function isSo(holds: () => boolean): boolean {
  try {
    return holds();
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
