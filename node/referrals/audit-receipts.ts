import { concat, equalBytes } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import type { TreeHead } from '../../protocol/log/checkpoint.ts';
import { consistencyProof, nodesOfConsistency, verifyConsistency } from '../../protocol/log/merkle.ts';
import { parseProof } from '../../protocol/log/proof.ts';
import { openTile, tileHashReader, tilesOfNodes, type TileTree } from '../../protocol/log/tile.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { Witness } from '../exchange-log/witness.ts';
import type { Peer, PeerDirectory } from '../peers/directory.ts';
import { TransportError, type PeerTransport } from '../peers/transport.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import { outboxQueries } from './outbox-queries.ts';
import type { Store } from '../store/store.ts';

export interface ReceiptAuditPorts {
  readonly store: Store;
  readonly directory: PeerDirectory;
  readonly transport: PeerTransport;
  readonly witness: Witness;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  /** The Bearer with which we read a peer's log. */
  tokenFor(peer: Peer): string | undefined;
}

/**
 * Holds each new receipt's head against the newest head of the receiver's log that this node cosigned: a receiver that
 * showed us one history and receipts from another is found within minutes (Spec §5, receipt).
 */
export async function auditReceipts(ports: ReceiptAuditPorts): Promise<void> {
  const rows = await ports.store.read((reader) => reader.all(outboxQueries.unchecked, {}));
  for (const row of rows) {
    const peer = ports.directory.find(row.peer);
    if (peer === undefined || row.proof === null) continue;
    try {
      const receipt = parseProof(row.proof).head;
      const verdict = await compare(ports, peer, receipt);
      if (verdict === 'unknown') continue;
      if (verdict === 'forked') await keepFork(ports, peer, row.proof);
      await ports.store.write(async (writer) => writer.run(outboxQueries.checked, { bundle: row.bundle }));
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      ports.diagnostics.info('receipt-audit-later', { peer: peer.name, code: error.code });
      return;
    }
  }
}

async function compare(
  ports: ReceiptAuditPorts,
  peer: Peer,
  receipt: TreeHead,
): Promise<'same' | 'forked' | 'unknown'> {
  const held = await ports.store.read((reader) => ports.witness.held(reader, receipt.origin));
  if (held === undefined) return 'unknown';
  if (held.size === receipt.size) return equalBytes(held.root, receipt.root) ? 'same' : 'forked';
  const [older, newer] = held.size < receipt.size ? [held, receipt] : [receipt, held];
  if (older.size === 0) return 'same';
  // Tiles are not signed: what a line or a proxy damaged is no fork. A log that forked says the same thing twice.
  const first = await compareByTiles(ports, peer, older, newer);
  if (first === undefined || first.isConsistent) return first === undefined ? 'unknown' : 'same';
  const second = await compareByTiles(ports, peer, older, newer);
  if (second === undefined) return 'unknown';
  if (second.isConsistent) return 'same';
  return equalBytes(first.tiles, second.tiles) ? 'forked' : 'unknown';
}

/** `undefined` when the tiles cannot be had, or are none. */
async function compareByTiles(
  ports: ReceiptAuditPorts,
  peer: Peer,
  older: Pick<TreeHead, 'size' | 'root'>,
  newer: Pick<TreeHead, 'size' | 'root'>,
): Promise<{ readonly isConsistent: boolean; readonly tiles: Uint8Array } | undefined> {
  const nodes = nodesOfConsistency(older.size, newer.size).flat();
  const tiles = new Map<string, TileTree>();
  const bodies: Uint8Array[] = [];
  const token = ports.tokenFor(peer);
  for (const tile of tilesOfNodes(nodes, newer.size)) {
    const answer = await ports.transport.plain(
      { url: peer.card.url },
      {
        method: 'GET',
        path: targetOf({ name: 'getTile', log: 1, tile }),
        ...(token === undefined ? {} : { bearer: token }),
      },
    );
    const opened = answer.status === 200 ? tryOpenTile(answer.body) : undefined;
    if (opened?.width !== tile.width) return undefined;
    tiles.set(`${tile.level}/${tile.n}`, opened);
    bodies.push(answer.body);
  }
  const read = tileHashReader((level, n) => tiles.get(`${level}/${n}`));
  const path = consistencyProof(older.size, newer.size, read, logCrypto);
  return { isConsistent: verifyConsistency(older, newer, path, logCrypto), tiles: concat(...bodies) };
}

function tryOpenTile(bytes: Uint8Array): TileTree | undefined {
  try {
    return openTile(bytes, logCrypto);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

async function keepFork(ports: ReceiptAuditPorts, peer: Peer, proof: string): Promise<void> {
  const id = ports.random.uuid();
  await ports.store.write(async (writer) =>
    writer.run(logQueries.putEvidence, {
      id,
      kind: 'receipt-of-another-history',
      peer: peer.name,
      at: ports.clock.now(),
      body: proof,
    }),
  );
  ports.diagnostics.error('receipt-of-another-history', undefined, { peer: peer.name, evidence: id });
}
