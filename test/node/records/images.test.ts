import { describe, expect, test } from 'vitest';
import { giveBack } from '../../../protocol/bytes.ts';
import {
  effectiveType,
  imagePixelsMax,
  isDownloadOnly,
  sniffedType,
} from '../../../node/records/attachments/content-type.ts';
import { orientationOf } from '../../../node/records/attachments/exif-orientation.ts';
import { imageSizeOf } from '../../../node/records/attachments/image-size.ts';
import { stripJpegMetadata } from '../../../node/records/attachments/strip-jpeg.ts';
import { jpegWithEverything, plainJpeg } from '../../support/jpeg-samples.ts';
import { collect } from './hospital.ts';

async function* inPiecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
const strip = (bytes: Uint8Array, size = bytes.length): Promise<Uint8Array> =>
  collect(stripJpegMetadata(inPiecesOf(bytes, size)));
const png = (width: number, height: number): Uint8Array => {
  const bytes = Uint8Array.fromHex('89504e470d0a1a0a0000000d49484452' + '00'.repeat(17));
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
};

describe('a photograph', () => {
  test.each([1, 2, 3, 7, 64, 1000, 100_000])(
    'loses what lies beside the picture, in pieces of %i bytes',
    async (size) => {
      const kept = await strip(jpegWithEverything(), size);
      expect(Buffer.from(kept).toString('hex')).toBe(Buffer.from(plainJpeg()).toString('hex'));
      expect(Buffer.from(kept).toString('latin1')).not.toContain('GPS');
    },
  );

  test('without anything beside it stays as it is, byte for byte', async () => {
    expect(Buffer.compare(await strip(plainJpeg(), 10), plainJpeg())).toBe(0);
  });

  test('cut anywhere gives what is left of the picture, and never fails', async () => {
    const whole = jpegWithEverything();
    for (let size = 0; size < whole.length; size += 1) await strip(whole.subarray(0, size), 50);
  });

  test('whose form breaks passes unchanged from there on', async () => {
    const odd = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 1, 7, 7, 7);
    expect([...(await strip(odd))]).toEqual([...odd]);
    const other = new TextEncoder().encode('no JPEG at all');
    expect([...(await strip(other, 3))]).toEqual([...other]);
    expect([...(await strip(new Uint8Array()))]).toEqual([]);
  });

  test('passes also to somebody who gives the memory of each piece back', async () => {
    for (const given of [new Uint8Array(4000), jpegWithEverything()]) {
      const wanted = await strip(given, 1000);
      const kept: number[] = [];
      for await (const piece of stripJpegMetadata(inPiecesOf(given, 1000))) {
        kept.push(...piece);
        giveBack(piece);
      }
      expect(Buffer.compare(Uint8Array.from(kept), wanted)).toBe(0);
    }
  });

  test.each([
    '',
    '4949',
    '4949002a',
    '49492a00ffffffff',
    '4d4d002a00000008ffff',
    '4d4d002a00000008000101120003000000010009',
  ])('with the broken Exif block %s has no orientation', (hex) => {
    expect(orientationOf(Uint8Array.fromHex(hex))).toBeUndefined();
  });
});

describe('the head of a file', () => {
  test.each([
    [png(640, 480), { width: 640, height: 480 }],
    [png(640, 480).subarray(0, 20), undefined],
    [plainJpeg(), { width: 3, height: 2 }],
    [jpegWithEverything(), { width: 3, height: 2 }],
    [plainJpeg().subarray(0, 40), undefined],
    [Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), undefined],
    [new Uint8Array(), undefined],
  ])('tells the size of an image where it is whole', (head, size) => {
    expect(imageSizeOf(head)).toEqual(size);
  });

  test('keeps an image of too many pixels from being drawn', () => {
    expect(isDownloadOnly('image/png', png(10_000, imagePixelsMax / 10_000))).toBe(false);
    expect(isDownloadOnly('image/png', png(10_000, imagePixelsMax / 10_000 + 1))).toBe(true);
    expect(isDownloadOnly('image/png', png(0xffffffff, 0xffffffff))).toBe(true);
  });

  test.each([
    ['%PDF-1.7', 'application/pdf'],
    ['PK\u0003\u0004', 'application/zip'],
    ['<svg onload="x">', 'image/svg+xml'],
    ['  \n<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x">\n<svg>', 'image/svg+xml'],
    ['<!-- <svg> --><html>', 'text/html'],
    ['<script>', 'text/html'],
    ['MZ\u0090', 'application/x-msdownload'],
    ['heart rate 72', undefined],
    ['', undefined],
  ])('that begins with %j is %s', (text, type) => {
    const head = Uint8Array.from([...text].map((letter) => letter.charCodeAt(0)));
    expect(sniffedType(head)).toBe(type);
    expect(effectiveType('application/octet-stream', head)).toBe(type ?? 'application/octet-stream');
    expect(effectiveType('text/csv', head)).toBe('text/csv');
  });

  test('is judged without long thought, whatever it holds', () => {
    for (const text of ['<!--'.repeat(20_000), '<?xml'.repeat(20_000), ' '.repeat(100_000), '<!-- -->'.repeat(20_000)])
      expect(sniffedType(new TextEncoder().encode(text))).toBeUndefined();
  });
});
