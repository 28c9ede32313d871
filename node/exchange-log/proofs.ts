import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import type { RecordX } from '../../protocol/log/entry.ts';
import {
  consistencyProof,
  hashBytes,
  inclusionProof,
  nodesOfConsistency,
  nodesOfInclusion,
  type TreeNode,
} from '../../protocol/log/merkle.ts';
import { writeProof } from '../../protocol/log/proof.ts';
import { openTile, tileHashReader, tilesOfNodes, tileWidth, type TileTree } from '../../protocol/log/tile.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader } from '../store/store.ts';
import { logQueries } from './queries.ts';

/** Tiles are kept opened, with the interior nodes that were once computed; of a growing one, its newest width. */
const openTilesMax = 512;

export interface LogProofs {
  /**
   * The tlog-proof of a leaf. Without `size` it is made against the first checkpoint that covered the leaf: the same
   * bytes for ever (Spec §5, receipt). `undefined` when there is no such leaf or no checkpoint of that size.
   */
  proofOf(reader: Reader, x: RecordX, size?: number): Promise<string | undefined>;
  /** Shows that the first `oldSize` leaves are a prefix of the first `size`. */
  consistency(reader: Reader, oldSize: number, size: number): Promise<readonly Uint8Array[]>;
}

export function openLogProofs(): LogProofs {
  const opened = new Map<string, TileTree>();
  const readTiles = async (
    reader: Reader,
    nodes: readonly TreeNode[],
    size: number,
  ): Promise<Map<string, TileTree>> => {
    const tiles = new Map<string, TileTree>();
    for (const { level, n } of tilesOfNodes(nodes, size)) {
      const key = `${level}/${n}`;
      const known = opened.get(key);
      const wide = known !== undefined && known.width >= tileWidth(level, n, size);
      const tile = wide ? known : await readTile(reader, level, n, known);
      tiles.set(key, tile);
      if (!wide) keep(opened, key, tile);
    }
    return tiles;
  };
  const hashReader = async (reader: Reader, nodes: readonly TreeNode[], size: number) => {
    const tiles = await readTiles(reader, nodes, size);
    return tileHashReader((level, n) => tiles.get(`${level}/${n}`));
  };
  return {
    proofOf: async (reader, x, size) => {
      const leaf = await reader.first(logQueries.leafByX, { x });
      if (leaf === undefined) return undefined;
      const checkpoint =
        size === undefined
          ? await reader.first(logQueries.checkpointCovering, { index: leaf.idx })
          : await reader.first(logQueries.checkpointAt, { size });
      if (checkpoint === undefined || checkpoint.size <= leaf.idx) return undefined;
      const nodes = nodesOfInclusion(leaf.idx, checkpoint.size).flat();
      const read = await hashReader(reader, nodes, checkpoint.size);
      const path = inclusionProof(leaf.idx, checkpoint.size, read, logCrypto);
      return writeProof(leaf.idx, path, checkpoint.note);
    },
    consistency: async (reader, oldSize, size) => {
      const nodes = nodesOfConsistency(oldSize, size).flat();
      return consistencyProof(oldSize, size, await hashReader(reader, nodes, size), logCrypto);
    },
  };
}

/** The bytes of a hash tile at a published width; `undefined` when the log is not that long (C2SP tlog-tiles). */
export async function readTileBytes(
  reader: Reader,
  level: number,
  n: number,
  width: number,
  size: number,
): Promise<Uint8Array | undefined> {
  if (tileWidth(level, n, size) < width) return undefined;
  const row = await reader.first(logQueries.tile, { level, n });
  return row === undefined || row.hashes.length < width * hashBytes
    ? undefined
    : row.hashes.subarray(0, width * hashBytes);
}

async function readTile(reader: Reader, level: number, n: number, known: TileTree | undefined): Promise<TileTree> {
  const row = await reader.first(logQueries.tile, { level, n });
  if (row === undefined)
    throw new OperationError('unavailable', 'log-damaged', `Tile ${level}/${n} of the log is gone.`);
  return known === undefined ? openTile(row.hashes, logCrypto) : known.grow(row.hashes);
}

function keep(opened: Map<string, TileTree>, key: string, tile: TileTree): void {
  opened.delete(key);
  const oldest = opened.size >= openTilesMax ? opened.keys().next().value : undefined;
  if (oldest !== undefined) opened.delete(oldest);
  opened.set(key, tile);
}
