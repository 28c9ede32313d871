import sodium from 'libsodium-wrappers';
import { beforeAll, expect, test } from 'vitest';
import { concat } from '../../../protocol/bytes.ts';
import { decrypt, fernetKeyOf } from '../../../protocol/crypto/fernet.ts';
import { FernetError } from '../../../protocol/crypto/fernet-token.ts';
import { equalSecrets, hkdfSha256, hmacSha256, sha256, sha256Stream } from '../../../protocol/crypto/hash.ts';
import { thirdPartyVectors, type Part } from '../../support/vectors.ts';

/** Wycheproof's cases for the primitives under Fernet, the chunk keys and both suites. Ed25519 stands with its own tests. */
const hmacTests = thirdPartyVectors('wycheproof/hmac_sha256_test.json');
const hkdfTests = thirdPartyVectors('wycheproof/hkdf_sha256_test.json');
const cbcTests = thirdPartyVectors('wycheproof/aes_cbc_pkcs5_test.json');

const x25519Tests = thirdPartyVectors('wycheproof/x25519_test.json');
const mlKemTests = thirdPartyVectors('wycheproof/mlkem_768_test.json');

beforeAll(() => sodium.ready);

const hex = (part: Part, name: string): Uint8Array => Uint8Array.fromHex(part.text(name));
const isValid = (part: Part): boolean => part.text('/result') === 'valid';
const what = (part: Part): string => `${part.number('/tcId')} ${part.text('/comment')}`;

test.skipIf(hmacTests === undefined)('HMAC-SHA-256', () => {
  for (const group of hmacTests?.list('/testGroups') ?? [])
    for (const part of group.list('/tests')) {
      const mac = hmacSha256(hex(part, '/key'), hex(part, '/msg')).subarray(0, group.number('/tagSize') / 8);
      expect(equalSecrets(mac, hex(part, '/tag')), what(part)).toBe(isValid(part));
    }
});

test.skipIf(hkdfTests === undefined)('HKDF-SHA-256', () => {
  for (const group of hkdfTests?.list('/testGroups') ?? [])
    for (const part of group.list('/tests').filter(isValid)) {
      const okm = hkdfSha256(hex(part, '/ikm'), hex(part, '/salt'), hex(part, '/info'), part.number('/size'));
      expect(okm, what(part)).toEqual(hex(part, '/okm'));
    }
});

test.skipIf(cbcTests === undefined)('AES-128-CBC with PKCS#7, inside a token whose MAC is right', () => {
  const groups = (cbcTests?.list('/testGroups') ?? []).filter((group) => group.number('/keySize') === 128);
  expect(groups.length).toBeGreaterThan(0);
  for (const group of groups)
    for (const part of group.list('/tests')) {
      const key = fernetKeyOf(concat(new Uint8Array(16), hex(part, '/key')));
      const signed = concat(Uint8Array.of(0x80), new Uint8Array(8), hex(part, '/iv'), hex(part, '/ct'));
      const token = concat(signed, hmacSha256(key.subarray(0, 16), signed));
      if (isValid(part)) expect(decrypt(key, token), what(part)).toEqual(hex(part, '/msg'));
      else expect(() => decrypt(key, token), what(part)).toThrow(FernetError);
    }
});

test.skipIf(x25519Tests === undefined)('X25519, as libsodium has it for both suites', () => {
  for (const part of x25519Tests?.list('/testGroups/0/tests') ?? []) {
    const exchange = () => sodium.crypto_scalarmult(hex(part, '/private'), hex(part, '/public'));
    // A shared secret of zero is refused; every other case has one answer, whatever else is odd about the point.
    if (/^0+$/.test(part.text('/shared'))) expect(exchange, what(part)).toThrow();
    else expect(exchange(), what(part)).toEqual(hex(part, '/shared'));
  }
});

test.skipIf(mlKemTests === undefined)('ML-KEM-768, as libsodium has it for suite 2', () => {
  for (const part of mlKemTests?.list('/testGroups').flatMap((group) => group.list('/tests')) ?? []) {
    const seed = hex(part, '/seed');
    const decapsulate = (): Uint8Array => {
      const { publicKey, privateKey } = sodium.crypto_kem_mlkem768_seed_keypair(seed);
      if (part.has('/ek')) expect(publicKey, `${part.number('/tcId')}`).toEqual(hex(part, '/ek'));
      return sodium.crypto_kem_mlkem768_dec(hex(part, '/c'), privateKey);
    };
    if (isValid(part)) expect(decapsulate(), `${part.number('/tcId')}`).toEqual(hex(part, '/K'));
    else expect(decapsulate, `${part.number('/tcId')}`).toThrow();
  }
});

test('SHA-256 is the same in one piece, in parts and in a stream that was copied on its way', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  const stream = sha256Stream();
  stream.update(bytes.subarray(0, 400));
  const prefix = stream.copy();
  stream.update(bytes.subarray(400));
  expect(stream.digest()).toEqual(sha256(bytes));
  expect(prefix.digest()).toEqual(sha256(bytes.subarray(0, 400)));
  expect(sha256(bytes.subarray(0, 7), bytes.subarray(7))).toEqual(sha256(bytes));
  expect(sha256()).toEqual(sha256(new Uint8Array()));
});
