import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import {
  cardEnd,
  findLiveKeys,
  isLive,
  logPrefix,
  parseCard,
  parseIdentityVkey,
  writeCard,
  type Card,
  type CardFields,
} from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { signingKey } from '../../protocol/crypto/sign.ts';
import { parseNodeUrl } from '../../protocol/ids.ts';
import { instantOfMs, parseInstant } from '../../protocol/instant.ts';
import { noteKey, parseVkey } from '../../protocol/log/note.ts';
import { applyChange, badCases } from '../support/bad-cases.ts';
import { mutatedText, refusal } from '../support/refusal.ts';
import { loadVectors } from '../support/vectors.ts';

const vectors = loadVectors();
const vkeyOf = (node: string): string => vectors.text(`/keys/${node}/identity/vkey`);
const read = (node: string): Card => parseCard(vectors.text(`/cards/${node}/note`), vkeyOf(node), logCrypto);
const { sign } = signingKey(vectors.bytes('/keys/alder/identity/seed'));
const identity = parseVkey(vkeyOf('alder'), logCrypto);
const alder = read('alder');
const day = 86_400_000;

/** What the writer says of Alder's card with some fields changed. */
function refusalOf(change: Partial<CardFields>): string | undefined {
  return refusal(() => writeCard({ ...alder, ...change }, identity, sign, logCrypto));
}

describe('a card', () => {
  test.each(['alder', 'birch', 'cedar'])('of %s in the vectors is read, and written again byte for byte', (node) => {
    const card = read(node);
    expect(card.sha256).toEqual(vectors.bytes(`/cards/${node}/sha256`));
    expect(card.name).toBe(`${node}.example`);
    expect(card.identityVkey).toBe(vkeyOf(node));
    const key = signingKey(vectors.bytes(`/keys/${node}/identity/seed`));
    const shuffled = { ...card, keys: card.keys.toReversed(), revoked: card.revoked.toReversed() };
    expect(writeCard(shuffled, parseVkey(vkeyOf(node), logCrypto), key.sign, logCrypto)).toBe(card.note);
  });

  test("holds the keys of the vectors, each for its use, and Cedar's two logs", () => {
    const now = parseInstant('2026-09-21T14:13:20Z');
    for (const use of ['box', 'cosign', 'http', 'xwing'] as const)
      expect(findLiveKeys(alder, use, now).map(({ key }) => toBase64Url(key))).toEqual([
        vectors.text(`/keys/alder/${use}/publicKey`),
      ]);
    expect(alder.revoked.map(({ key }) => toBase64Url(key))).toEqual([vectors.text('/keys/alder/httpLost/publicKey')]);
    expect(read('cedar').logs.map(({ origin, prefix }) => [origin, prefix])).toEqual([
      ['cedar.example/log/2', 'https://cedar.example/log/2'],
      ['cedar.example/log', 'https://cedar.example/log'],
    ]);
  });

  test.each(badCases('/cards/alder/note'))('with $name is refused', (bad) => {
    const note = applyChange(vectors, bad).text();
    expect(refusal(() => parseCard(note, vkeyOf('alder'), logCrypto))).toBeDefined();
  });

  test("is refused under another node's identity key", () => {
    expect(refusal(() => parseCard(alder.note, vkeyOf('birch'), logCrypto))).toBe('signature-mismatch');
    expect(refusal(() => parseIdentityVkey(vectors.text('/keys/alder/log/vkey'), logCrypto))).toBe('malformed-name');
    expect(refusal(() => parseIdentityVkey(vectors.text('/keys/alder/cosign/vkey'), logCrypto))).toBe('malformed-name');
  });

  test('with any one bit changed is refused', () => {
    const bytes = utf8(alder.note);
    const decoder = new TextDecoder();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const copy = Uint8Array.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const code = refusal(() => parseCard(decoder.decode(copy), vkeyOf('alder'), logCrypto));
      if (code === undefined) expect.fail(`bit ${bit}`);
    }
  });

  const [box] = alder.keys;
  const [log] = alder.logs;
  if (box === undefined || log === undefined) throw new Error('the card of the vectors has no key or log');
  test.each<[string, Partial<CardFields>]>([
    ['an empty title', { title: '' }],
    ['a title of 101 characters', { title: '☤'.repeat(101) }],
    ['a title of two lines', { title: 'St. Alder\nHospital' }],
    ['a title with two spaces', { title: 'St.  Alder' }],
    ['a title that ends in a space', { title: 'St. Alder ' }],
    ['a title with a line separator', { title: 'St.\u2028Alder' }],
    ['no log', { logs: [] }],
    ['a log of another node', { logs: read('birch').logs }],
    ['a second log without the first', { logs: read('cedar').logs.slice(0, 1) }],
    ['logs, oldest first', { logs: read('cedar').logs.toReversed() }],
    ['a log prefix elsewhere', { logs: [{ ...log, prefix: 'https://birch.example/log' }] }],
    ['no suite', { suites: [] }],
    ['suites, lowest first', { suites: [1, 2] }],
    ['a suite twice', { suites: [2, 2] }],
    ['suite 0', { suites: [2, 0] }],
    ['a key that never lives', { keys: [{ ...box, until: box.from }] }],
    ['an xwing key of 32 bytes', { keys: [{ ...box, use: 'xwing' }] }],
    ['a live key that is revoked', { revoked: [{ use: 'box', key: box.key, at: box.from }] }],
    [
      '65 keys of a use',
      {
        keys: Array.from({ length: 65 }, (_, i) => ({
          ...box,
          use: 'box',
          key: concat(box.key.subarray(1), Uint8Array.of(i)),
          from: instantOfMs(box.from + i * day),
          until: instantOfMs(box.from + (i + 1) * day),
        })),
      },
    ],
    ['a bundle limit that is no number', { maxBundle: 1.5 }],
    ['a url with a path', { url: 'https://alder.example/x' as CardFields['url'] }],
  ])('with %s is not written', (_, change) => {
    expect(refusalOf(change)).toBeDefined();
  });

  test('may have a title of 100 characters, another url, keys that follow each other, and suites of the future', () => {
    const url = parseNodeUrl('https://alder.example:8443');
    const next = {
      ...box,
      key: concat(box.key.subarray(1), Uint8Array.of(1)),
      from: box.until,
      until: instantOfMs(box.until + day),
    };
    const keys = [box, next];
    const logs = alder.logs.map((one) => ({ ...one, prefix: logPrefix(url, one.origin) }));
    expect(refusalOf({ title: '☤'.repeat(100), url, logs, keys, suites: [7, 2, 1] })).toBeUndefined();
  });

  test('of another name than its identity key is not written', () => {
    const other = noteKey('birch.example', identity.type, identity.publicKey, logCrypto);
    expect(refusal(() => writeCard(alder, other, sign, logCrypto))).toBe('malformed-card');
  });

  test('is believed for 90 days after reading at most', () => {
    const early = instantOfMs(alder.notAfter - day);
    const long = instantOfMs(alder.notAfter - 100 * day);
    expect(cardEnd(alder, early)).toBe(alder.notAfter);
    expect(cardEnd(alder, long)).toBe(alder.notAfter - 10 * day);
  });

  test.each([
    ['a millisecond before its life', -1, true, false],
    ['the moment it begins', 0, true, true],
    ['a millisecond before the end', -1, false, true],
    ['the moment it ends', 0, false, false],
  ])('has a key that is judged %s', (_, offsetMs, begin, live) => {
    expect(isLive(box, instantOfMs((begin ? box.from : box.until) + offsetMs))).toBe(live);
  });

  test('of any text is refused with ProtocolError, signed or not', () => {
    fc.assert(
      fc.property(mutatedText(alder.note.slice(0, alder.note.indexOf('\n\n') + 1)), (text) => {
        refusal(() => parseCard(text, vkeyOf('alder'), logCrypto));
        const body = text.endsWith('\n') ? text : `${text}\n`;
        const line = `— alder.example ${signatureOf(body)}\n`;
        const code = refusal(() => parseCard(`${body}\n${line}`, vkeyOf('alder'), logCrypto));
        if (code === undefined)
          expect(refusalOf(parseCard(`${body}\n${line}`, vkeyOf('alder'), logCrypto))).toBeUndefined();
      }),
    );
  });
});

function signatureOf(text: string): string {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, identity.id);
  return concat(id, sign(utf8(text))).toBase64();
}
