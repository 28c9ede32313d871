import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { tileWidthMax } from '../../../protocol/log/edge.ts';
import { leafHash, nodeHash, nodesOfInclusion } from '../../../protocol/log/merkle.ts';
import {
  decodeEntries,
  encodeEntries,
  openTile,
  parseTilePath,
  tileHashReader,
  tilePath,
  tilesOfNodes,
  tileWidth,
} from '../../../protocol/log/tile.ts';
import { mutatedText, refusal } from '../../support/refusal.ts';
import { alderEntries, staticLog, vectors } from './alder-log.ts';

const [one, two, three] = ['one', 'two', 'three'].map((text) => leafHash(utf8(text), logCrypto)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

describe('tiles', () => {
  test('the log of the vectors has the resources of the vectors', () => {
    const files = staticLog(alderEntries());
    for (const path of vectors.names('/log/sha256OfResources'))
      expect(logCrypto.sha256(files.get(path) ?? new Uint8Array(0)).toHex(), path).toBe(
        vectors.text(`/log/sha256OfResources/${path.replaceAll('/', '~1')}`),
      );
    expect([...files.keys()].filter((path) => path.startsWith('tile')).toSorted()).toEqual(
      vectors.names('/log/sha256OfResources').toSorted(),
    );
  });

  test.each([
    ['tile/0/000', { kind: 'hashes', level: 0, n: 0, width: 256 }],
    ['tile/3/x001/x234/067', { kind: 'hashes', level: 3, n: 1_234_067, width: 256 }],
    ['tile/entries/x001/000.p/1', { kind: 'entries', level: 0, n: 1000, width: 1 }],
    ['tile/63/999.p/255', { kind: 'hashes', level: 63, n: 999, width: 255 }],
  ] as const)('%s is read and written', (path, ref) => {
    expect(parseTilePath(path)).toEqual(ref);
    expect(tilePath(ref)).toBe(path);
  });

  test.each([
    'tile/00/000',
    'tile/64/000',
    'tile/0/x000/067',
    'tile/0/67',
    'tile/0/0067',
    'tile/0/001/067',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p',
    'tile/entries/000/',
    'tile/-1/000',
    '/tile/0/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/000?x',
  ])('%s is not the path of a tile', (path) => {
    expect(refusal(() => parseTilePath(path))).toBe('malformed-proof');
  });

  test('any text is the path of a tile in one spelling or refused', () => {
    fc.assert(
      fc.property(mutatedText('tile/3/x001/x234/067.p/12'), (text) => {
        if (refusal(() => parseTilePath(text)) === undefined) expect(tilePath(parseTilePath(text))).toBe(text);
      }),
    );
  });

  test('a tree of 70,000 leaves has the widths that C2SP gives', () => {
    expect([tileWidth(0, 272, 70_000), tileWidth(0, 273, 70_000), tileWidth(0, 274, 70_000)]).toEqual([256, 112, 0]);
    expect([
      tileWidth(1, 0, 70_000),
      tileWidth(1, 1, 70_000),
      tileWidth(2, 0, 70_000),
      tileWidth(3, 0, 70_000),
    ]).toEqual([256, 17, 1, 0]);
  });

  test('a proof in a log of ten million needs a handful of tiles', () => {
    const refs = tilesOfNodes(nodesOfInclusion(7_654_321, 10_000_000).flat(), 10_000_000);
    expect(refs.length).toBeLessThanOrEqual(6);
    expect(refs).toContainEqual({ kind: 'hashes', level: 0, n: 29_899, width: tileWidthMax });
  });

  test('a tile that is absent, too narrow or not of whole hashes is refused', () => {
    const tile = openTile(concat(one, two, three), logCrypto);
    expect(tile.hash(1, 0)).toEqual(nodeHash(one, two, logCrypto));
    expect(refusal(() => tile.hash(1, 1))).toBe('malformed-proof');
    expect(refusal(() => openTile(new Uint8Array(33), logCrypto))).toBe('malformed-proof');
    expect(refusal(() => openTile(new Uint8Array(0), logCrypto))).toBe('malformed-proof');
    expect(refusal(() => openTile(new Uint8Array(257 * 32), logCrypto))).toBe('malformed-proof');
    expect(refusal(() => tileHashReader(() => undefined)(0, 0))).toBe('malformed-proof');
  });

  test('an entry bundle gives back its entries and refuses every other count and every cut', () => {
    const entries = [utf8('one'), new Uint8Array(0), new Uint8Array(65_535)];
    const bytes = encodeEntries(entries);
    expect(decodeEntries(bytes, 3)).toEqual(entries);
    for (const count of [2, 4]) expect(refusal(() => decodeEntries(bytes, count))).toBe('malformed-proof');
    for (const cut of [0, 1, 4, 6, bytes.length - 1])
      expect(refusal(() => decodeEntries(bytes.subarray(0, cut), 3))).toBe('malformed-proof');
    expect(refusal(() => encodeEntries([new Uint8Array(65_536)]))).toBe('too-large');
  });
});
