import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentBytesMax } from '../../../protocol/bundle/limits.ts';
import { openDocument, sealDocument, type SealedDocument } from '../../../protocol/bundle/document.ts';
import { parseManifest, type DocumentPart } from '../../../protocol/bundle/manifest.ts';
import { concat, parseBase64Url, toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { fernetKeyOf } from '../../../protocol/crypto/fernet.ts';
import { gunzip } from '../../../protocol/crypto/gzip.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { instantOfUnix } from '../../../protocol/instant.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { loadVectors, type Part } from '../../support/vectors.ts';

const vectors = loadVectors();
const document = vectors.at('/document');
const payload = vectors.bytes('/seal/payload');
const yieldTurn = async () => {};
const keys = { fernetKey: fernetKeyOf(payload.slice(1, 33)), documentSalt: payload.slice(33, 65), yieldTurn };
const part: DocumentPart = parseManifest(utf8(vectors.text('/manifest/bytes'))).document;

function partOf(from: Part): DocumentPart {
  return {
    size: from.number('/size'),
    digest: from.bytes('/digest'),
    encoding: 'gzip',
    commitment: from.bytes('/commitment'),
  };
}

function sealed(plaintext: Uint8Array, encoding: 'gzip' | 'identity'): Promise<SealedDocument> {
  const stamp = { time: instantOfUnix(document.number('/time')), iv: document.bytes('/iv') };
  return sealDocument(bundleCrypto, { plaintext, encoding, ...keys, ...stamp });
}

test('the document of the vectors opens to its plaintext', async () => {
  const plaintext = await openDocument(bundleCrypto, part, utf8(document.text('/token')), keys);
  expect(new TextDecoder().decode(plaintext)).toBe(document.text('/plaintext'));
});

test('sealed with the gzip member of the vectors, the same token, size, digest and commitment come out', async () => {
  const crypto = { ...bundleCrypto, gzip: async () => document.bytes('/gzip') };
  const stamp = { time: instantOfUnix(document.number('/time')), iv: document.bytes('/iv') };
  const made = await sealDocument(crypto, {
    plaintext: utf8(document.text('/plaintext')),
    encoding: 'gzip',
    ...keys,
    ...stamp,
  });
  expect(new TextDecoder().decode(made.token)).toBe(document.text('/token'));
  expect(made.part).toEqual(part);
});

test.each(badCases('/document').map((one) => [one.name, one] as const))('a document is refused: %s', async (_, one) => {
  const changed = applyChange(vectors, one);
  const opening = openDocument(bundleCrypto, partOf(changed), utf8(changed.text('/token')), keys);
  await expect(opening).rejects.toThrow(ProtocolError);
});

test('a document travels either way, at its limit too, and is refused one byte above', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom('gzip', 'identity'), async (bytes, how) => {
      const made = await sealed(bytes, how);
      expect(await openDocument(bundleCrypto, made.part, made.token, keys)).toEqual(bytes);
    }),
    { numRuns: 40 },
  );
  for (const how of ['gzip', 'identity'] as const) {
    const full = new Uint8Array(documentBytesMax);
    const made = await sealed(full, how);
    expect((await openDocument(bundleCrypto, made.part, made.token, keys)).length).toBe(documentBytesMax);
    await expect(sealed(new Uint8Array(documentBytesMax + 1), how)).rejects.toThrow(ProtocolError);
  }
});

test('a bomb stops at the limit', async () => {
  const bomb = gzipSync(new Uint8Array(60 * 1024 * 1024));
  await expect(gunzip(bomb, documentBytesMax)).rejects.toThrow(expect.objectContaining({ code: 'too-large' }));
});

test('gzip with every optional header field is one member all the same', async () => {
  const plain = gzipSync(utf8('selam'));
  const flags = Uint8Array.of(0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 255, 2, 0, 7, 7);
  const named = concat(flags, utf8('name\0comment\0'), plain.subarray(10));
  expect(await gunzip(named, 100)).toEqual(utf8('selam'));
});

test.each([
  ['a wrong checksum', (gz: Uint8Array) => gz.with(gz.length - 8, (gz.at(-8) ?? 0) ^ 1)],
  ['a wrong length', (gz: Uint8Array) => gz.with(gz.length - 4, (gz.at(-4) ?? 0) ^ 1)],
  ['no trailer', (gz: Uint8Array) => gz.slice(0, -8)],
  ['a reserved flag', (gz: Uint8Array) => gz.with(3, 0x20)],
  ['a second member', (gz: Uint8Array) => concat(gz, gz)],
])('gzip is refused: %s', async (_, change) => {
  await expect(gunzip(change(new Uint8Array(gzipSync(utf8('selam')))), 100)).rejects.toThrow(ProtocolError);
});

test('whatever bytes come, gunzip fails with ProtocolError only', async () => {
  const good = new Uint8Array(gzipSync(utf8('selam '.repeat(50))));
  const damaged = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, to]) => good.with(at, to));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
      await gunzip(bytes, 1000).catch((error: unknown) => expect(error).toBeInstanceOf(ProtocolError));
    }),
    { numRuns: 200 },
  );
});

test('a salt that is not the sender’s does not open the commitment', async () => {
  const other = { ...keys, documentSalt: parseBase64Url(toBase64Url(new Uint8Array(32))) };
  const opening = openDocument(bundleCrypto, part, utf8(document.text('/token')), other);
  await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'commitment-mismatch' }));
});

test.each([
  ['the largest that is done in one turn', 64 * 1024],
  ['one byte more', 64 * 1024 + 1],
  ['what inflates to more than one turn should do', 3 * 1024 * 1024],
])('gzip gives back what it was given: %s', async (_, size) => {
  const bytes = Uint8Array.from({ length: size }, (_unused, i) => (i * i) >>> 7);
  expect(await gunzip(await bundleCrypto.gzip(bytes), size)).toEqual(bytes);
  await expect(gunzip(await bundleCrypto.gzip(bytes), size - 1)).rejects.toThrow(
    expect.objectContaining({ code: 'too-large' }),
  );
});
