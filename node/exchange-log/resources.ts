import { toHex, utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { leafOfRecord, type LeafType } from '../../protocol/log/entry.ts';
import { noteSignaturesMax } from '../../protocol/log/note.ts';
import { tileWidthMax } from '../../protocol/log/edge.ts';
import { encodeEntries, tileWidth, type TileRef } from '../../protocol/log/tile.ts';
import type { Store } from '../store/store.ts';
import { readTileBytes } from './proofs.ts';
import { logQueries } from './queries.ts';
import type { Sequencer } from './sequencer.ts';

/** What the log shows to auditors' tools (C2SP tlog-tiles): bytes, or `undefined` for what is not there. */
export interface LogResources {
  /** The newest checkpoint with every cosignature that is held for it, the log's own line first (Spec §6). */
  checkpoint(): Promise<Uint8Array | undefined>;
  tile(ref: TileRef): Promise<Uint8Array | undefined>;
  /** The checkpoint of another log as this node last cosigned it; `originHash` is hex of SHA-256 of its origin. */
  witnessed(originHash: string): Promise<Uint8Array | undefined>;
}

export function openLogResources(store: Pick<Store, 'read'>, log: Pick<Sequencer, 'head'>): LogResources {
  return {
    checkpoint: () =>
      store.read(async (reader) => {
        const head = log.head();
        if (head.size === 0) return undefined;
        const lines = await reader.all(logQueries.cosignatures, { size: head.size, limit: noteSignaturesMax - 1 });
        return utf8(head.checkpoint + lines.map(({ line }) => `${line}\n`).join(''));
      }),
    tile: ({ kind, level, n, width }) =>
      store.read(async (reader) => {
        const { size } = log.head();
        if (kind === 'hashes') return readTileBytes(reader, level, n, width, size);
        if (tileWidth(0, n, size) < width) return undefined;
        const from = n * tileWidthMax;
        const leaves = await reader.all(logQueries.leaves, { from, to: from + width });
        return encodeEntries(leaves.map((leaf) => leafOfRecord(leaf.type as LeafType, leaf.record, logCrypto)));
      }),
    witnessed: (originHash) =>
      store.read(async (reader) => {
        const rows = await reader.all(logQueries.witnessedLogs, {});
        const row = rows.find(({ origin }) => toHex(sha256(utf8(origin))) === originHash);
        return row === undefined ? undefined : utf8(row.note);
      }),
  };
}
