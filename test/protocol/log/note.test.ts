import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { signingKey } from '../../../protocol/crypto/sign.ts';
import {
  formatNote,
  formatVkey,
  noteBytesMax,
  noteKey,
  noteKeyTypes,
  parseNote,
  parseVkey,
  signNote,
  verifySignatureLine,
} from '../../../protocol/log/note.ts';
import { mutatedText, refusal } from '../../support/refusal.ts';
import { vectors } from './alder-log.ts';

const checkpoint = vectors.text('/log/checkpoint600');
const line = checkpoint.slice(checkpoint.indexOf('—'));

describe('a verifier key', () => {
  const vkeys = ['alder', 'birch', 'cedar'].flatMap((node) =>
    ['identity', 'log', 'cosign'].map((use) => [`${node} ${use}`, vectors.at(`/keys/${node}/${use}`)] as const),
  );

  test.each(vkeys)('of %s is what the vectors say', (_, part) => {
    const key = parseVkey(part.text('/vkey'), logCrypto);
    expect(key.publicKey).toEqual(part.bytes('/publicKey'));
    expect(formatVkey(key)).toBe(part.text('/vkey'));
    expect(formatVkey(noteKey(key.name, key.type, part.bytes('/publicKey'), logCrypto))).toBe(part.text('/vkey'));
  });

  test.each([
    ['another key id', 'alder.example/log+034a9bfe+AXC/+2fqTK9JozofGhhJhMWqmIZcusZ8D8RQ6+HWGgcX'],
    ['a key id in capitals', 'alder.example/log+034A9BFF+AXC/+2fqTK9JozofGhhJhMWqmIZcusZ8D8RQ6+HWGgcX'],
    ['an unknown type', 'alder.example/log+034a9bff+AnC/+2fqTK9JozofGhhJhMWqmIZcusZ8D8RQ6+HWGgcX'],
    ['a space in the name', 'alder example+034a9bff+AXC/+2fqTK9JozofGhhJhMWqmIZcusZ8D8RQ6+HWGgcX'],
    ['a key of 31 bytes', 'alder.example/log+034a9bff+AXC/+2fqTK9JozofGhhJhMWqmIZcusZ8D8RQ6+HWGgc='],
    ['no name', '+034a9bff+AXC/+2fqTK9JozofGhhJhMWqmIZcusZ8D8RQ6+HWGgcX'],
  ])('with %s is refused', (_, text) => {
    expect(refusal(() => parseVkey(text, logCrypto))).toMatch(/^malformed-(key|base64)$/);
  });

  test('whose point must not be trusted is refused, as a key and as text', () => {
    for (const { at } of ['/ed25519/smallOrder', '/ed25519/notReduced'].flatMap((list) =>
      vectors.list(list).map((entry) => ({ at: entry })),
    ))
      expect(refusal(() => noteKey('alder.example', noteKeyTypes.ed25519, at.bytes('/key'), logCrypto))).toBe(
        'malformed-key',
      );
  });

  test('is read in one spelling or refused', () => {
    const vkey = vectors.text('/log/vkey');
    fc.assert(
      fc.property(mutatedText(vkey), (text) => {
        if (refusal(() => parseVkey(text, logCrypto)) === undefined)
          expect(formatVkey(parseVkey(text, logCrypto))).toBe(text);
      }),
    );
  });
});

describe('a note', () => {
  test('is signed and verified by one key, and by no other type of key', () => {
    const { publicKey, sign } = signingKey(vectors.bytes('/keys/alder/log/seed'));
    const key = noteKey('alder.example', noteKeyTypes.ed25519, publicKey, logCrypto);
    const { text, signatures } = parseNote(signNote('one\n\ntwo\n', key, sign));
    const [signature] = signatures;
    if (signature === undefined) throw new Error('no signature');
    expect(text).toBe('one\n\ntwo\n');
    expect(verifySignatureLine(text, signature, key, logCrypto)).toBe(true);
    expect(verifySignatureLine('one\n\ntwo!\n', signature, key, logCrypto)).toBe(false);
    const cosign = noteKey('alder.example', noteKeyTypes.cosignature, publicKey, logCrypto);
    expect(cosign.id).not.toBe(key.id);
    expect(verifySignatureLine(text, { ...signature, id: cosign.id }, cosign, logCrypto)).toBe(false);
    expect(verifySignatureLine(text, { ...signature, name: 'birch.example' }, key, logCrypto)).toBe(false);
  });

  test.each([
    ['without a final newline', checkpoint.slice(0, -1)],
    ['without a blank line', checkpoint.replace('\n\n', '\n')],
    ['without signatures', checkpoint.slice(0, checkpoint.indexOf('—'))],
    ['with a carriage return', checkpoint.replaceAll('\n', '\r\n')],
    ['with a tab in the text', checkpoint.replace('600', '600\t')],
    ['with a NUL in the text', checkpoint.replace('600', '600\0')],
    ['with a lone surrogate', checkpoint.replace('600', '600\ud800')],
    ['with a hyphen for the dash', checkpoint.replace('—', '-')],
    ['with two spaces in a line', checkpoint.replace('log A', 'log  A')],
    ['with a third word in a line', checkpoint.replace(/=\n$/, '= x\n')],
    ['with a plus in a key name', checkpoint.replace('— alder', '— al+der')],
    ['with a no-break space in a key name', checkpoint.replace('— alder', '— al\u00a0der')],
    ['with a signature of four bytes', checkpoint.replace(line, '— alder.example/log A0qb/w==\n')],
    ['with base64 that is not canonical', checkpoint.replace(/gY=\n$/, 'gZ=\n')],
    ['with 17 signatures', checkpoint + line.repeat(16)],
    ['with an empty line behind the signatures', `${checkpoint}\n`],
  ])('%s is refused', (_, note) => {
    expect(note).not.toBe(checkpoint);
    expect(refusal(() => parseNote(note))).toMatch(/^malformed-(note|base64)$/);
  });

  test('may have 16 signatures, and 64 KiB and no more', () => {
    expect(parseNote(checkpoint + line.repeat(15)).signatures.length).toBe(16);
    const fill = (size: number) => `${'é'.repeat((size - utf8(checkpoint).length) / 2)}${checkpoint}`;
    const odd = (noteBytesMax - utf8(checkpoint).length) % 2;
    expect(refusal(() => parseNote(fill(noteBytesMax - odd)))).toBeUndefined();
    expect(refusal(() => parseNote(fill(noteBytesMax - odd + 2)))).toBe('too-large');
  });

  test('of any text is read in one spelling or refused', () => {
    fc.assert(
      fc.property(mutatedText(vectors.text('/log/checkpoint600Cosigned')), (text) => {
        if (refusal(() => parseNote(text)) === undefined) expect(formatNote(parseNote(text))).toBe(text);
      }),
    );
  });
});
