import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import fernet from 'fernet';
import { describe, expect, test } from 'vitest';
import { concat, parseUtf8, utf8 } from '../../../protocol/bytes.ts';
import {
  FernetError,
  tokenBytesOf,
  tokenMacCheck,
  tokenOpener,
  tokenSealer,
  verifyTokenMac,
  type FernetReason,
} from '../../../protocol/crypto/fernet-token.ts';
import {
  decrypt,
  decryptInPieces,
  decryptText,
  encrypt,
  encryptInPieces,
  encryptText,
  fernetKeyOf,
  formatFernetKey,
  formatToken,
  generateKey,
  parseFernetKey,
  parseToken,
} from '../../../protocol/crypto/fernet.ts';
import { hmacSha256 } from '../../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { instantOfMs, instantOfUnix } from '../../../protocol/instant.ts';
import { badCases, applyChange, flipBit } from '../../support/bad-cases.ts';
import { hasPython, python } from '../../support/oracles.ts';
import { loadVectors, thirdPartyVectors } from '../../support/vectors.ts';

const vectors = loadVectors();
const key = fernetKeyOf(vectors.bytes('/seal/fernetKey'));
const stamp = { time: instantOfUnix(1_790_000_000), iv: vectors.bytes('/document/iv') };
const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
const mib = 1024 * 1024;

function reasonOf(act: () => unknown): FernetReason | 'accepted' {
  try {
    act();
    return 'accepted';
  } catch (error) {
    if (error instanceof FernetError) return error.reason;
    throw error;
  }
}

describe('the vectors of the protocol', () => {
  test('the document token is made and opened byte for byte', () => {
    const time = instantOfUnix(vectors.number('/document/time'));
    const token = encryptText(key, vectors.bytes('/document/gzip'), { time, iv: stamp.iv });
    expect(token).toBe(vectors.text('/document/token'));
    expect(token).toHaveLength(vectors.number('/document/size'));
    expect(decryptText(key, token)).toEqual(vectors.bytes('/document/gzip'));
  });

  const tokenCases: readonly (readonly [string, FernetReason])[] = [
    ['token without padding', 'base64'],
    ['token with a line end', 'base64'],
    ['token in standard base64', 'base64'],
    ['one character of the token, digest made anew', 'mac'],
  ];
  test.each(tokenCases)('%s is refused: %s', (name, reason) => {
    const badCase = badCases('/document').find((known) => known.name === name);
    if (badCase === undefined) throw new Error(`no bad case ${name}`);
    expect(reasonOf(() => decryptText(key, applyChange(vectors, badCase).text('/token')))).toBe(reason);
  });

  test('every chunk token is made and opened byte for byte', () => {
    for (const attachment of [...vectors.list('/attachments/inManifest'), vectors.at('/attachments/smallChunks')]) {
      const file = Uint8Array.from({ length: attachment.number('/size') }, (_, i) => i % 251);
      for (const [i, chunk] of attachment.list('/chunks').entries()) {
        const okm = chunk.bytes('/okm48');
        const chunkKey = fernetKeyOf(okm.subarray(0, 32));
        const plaintext = file
          .subarray(i * attachment.number('/chunkSize'))
          .subarray(0, attachment.number('/chunkSize'));
        const sealed = encrypt(chunkKey, plaintext, { time: instantOfUnix(0), iv: okm.subarray(32) });
        expect(sealed).toEqual(chunk.bytes('/token'));
        expect(decrypt(chunkKey, sealed)).toEqual(plaintext);
      }
    }
  });
});

describe('the Fernet specification', () => {
  const at = (text: string) => instantOfMs(Date.parse(text));
  const specification = (name: string) => thirdPartyVectors(`fernet-spec/${name}.json`)?.list() ?? [];
  const [made, good, bad] = [specification('generate'), specification('verify'), specification('invalid')];

  test.skipIf(made.length === 0)('what it generates is generated', () => {
    for (const part of made) {
      const iv = Uint8Array.from(part.list('/iv').map((byte) => byte.number()));
      const token = encryptText(parseFernetKey(part.text('/secret')), utf8(part.text('/src')), {
        time: at(part.text('/now')),
        iv,
      });
      expect(token).toBe(part.text('/token'));
    }
  });

  test.skipIf(good.length === 0)('what it verifies is opened', () => {
    for (const part of good) {
      const options = { ttlSeconds: part.number('/ttl_sec'), now: at(part.text('/now')) };
      expect(parseUtf8(decryptText(parseFernetKey(part.text('/secret')), part.text('/token'), options))).toBe(
        part.text('/src'),
      );
    }
  });

  test.skipIf(bad.length === 0)('what it calls invalid is refused, each for its reason', () => {
    const refused = bad.map((part) => {
      const options = { ttlSeconds: part.number('/ttl_sec'), now: at(part.text('/now')) };
      const open = () => decryptText(parseFernetKey(part.text('/secret')), part.text('/token'), options);
      return [part.text('/desc'), reasonOf(open)];
    });
    expect(refused).toEqual([
      ['incorrect mac', 'mac'],
      ['too short', 'size'],
      ['invalid base64', 'base64'],
      ['payload size not multiple of block size', 'size'],
      ['payload padding error', 'padding'],
      ['far-future TS (unacceptable clock skew)', 'future'],
      ['expired TTL', 'expired'],
      ['incorrect IV (causes padding error)', 'padding'],
    ]);
  });
});

describe('what is refused', () => {
  const token = encrypt(key, utf8('for Birch'), stamp);

  test('every single flipped bit', () => {
    for (let bit = 0; bit < token.length * 8; bit += 1) {
      const reason = reasonOf(() => decrypt(key, flipBit(token, bit)));
      expect(reason, `bit ${bit}`).toBe(bit < 8 ? 'format' : 'mac');
    }
  });

  test('every prefix, and every extension by up to three blocks', () => {
    for (let size = 0; size < token.length; size += 1)
      expect(
        reasonOf(() => decrypt(key, token.subarray(0, size))),
        `${size} bytes`,
      ).not.toBe('accepted');
    for (let more = 1; more <= 48; more += 1)
      expect(
        reasonOf(() => decrypt(key, concat(token, new Uint8Array(more)))),
        `${more} more`,
      ).not.toBe('accepted');
  });

  test('every other character in every place of the text', () => {
    const text = formatToken(token);
    for (let i = 0; i < text.length; i += 1)
      for (const other of ['A', '/', '+', ' ', '\n', '=', 'ä', '\0'].filter((character) => character !== text[i])) {
        const changed = text.slice(0, i) + other + text.slice(i + 1);
        expect(
          reasonOf(() => decryptText(key, changed)),
          `${JSON.stringify(other)} at ${i}`,
        ).not.toBe('accepted');
      }
  });

  test.each([
    ['no padding', (text: string) => text.replace(/=+$/, '')],
    ['too much padding', (text: string) => `${text}=`],
    ['a line end', (text: string) => `${text}\n`],
    ['a space in front', (text: string) => ` ${text}`],
    ['bits left over', (text: string) => text.replace(/.(=+)$/, '_$1')],
  ])('a text token with %s', (_, change) => {
    const text = encryptText(key, utf8('for Birch at noon'), stamp);
    expect(text.endsWith('=')).toBe(true);
    expect(reasonOf(() => decryptText(key, change(text)))).toBe('base64');
  });

  test('of all spellings of the last bytes, the one that writing gives', () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n'];
    const isOwn = (text: string): boolean =>
      Buffer.from(text, 'base64url').toString('base64url') === text.replace(/=+$/, '');
    for (const a of alphabet)
      for (const b of alphabet)
        for (const text of [`AAAA${a}${b}==`, `AAAAA${a}${b}=`, `AAAAAA${a}${b}`, `AA${a}${b}AAAA`]) {
          const reason = reasonOf(() => parseToken(text));
          expect(reason, JSON.stringify(text)).toBe(isOwn(text) && /^[\w-]+={0,2}$/.test(text) ? 'accepted' : 'base64');
        }
  });

  test('a token under another key, and keys of another form', () => {
    expect(reasonOf(() => decrypt(generateKey(random), token))).toBe('mac');
    expect(reasonOf(() => fernetKeyOf(new Uint8Array(31)))).toBe('key');
    const text = formatFernetKey(key);
    expect(parseFernetKey(text)).toEqual(key);
    for (const bad of [text.slice(0, -1), `${text}=`, text.replace(/.=$/, 'V='), `${text}\n`, ''])
      expect(
        reasonOf(() => parseFernetKey(bad)),
        bad,
      ).toBe('key');
  });

  test('a padding that only looks right at its last byte', () => {
    // The last plaintext block ends in 02 after a byte that is not 02; its MAC is good.
    const sealer = tokenSealer(key, stamp.time, stamp.iv);
    const whole = concat(sealer.header, sealer.update(concat(new Uint8Array(15), Uint8Array.of(2))), sealer.final());
    const cut = whole.subarray(0, whole.length - 48);
    const check = withMac(cut);
    expect(reasonOf(() => decrypt(key, check))).toBe('padding');
  });
});

/** The token with these bytes before its MAC. */
function withMac(signed: Uint8Array): Uint8Array {
  const mac = hmacSha256(key.subarray(0, 16), signed);
  return concat(signed, mac);
}

describe('limits and times, with the step across', () => {
  test.each([
    ['at the limit', 64, 64, 'accepted'],
    ['one byte above, where the token has a block more', 64, 63, 'size'],
    ['one byte above, where the token is as long', 65, 64, 'size'],
  ] as const)('a plaintext %s', (_, size, bytesMax, reason) => {
    const token = encrypt(key, new Uint8Array(size), stamp);
    expect(reasonOf(() => decrypt(key, token, { bytesMax }))).toBe(reason);
    expect(reasonOf(() => decryptText(key, formatToken(token), { bytesMax }))).toBe(reason);
  });

  test.each([
    ['at the end of its life', 60, 'accepted'],
    ['a second later', 61, 'expired'],
    ['from 60 s ahead', -60, 'accepted'],
    ['from 61 s ahead', -61, 'future'],
  ] as const)('a token with a ttl, %s', (_, elapsedSeconds, reason) => {
    const now = instantOfUnix(1_790_000_000 + elapsedSeconds);
    const token = encrypt(key, utf8('x'), stamp);
    expect(reasonOf(() => decrypt(key, token, { ttlSeconds: 60, now }))).toBe(reason);
    expect(reasonOf(() => decrypt(key, token))).toBe('accepted');
  });

  test('milliseconds never stand in a token', () => {
    const later = { ...stamp, time: instantOfMs(stamp.time + 999) };
    expect(encrypt(key, utf8('x'), later)).toEqual(encrypt(key, utf8('x'), stamp));
  });

  test('an IV of another size and a time before 1970 make no token', () => {
    expect(reasonOf(() => encrypt(key, utf8('x'), { ...stamp, iv: new Uint8Array(15) }))).toBe('format');
    expect(reasonOf(() => encrypt(key, utf8('x'), { ...stamp, time: instantOfMs(-1) }))).toBe('format');
  });
});

describe('in pieces and in streams', () => {
  test.each([0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 262_144, 262_145, 600_001])(
    'a plaintext of %i bytes gives the same token either way, and comes back',
    async (size) => {
      const plaintext = random(size);
      const token = encrypt(key, plaintext, stamp);
      expect(token).toHaveLength(tokenBytesOf(size));
      expect(await encryptInPieces(key, plaintext, { ...stamp, yieldTurn: turn })).toEqual(token);
      expect(decrypt(key, token)).toEqual(plaintext);
      expect(await decryptInPieces(key, token, { yieldTurn: turn })).toEqual(plaintext);
    },
  );

  test('a buffer that is used again holds each result in turn, and must be long enough', () => {
    const into = new Uint8Array(tokenBytesOf(100)).fill(7);
    const back = new Uint8Array(tokenBytesOf(100)).fill(7);
    for (const size of [100, 3, 99]) {
      const plaintext = random(size);
      const token = encrypt(key, plaintext, { ...stamp, into });
      expect(token).toEqual(encrypt(key, plaintext, stamp));
      expect(token.buffer).toBe(into.buffer);
      expect(decrypt(key, token, { into: back })).toEqual(plaintext);
    }
    expect(reasonOf(() => encrypt(key, new Uint8Array(112), { ...stamp, into }))).toBe('size');
    expect(reasonOf(() => decrypt(key, encrypt(key, new Uint8Array(100), stamp), { into: new Uint8Array(99) }))).toBe(
      'size',
    );
  });

  test('other work has its turn at least every 256 KiB', async () => {
    let turns = 0;
    const yieldTurn = (): Promise<void> => {
      turns += 1;
      return Promise.resolve();
    };
    const token = await encryptInPieces(key, new Uint8Array(2 * mib), { ...stamp, yieldTurn });
    expect(turns).toBe(7);
    await decryptInPieces(key, token, { yieldTurn });
    expect(turns).toBeGreaterThanOrEqual(7 + 15);
  });

  test('a token in pieces of any size is checked and opened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 0, max: 90 })),
        async (plaintext, sizes) => {
          const token = encrypt(key, plaintext, stamp);
          const pieces = cut(token, sizes);
          const verified = await verifyTokenMac(key, fromList(pieces), token.length);
          const opener = tokenOpener(key, verified);
          expect(concat(...pieces.map((piece) => opener.update(piece)), opener.final())).toEqual(plaintext);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a stream that is flipped, longer or shorter than announced is refused', () => {
    const token = encrypt(key, random(40), stamp);
    const run = (bytes: Uint8Array, announced: number) => () => {
      const check = tokenMacCheck(key, announced);
      for (const piece of cut(bytes, [7, 20, 50])) check.update(piece);
      check.final();
    };
    for (let bit = 0; bit < token.length * 8; bit += 5)
      expect(reasonOf(run(flipBit(token, bit), token.length))).toBe(bit < 8 ? 'format' : 'mac');
    expect(reasonOf(run(concat(token, Uint8Array.of(0)), token.length))).toBe('size');
    expect(reasonOf(run(token.subarray(0, -1), token.length))).toBe('size');
    expect(reasonOf(run(token, token.length - 1))).toBe('size');
  });
});

test('bytes and text that no one sealed fail with ProtocolError and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 200 }), (bytes, text) => {
      for (const act of [
        () => decrypt(key, bytes),
        () => decryptText(key, text),
        () => parseFernetKey(text),
        () => parseToken(text),
      ])
        try {
          act();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
    }),
    { numRuns: 300 },
  );
});

describe('held against others', () => {
  test('npm fernet opens our text tokens, and we open its', () => {
    const secret = new fernet.Secret(formatFernetKey(key));
    for (const text of ['', 'for Birch', 'Überweisung an Birch, 9 °C', 'x'.repeat(4_000)]) {
      const ours = encryptText(key, utf8(text), { time: instantOfMs(Date.now()), iv: random(16) });
      expect(new fernet.Token({ secret, token: ours, ttl: 0 }).decode()).toBe(text);
      expect(parseUtf8(decryptText(key, new fernet.Token({ secret, ttl: 0 }).encode(text)))).toBe(text);
    }
  });

  test.skipIf(!hasPython())('Python cryptography opens 3 MiB of ours, and we open 3 MiB of its', () => {
    const file = random(3 * mib);
    const input = (bytes: Uint8Array) => concat(utf8(formatFernetKey(key)), bytes);
    const script = (act: string) =>
      `import sys\nfrom cryptography.fernet import Fernet\nb = sys.stdin.buffer.read()\n` +
      `sys.stdout.buffer.write(Fernet(b[:44]).${act}(b[44:]))`;
    expect(decryptText(key, parseUtf8(python(script('encrypt'), input(file))))).toEqual(file);
    const ours = utf8(encryptText(key, file, { time: instantOfMs(Date.now()), iv: random(16) }));
    expect(python(script('decrypt'), input(ours))).toEqual(file);
  });
});

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  let at = 0;
  const pieces = sizes.map((size) => bytes.subarray(at, (at += size)));
  return [...pieces, bytes.subarray(at)];
}

async function* fromList(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
