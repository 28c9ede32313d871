import { concat, equalBytes } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { LogCrypto } from './crypto.ts';
import { tileHeight, tileWidthMax } from './edge.ts';
import { hashBytes, nodeHash, type HashReader, type TreeNode } from './merkle.ts';

/** A tile of hashes at a level, or a bundle of entries; `width` 256 is a full one (C2SP tlog-tiles). */
export interface TileRef {
  readonly kind: 'hashes' | 'entries';
  readonly level: number;
  readonly n: number;
  readonly width: number;
}

/** A tile's hashes with the interior nodes of its subtree, each computed once when first asked for. */
export interface TileTree {
  readonly width: number;
  hash(height: number, index: number): Uint8Array;
  /** The same tile with more leaves: what was computed stays. Fails when it does not begin with the bytes of this one. */
  grow(wider: Uint8Array): TileTree;
}

/** C2SP allows levels 0 to 63; no tree that a safe integer counts has more than 7. */
const levelMax = 63;
/** A log entry is length-prefixed by 16 bits (C2SP tlog-tiles). */
export const entryBytesMax = 65_535;
const pathForm = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`, below the log's prefix. */
export function tilePath(ref: TileRef): string {
  const digits = String(ref.n);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/[0-9]{3}/g) ?? [];
  const place = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  const level = ref.kind === 'entries' ? 'entries' : String(ref.level);
  return `tile/${level}/${place}${ref.width === tileWidthMax ? '' : `.p/${ref.width}`}`;
}

/** Reads the one spelling of a tile's path; fails for leading zeros, other groups and widths above 255. */
export function parseTilePath(text: string): TileRef {
  const match = pathForm.exec(text);
  const [, level, place, width] = match ?? [];
  if (level === undefined || place === undefined) throw malformed('the path of a tile');
  const ref: TileRef = {
    kind: level === 'entries' ? 'entries' : 'hashes',
    level: level === 'entries' ? 0 : Number(level),
    n: Number(place.replace(/[x/]/g, '')),
    width: width === undefined ? tileWidthMax : Number(width),
  };
  const fits =
    ref.level <= levelMax && Number.isSafeInteger(ref.n) && (width === undefined || ref.width < tileWidthMax);
  if (!fits || tilePath(ref) !== text) throw malformed('the path of a tile in its one spelling');
  return ref;
}

/** How many hashes tile `n` of `level` has in a tree of `size` leaves; 0 when it does not exist. */
export function tileWidth(level: number, n: number, size: number): number {
  return Math.min(tileWidthMax, Math.max(0, Math.floor(size / tileWidthMax ** level) - n * tileWidthMax));
}

/** The tiles, at their widths in a tree of `size` leaves, that hold these nodes; each once. */
export function tilesOfNodes(nodes: Iterable<TreeNode>, size: number): readonly TileRef[] {
  const refs = new Map<string, TileRef>();
  for (const node of nodes) {
    const { level, n } = tileOf(node);
    refs.set(`${level}/${n}`, { kind: 'hashes', level, n, width: tileWidth(level, n, size) });
  }
  return [...refs.values()];
}

/** Opens a tile; fails unless its bytes are 1 to 256 whole hashes. Keep it: its interior nodes are cached in it. */
export function openTile(bytes: Uint8Array, crypto: Pick<LogCrypto, 'sha256'>): TileTree {
  return treeOf(
    bytes,
    Array.from({ length: tileHeight }, () => []),
    crypto,
  );
}

function treeOf(bytes: Uint8Array, rows: (Uint8Array | undefined)[][], crypto: Pick<LogCrypto, 'sha256'>): TileTree {
  const width = bytes.length / hashBytes;
  if (!Number.isInteger(width) || width < 1 || width > tileWidthMax) throw malformed('a tile of 1 to 256 hashes');
  const hash = (height: number, index: number): Uint8Array => {
    const row = rows[height];
    if (row === undefined || (index + 1) * 2 ** height > width) throw malformed('a hash that the tile holds');
    const known = row[index];
    if (known !== undefined) return known;
    const made =
      height === 0
        ? bytes.slice(index * hashBytes, (index + 1) * hashBytes)
        : nodeHash(hash(height - 1, index * 2), hash(height - 1, index * 2 + 1), crypto);
    row[index] = made;
    return made;
  };
  const grow = (wider: Uint8Array): TileTree => {
    if (!equalBytes(wider.subarray(0, bytes.length), bytes)) throw malformed('a tile that goes on from this one');
    return treeOf(wider, rows, crypto);
  };
  return { width, hash, grow };
}

/** Reads nodes of the tree from opened tiles; fails with `ProtocolError` for a tile that is not there or too narrow. */
export function tileHashReader(getTile: (level: number, n: number) => TileTree | undefined): HashReader {
  return (level, index) => {
    const place = tileOf({ level, index });
    const tile = getTile(place.level, place.n);
    if (tile === undefined) throw malformed(`tile ${place.level}/${place.n}`);
    const height = level % tileHeight;
    return tile.hash(height, index - place.n * 2 ** (tileHeight - height));
  };
}

/** An entry bundle: each entry behind its uint16 length (C2SP tlog-tiles). */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...entries.flatMap((entry) => {
      if (entry.length > entryBytesMax) throw new ProtocolError('too-large', 'a log entry above 65,535 bytes');
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** Reads exactly `count` entries of a bundle, with nothing after them. */
export function decodeEntries(bytes: Uint8Array, count: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < count) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) break;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== count || at !== bytes.length) throw malformed(`a bundle of ${count} entries`);
  return entries;
}

function tileOf(node: TreeNode): { level: number; n: number } {
  const level = Math.floor(node.level / tileHeight);
  return { level, n: Math.floor(node.index / 2 ** (tileHeight - (node.level % tileHeight))) };
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-proof', `expected ${what}`);
}
