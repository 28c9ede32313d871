import { utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { noteSignaturesMax } from '../../protocol/log/note.ts';
import { leafOfRecord, type LeafType } from '../../protocol/log/entry.ts';
import { encodeEntries, parseTilePath, tileWidth, type TileRef } from '../../protocol/log/tile.ts';
import { readTileBytes } from '../exchange-log/proofs.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { NodeServices } from './node-services.ts';

const entriesOfATile = 256;

/** The bytes of a resource of this node's own log as it would serve them to an auditor; `undefined` where there is none. */
export async function readLogResource(
  { store, log }: Pick<NodeServices, 'store' | 'log'>,
  path: string,
): Promise<Uint8Array | undefined> {
  const { size, checkpoint } = log.head();
  if (size === 0) return undefined;
  if (path === 'checkpoint') {
    const limit = noteSignaturesMax - 1;
    const lines = await store.read((reader) => reader.all(logQueries.cosignatures, { size, limit }));
    return utf8(checkpoint + lines.map(({ line }) => `${line}\n`).join(''));
  }
  const ref = tileOf(path);
  if (ref === undefined || tileWidth(ref.level, ref.n, size) < ref.width) return undefined;
  if (ref.kind === 'hashes')
    return await store.read((reader) => readTileBytes(reader, ref.level, ref.n, ref.width, size));
  const from = ref.n * entriesOfATile;
  const rows = await store.read((reader) => reader.all(logQueries.leaves, { from, to: from + ref.width }));
  return encodeEntries(rows.map((row) => leafOfRecord(row.type as LeafType, row.record, logCrypto)));
}

function tileOf(path: string): TileRef | undefined {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
