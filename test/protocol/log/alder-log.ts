import { toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { signingKey } from '../../../protocol/crypto/sign.ts';
import { parseOrigin } from '../../../protocol/ids.ts';
import { signCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { appendLeaves, emptyEdge, tileWidthMax } from '../../../protocol/log/edge.ts';
import { leafBytes, recordX } from '../../../protocol/log/entry.ts';
import { leafHash } from '../../../protocol/log/merkle.ts';
import { parseVkey, type NoteKey } from '../../../protocol/log/note.ts';
import { encodeEntries, tilePath, tileWidth } from '../../../protocol/log/tile.ts';
import { loadVectors } from '../../support/vectors.ts';

export const vectors = loadVectors();
export const alderKey = parseVkey(vectors.text('/log/vkey'), logCrypto);
export const alderSign = signingKey(vectors.bytes('/keys/alder/log/seed')).sign;

/** Alder's 600 leaves, by the vectors' `leafRule`. */
export function alderEntries(): Uint8Array[] {
  const types = ['noop', 'local', 'sent', 'received'] as const;
  return Array.from({ length: vectors.number('/log/size') }, (_, i) => {
    if (vectors.has(`/log/leaves/${i}`)) return utf8(vectors.text(`/log/leaves/${i}`));
    const x = toBase64Url(logCrypto.sha256(utf8(`fernpost test vector: leaf ${i}`)));
    return utf8(`{"t":"${types[i % 4] ?? ''}","v":1,"x":"${x}"}`);
  });
}

/** As many leaves as wanted, of no record in particular. */
export function someEntries(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => leafBytes('noop', recordX('noop', utf8(String(i)), logCrypto)));
}

/** Every resource of a log, as a static server would hold it. */
export function staticLog(
  entries: readonly Uint8Array[],
  key: NoteKey = alderKey,
  sign: (message: Uint8Array) => Uint8Array = alderSign,
): Map<string, Uint8Array> {
  const size = entries.length;
  const files = new Map<string, Uint8Array>();
  const hashes = entries.map((entry) => leafHash(entry, logCrypto));
  const { root, tileWrites } = appendLeaves(emptyEdge, hashes, logCrypto);
  for (const { level, n, hashes: bytes } of tileWrites)
    files.set(tilePath({ kind: 'hashes', level, n, width: tileWidth(level, n, size) }), bytes);
  for (let n = 0; n * tileWidthMax < size; n += 1) {
    const list = entries.slice(n * tileWidthMax, (n + 1) * tileWidthMax);
    files.set(tilePath({ kind: 'entries', level: 0, n, width: list.length }), encodeEntries(list));
  }
  files.set('checkpoint', utf8(signCheckpoint({ origin: parseOrigin(key.name), size, root }, key, sign)));
  return files;
}
