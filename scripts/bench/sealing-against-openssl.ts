import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { decrypt, encrypt, generateKey } from '../../protocol/crypto/fernet.ts';
import { tokenBytesOf } from '../../protocol/crypto/fernet-token.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { cpuMsEach, interleaved } from './measure.ts';
import type { Row } from './row.ts';
import { findTool, missing, opensslSpeed } from './tools.ts';

const sizeBytes = 1024 * 1024;

/** Row 1: Fernet as the node seals chunks, against AES-128-CBC and HMAC-SHA-256 of OpenSSL one after the other. */
export const sealingAgainstOpenssl: Row = {
  row: 1,
  title: 'sealing and opening 1 MiB against the limit of OpenSSL',
  run: async (effort) => {
    const [rounds, ms, seconds] = effort === 'full' ? [5, 300, 1] : [0, 5, 1];
    const openssl = findTool('openssl');
    const key = generateKey((size) => new Uint8Array(randomBytes(size)));
    const plaintext = new Uint8Array(randomBytes(sizeBytes));
    const stamp = { time: instantOfMs(0), iv: new Uint8Array(16) };
    const room = new Uint8Array(tokenBytesOf(sizeBytes));
    const token = encrypt(key, plaintext, stamp);
    const rate = (call: () => unknown): number => sizeBytes / 1e3 / cpuMsEach(call, ms);
    const speed = (...args: string[]): number =>
      openssl === undefined ? Number.NaN : opensslSpeed(openssl, ['-bytes', String(sizeBytes), ...args], seconds);
    const found = await interleaved(
      {
        seal: () => rate(() => encrypt(key, plaintext, { ...stamp, into: room })),
        open: () => rate(() => decrypt(key, token, { into: room })),
        bareSeal: () => rate(() => bareSeal(key, plaintext, stamp.iv)),
        bareOpen: () => rate(() => bareOpen(key, token, stamp.iv)),
        aes: () => speed('-evp', 'aes-128-cbc'),
        aesOpen: () => speed('-decrypt', '-evp', 'aes-128-cbc'),
        hmac: () => speed('-hmac', 'sha256'),
      },
      rounds,
    );
    const oneAfterOther = (a: number, b: number): number => 1 / (1 / a + 1 / b);
    const sealLimit = oneAfterOther(found.aes, found.hmac);
    const openLimit = oneAfterOther(found.aesOpen, found.hmac);
    const unit = 'MB/s';
    const figures = [
      { name: 'sealing', value: found.seal, unit },
      { name: 'bare node:crypto, AES then HMAC', value: found.bareSeal, unit },
      { name: 'opening', value: found.open, unit },
      { name: 'bare node:crypto, HMAC then AES', value: found.bareOpen, unit },
    ] as const;
    if (openssl === undefined)
      return { figures, verdicts: [], notices: [missing('openssl', 'the comparison with its limit')] };
    return {
      figures: [
        ...figures,
        { name: 'limit of sealing (openssl speed)', value: sealLimit, unit },
        { name: 'limit of opening (openssl speed)', value: openLimit, unit },
      ],
      verdicts: [
        { name: 'sealing / limit', value: found.seal / sealLimit, unit: 'x', goal: { atLeast: 0.8 } },
        { name: 'opening / limit', value: found.open / openLimit, unit: 'x', goal: { atLeast: 0.7 } },
      ],
      notices: [
        'The limit is that of the installed openssl; Node brings its own, so that either may be a little ahead.',
      ],
    };
  },
};

function bareSeal(key: Uint8Array, plaintext: Uint8Array, iv: Uint8Array): void {
  const ciphertext = createCipheriv('aes-128-cbc', key.subarray(16), iv).update(plaintext);
  createHmac('sha256', key.subarray(0, 16)).update(ciphertext).digest();
}

function bareOpen(key: Uint8Array, token: Uint8Array, iv: Uint8Array): void {
  const ciphertext = token.subarray(25, token.length - 32);
  createHmac('sha256', key.subarray(0, 16)).update(ciphertext).digest();
  createDecipheriv('aes-128-cbc', key.subarray(16), iv).update(ciphertext);
}
