import { createHash, randomBytes } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, equalBytes, utf8 } from '../../../protocol/bytes.ts';
import { fernetKeyOf } from '../../../protocol/crypto/fernet.ts';
import {
  boxBytes,
  boxKeyPair,
  isSuite,
  keyCommitment,
  openSeal,
  seal,
  sealedToOf,
  sealingReady,
  xwingKeyPair,
  type SealedSecrets,
  type Suite,
} from '../../../protocol/crypto/seal.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { parseBundleId, parseNodeName } from '../../../protocol/ids.ts';
import { applyChange, badCases, flipBit } from '../../support/bad-cases.ts';
import { hasPython, python } from '../../support/oracles.ts';
import { loadVectors, type Part } from '../../support/vectors.ts';

const vectors = loadVectors();
const part = vectors.at('/seal');
const suites: readonly Suite[] = [1, 2];
const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));

beforeAll(sealingReady);

const contextOf = (from: Part) => ({
  from: parseNodeName(from.text('/from')),
  to: parseNodeName(from.text('/to')),
  bundle: parseBundleId(from.text('/bundle')),
});
const secrets: SealedSecrets = {
  fernetKey: fernetKeyOf(part.bytes('/fernetKey')),
  documentSalt: part.bytes('/documentSalt'),
};
const keysOf = (node: string, suite: Suite) =>
  suite === 1
    ? boxKeyPair(vectors.bytes(`/keys/${node}/box/seed`))
    : xwingKeyPair(vectors.bytes(`/keys/${node}/xwing/seed`));
const openPart = (from: Part, suite: Suite): SealedSecrets =>
  openSeal({ suite, box: from.bytes(`/suite${suite}/box`), ...keysOf('birch', suite), ...contextOf(from) });
const inTurn =
  (...values: Uint8Array[]) =>
  (size: number) => {
    const value = values.shift();
    if (value?.length !== size) throw new Error(`${size} random bytes are not in the vector`);
    return value;
  };

describe('the vectors', () => {
  test('every sealing key comes from its seed, and names itself in sealedTo', () => {
    for (const node of vectors.names('/keys')) {
      expect(keysOf(node, 1).publicKey).toEqual(vectors.bytes(`/keys/${node}/box/publicKey`));
      expect(keysOf(node, 1).privateKey).toEqual(vectors.bytes(`/keys/${node}/box/privateKey`));
      expect(keysOf(node, 2).publicKey).toEqual(vectors.bytes(`/keys/${node}/xwing/publicKey`));
    }
    for (const suite of suites)
      expect(sealedToOf(keysOf('birch', suite).publicKey)).toEqual(part.bytes(`/suite${suite}/sealedTo`));
  });

  test.each(suites)('the box of suite %i is made and opened byte for byte', (suite) => {
    const randomness =
      suite === 1
        ? inTurn(part.bytes('/suite1/ephemeralSeed'))
        : inTurn(part.bytes('/suite2/encapsulationSeed'), part.bytes('/suite2/nonce'));
    const { publicKey } = keysOf('birch', suite);
    const box = seal({ suite, publicKey, random: randomness, ...contextOf(part), ...secrets });
    expect(box).toEqual(part.bytes(`/suite${suite}/box`));
    expect(box).toHaveLength(boxBytes[suite]);
    expect(openPart(part, suite)).toEqual(secrets);
  });

  test('the key commitment is that of the key', () => {
    expect(keyCommitment(secrets.fernetKey)).toEqual(part.bytes('/keyCommitment'));
  });

  test.each(badCases('/seal').map((badCase) => [badCase.name, badCase] as const))('%s: refused', (name, badCase) => {
    const changed = applyChange(vectors, badCase);
    const accepted = (suite: Suite): boolean =>
      equalBytes(keyCommitment(openPart(changed, suite).fernetKey), changed.bytes('/keyCommitment'));
    const named = suites.filter((suite) => name.startsWith(`suite ${suite}`));
    for (const suite of named.length > 0 ? named : suites)
      if (name.startsWith('keyCommitment')) expect(accepted(suite)).toBe(false);
      else expect(() => accepted(suite)).toThrow(ProtocolError);
  });
});

describe.each(suites)('a box of suite %i', (suite) => {
  const context = contextOf(part);

  test('opens for its receiver alone, in its context alone', () => {
    const keys = keysOf('birch', suite);
    const box = seal({ suite, publicKey: keys.publicKey, random, ...context, ...secrets });
    expect(openSeal({ suite, box, ...keys, ...context })).toEqual(secrets);
    const others = [
      { ...context, from: context.to, to: context.from },
      { ...context, from: parseNodeName('cedar.example') },
      { ...context, to: parseNodeName('cedar.example') },
      { ...context, bundle: parseBundleId('5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f12') },
    ];
    for (const other of others) expect(() => openSeal({ suite, box, ...keys, ...other })).toThrow(ProtocolError);
    expect(() => openSeal({ suite, box, ...keysOf('cedar', suite), ...context })).toThrow(ProtocolError);
    const wrongSuite: Suite = suite === 1 ? 2 : 1;
    expect(() => openSeal({ suite: wrongSuite, box, ...keysOf('birch', wrongSuite), ...context })).toThrow(
      ProtocolError,
    );
  });

  test('is refused with any one bit flipped, cut or extended', () => {
    const keys = keysOf('birch', suite);
    const box = part.bytes(`/suite${suite}/box`);
    for (let bit = 0; bit < box.length * 8; bit += 1)
      expect(() => openSeal({ suite, box: flipBit(box, bit), ...keys, ...context }), `bit ${bit}`).toThrow(
        ProtocolError,
      );
    for (const bytes of [box.subarray(1), box.subarray(0, -1), concat(box, Uint8Array.of(0)), new Uint8Array()])
      expect(() => openSeal({ suite, box: bytes, ...keys, ...context })).toThrow(ProtocolError);
  });

  test('is not made for what is no key of the suite', () => {
    const { publicKey } = keysOf('birch', suite);
    const bad = [new Uint8Array(publicKey.length), publicKey.subarray(1), concat(publicKey, Uint8Array.of(0))];
    const zeroExchange = concat(publicKey.subarray(0, -32), new Uint8Array(32));
    for (const key of [...bad, zeroExchange])
      expect(() => seal({ suite, publicKey: key, random, ...context, ...secrets })).toThrow(ProtocolError);
    const documentSalt = new Uint8Array(31);
    expect(() => seal({ suite, publicKey, random, ...context, ...secrets, documentSalt })).toThrow(ProtocolError);
  });

  test('of random bytes fails with ProtocolError and nothing else', () => {
    const size = boxBytes[suite];
    const keys = keysOf('birch', suite);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size - 1, maxLength: size }), (box) => {
        expect(() => openSeal({ suite, box, ...keys, ...context })).toThrow(ProtocolError);
      }),
      { numRuns: 30 },
    );
  });
});

test('seeds of other sizes make no key, and only 1 and 2 are suites', () => {
  for (const size of [0, 31, 33]) {
    expect(() => boxKeyPair(new Uint8Array(size))).toThrow(ProtocolError);
    expect(() => xwingKeyPair(new Uint8Array(size))).toThrow(ProtocolError);
  }
  expect([0, 1, 2, 3, '1', undefined].map(isSuite)).toEqual([false, true, true, false, false, false]);
});

describe('held against others', () => {
  const context = contextOf(part);
  const contextBytes = utf8(`fernpost/seal/v1\n${context.from}\n${context.to}\n${context.bundle}\n`);
  const payload = part.bytes('/payload');
  const aeadKey = (sharedSecret: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
    blake2b(concat(utf8('fernpost/xwing/v1\n'), ciphertext, contextBytes), { key: sharedSecret, dkLen: 32 });

  test('the noble libraries open our suite 2, and we open theirs', () => {
    const seed = random(32);
    const keys = xwingKeyPair(seed);
    const theirs = ml_kem768_x25519.keygen(seed);
    expect(new Uint8Array(theirs.publicKey)).toEqual(keys.publicKey);

    const box = seal({ suite: 2, publicKey: keys.publicKey, random, ...context, ...secrets });
    const [ciphertext, nonce, body] = [box.subarray(0, 1120), box.subarray(1120, 1144), box.subarray(1144)];
    const sharedSecret = ml_kem768_x25519.decapsulate(ciphertext, theirs.secretKey);
    const opened = xchacha20poly1305(aeadKey(sharedSecret, ciphertext), nonce, contextBytes).decrypt(body);
    expect(opened).toEqual(payload);

    const made = ml_kem768_x25519.encapsulate(keys.publicKey);
    const ownNonce = random(24);
    const cipher = xchacha20poly1305(aeadKey(made.sharedSecret, made.cipherText), ownNonce, contextBytes);
    const theirBox = concat(made.cipherText, ownNonce, cipher.encrypt(payload));
    expect(openSeal({ suite: 2, box: theirBox, ...keys, ...context })).toEqual(secrets);
  });

  test.skipIf(!hasPython())('PyNaCl opens our suite 1, and we open its', () => {
    const keys = boxKeyPair(random(32));
    const box = seal({ suite: 1, publicKey: keys.publicKey, random, ...context, ...secrets });
    const open =
      'import sys\nfrom nacl.public import PrivateKey, SealedBox\nb = sys.stdin.buffer.read()\n' +
      'sys.stdout.buffer.write(SealedBox(PrivateKey(b[:32])).decrypt(b[32:]))';
    expect(python(open, concat(keys.privateKey, box))).toEqual(payload);
    const make =
      'import sys\nfrom nacl.public import PublicKey, SealedBox\nb = sys.stdin.buffer.read()\n' +
      'sys.stdout.buffer.write(SealedBox(PublicKey(b[:32])).encrypt(b[32:]))';
    const theirBox = python(make, concat(keys.publicKey, payload));
    expect(openSeal({ suite: 1, box: theirBox, ...keys, ...context })).toEqual(secrets);
  });

  test('the payload is 01, key, salt and the digest of the context', () => {
    const digest = new Uint8Array(createHash('sha256').update(contextBytes).digest());
    expect(concat(Uint8Array.of(1), secrets.fernetKey, secrets.documentSalt, digest)).toEqual(payload);
  });
});
