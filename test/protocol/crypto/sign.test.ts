import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parsePublicKey, signingKey, verifySignature } from '../../../protocol/crypto/sign.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { flipBit } from '../../support/bad-cases.ts';
import { loadVectors, thirdPartyVectors } from '../../support/vectors.ts';

const vectors = loadVectors();
const ed25519 = vectors.at('/ed25519');
const good = ed25519.at('/good');

test('every key pair of the vectors comes from its seed', () => {
  for (const node of vectors.names('/keys'))
    for (const use of vectors.names(`/keys/${node}`).filter((name) => /^(?:identity|http|log|cosign)/.test(name))) {
      const key = vectors.at(`/keys/${node}/${use}`);
      expect(signingKey(key.bytes('/seed')).publicKey, `${node} ${use}`).toEqual(key.bytes('/publicKey'));
    }
});

test('the good signature is made again and verifies', () => {
  const alder = signingKey(vectors.bytes('/keys/alder/identity/seed'));
  const message = utf8(good.text('/message'));
  expect(alder.sign(message)).toEqual(good.bytes('/signature'));
  expect(verifySignature(parsePublicKey(good.bytes('/publicKey')), message, good.bytes('/signature'))).toBe(true);
});

describe('a key is refused when it is read', () => {
  const bad = [...ed25519.list('/smallOrder'), ...ed25519.list('/notReduced')];
  test.each(bad.map((part) => [part.text('/what'), part.bytes('/key')] as const))('%s', (_, key) => {
    expect(() => parsePublicKey(key)).toThrow(ProtocolError);
    expect(logCrypto.isGoodKey(key)).toBe(false);
    expect(logCrypto.verify(key, utf8('any'), new Uint8Array(64))).toBe(false);
  });

  test.each([31, 33, 0])('%i bytes', (size) => {
    expect(() => parsePublicKey(new Uint8Array(size).fill(9))).toThrow(ProtocolError);
    expect(() => signingKey(new Uint8Array(size))).toThrow(ProtocolError);
  });
});

test('no bad signature verifies, whoever asks', () => {
  for (const part of ed25519.list('/badSignatures'))
    expect(
      logCrypto.verify(part.bytes('/publicKey'), utf8(part.text('/message')), part.bytes('/signature')),
      part.text('/what'),
    ).toBe(false);
});

test('every flipped bit of a signature is refused, and every shorter one', () => {
  const key = parsePublicKey(good.bytes('/publicKey'));
  const message = utf8(good.text('/message'));
  const signature = good.bytes('/signature');
  for (let bit = 0; bit < 512; bit += 1)
    expect(verifySignature(key, message, flipBit(signature, bit)), `bit ${bit}`).toBe(false);
  for (let size = 0; size < 64; size += 1)
    expect(verifySignature(key, message, signature.subarray(0, size)), `${size} bytes`).toBe(false);
});

test('a key that is read keeps its bytes when the message it came from is overwritten', () => {
  const source = good.bytes('/publicKey');
  const key = parsePublicKey(source);
  source.fill(0);
  expect(verifySignature(key, utf8(good.text('/message')), good.bytes('/signature'))).toBe(true);
});

test("RFC 9421's own Ed25519 example verifies", () => {
  const example = vectors.at('/rfc9421B26');
  const signature = Uint8Array.fromBase64(example.text('/signature').slice('sig-b26=:'.length, -1));
  const base = utf8(example.text('/base'));
  expect(verifySignature(parsePublicKey(example.bytes('/publicKey')), base, signature)).toBe(true);
  const der = Buffer.from(example.text('/privateKeyPkcs8'), 'base64');
  const seed = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }).d ?? '';
  expect(signingKey(parseBase64Url(seed)).sign(base)).toEqual(signature);
});

test('random bytes are a key, or fail with ProtocolError; no random signature verifies', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 30, maxLength: 33 }),
      fc.uint8Array({ maxLength: 70 }),
      (bytes, signature) => {
        try {
          expect(verifySignature(parsePublicKey(bytes), utf8('m'), signature)).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      },
    ),
    { numRuns: 200 },
  );
});

const wycheproof = thirdPartyVectors('wycheproof/ed25519_test.json');

test.skipIf(wycheproof === undefined)('Wycheproof: Ed25519', () => {
  let tests = 0;
  for (const group of wycheproof?.list('/testGroups') ?? []) {
    const key = Uint8Array.fromHex(group.text('/publicKey/pk'));
    for (const part of group.list('/tests')) {
      const [message, signature] = [part.text('/msg'), part.text('/sig')].map((hex) => Uint8Array.fromHex(hex));
      const valid = logCrypto.verify(key, message ?? key, signature ?? key);
      expect(valid, `${part.number('/tcId')} ${part.text('/comment')}`).toBe(part.text('/result') === 'valid');
      tests += 1;
    }
  }
  expect(tests).toBe(wycheproof?.number('/numberOfTests'));
});
