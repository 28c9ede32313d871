import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { manifestDigest, parseManifest, writeManifest } from '../../../protocol/bundle/manifest.ts';
import { parseNotice, writeNotice } from '../../../protocol/bundle/notice.ts';
import { toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { loadVectors } from '../../support/vectors.ts';

const vectors = loadVectors();
const bytes = utf8(vectors.text('/manifest/bytes'));

test('the manifest of the vectors is read, written again byte for byte, and has its digest', () => {
  expect(new TextDecoder().decode(writeManifest(parseManifest(bytes)))).toBe(vectors.text('/manifest/bytes'));
  expect(toBase64Url(manifestDigest(bundleCrypto, bytes))).toBe(vectors.text('/manifest/sha256'));
});

test('the order of members is free, and one line feed may end it', () => {
  const members = Object.entries(JSON.parse(vectors.text('/manifest/bytes')) as object).toReversed();
  const turned = utf8(`${JSON.stringify(Object.fromEntries(members))}\n`);
  expect(parseManifest(turned)).toEqual(parseManifest(bytes));
});

test.each(badCases('/manifest').map((one) => [one.name, one] as const))('a manifest is refused: %s', (_, one) => {
  const changed = utf8(applyChange(vectors, one).text());
  const expected = one.expect === 'REC_VERSION' ? { code: 'unknown-version' } : {};
  expect(() => parseManifest(changed)).toThrow(expect.objectContaining({ name: 'ProtocolError', ...expected }));
});

test('a manifest at its limits is read, and refused one step beyond', () => {
  const object = JSON.parse(vectors.text('/manifest/bytes')) as Record<string, unknown>;
  const attachment = (i: number) => ({
    id: `8b1e5c74-2f0a-4b9d-9d3e-${i.toString(16).padStart(12, '0')}`,
    size: 8_388_609,
    chunkSize: 8_388_608,
    chunks: 2,
    root: toBase64Url(new Uint8Array(32)),
  });
  const many = (n: number) =>
    utf8(JSON.stringify({ ...object, attachments: Array.from({ length: n }, (_, i) => attachment(i)) }));
  expect(parseManifest(many(100)).attachments.length).toBe(100);
  expect(() => parseManifest(many(101))).toThrow(ProtocolError);
  const twice = utf8(JSON.stringify({ ...object, attachments: [attachment(1), attachment(1)] }));
  expect(() => parseManifest(twice)).toThrow(ProtocolError);
  const padded = utf8(`${' '.repeat(256 * 1024)}${vectors.text('/manifest/bytes')}`);
  expect(() => parseManifest(padded)).toThrow(expect.objectContaining({ code: 'too-large' }));
});

test('whatever bytes come, the readers of manifest and notice fail with ProtocolError only', () => {
  const text = vectors.text('/manifest/bytes');
  const parsers = [parseManifest, parseNotice];
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map(utf8),
        fc
          .tuple(fc.nat(text.length), fc.nat(20), fc.string())
          .map(([at, cut, put]) => utf8(text.slice(0, at) + put + text.slice(at + cut))),
      ),
      (input) => {
        for (const parse of parsers)
          try {
            parse(input);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
      },
    ),
    { numRuns: 300 },
  );
});

test('the notice of the vectors is read and written again byte for byte', () => {
  const notice = utf8(vectors.text('/notice/document'));
  expect(new TextDecoder().decode(writeNotice(parseNotice(notice)))).toBe(vectors.text('/notice/document'));
});

test.each([
  ['another version', { v: 2 }, 'unknown-version'],
  ['an unknown name', { notice: 'seen' }, 'malformed-document'],
  ['an unknown member', { patient: 'x' }, 'malformed-document'],
  ['free text as reason', { reason: 'Selam came late' }, 'malformed-document'],
  ['a record of another size', { record: 'AAAA' }, 'malformed-base64'],
])('a notice is refused: %s', (_, change, code) => {
  const notice = { ...(JSON.parse(vectors.text('/notice/document')) as object), ...change };
  expect(() => parseNotice(utf8(JSON.stringify(notice)))).toThrow(expect.objectContaining({ code }));
});
