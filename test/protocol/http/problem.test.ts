import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUtf8, utf8 } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { contentDigest, parseContentDigest } from '../../../protocol/http/digest.ts';
import { keyidOf, parseKeyid } from '../../../protocol/http/keyid.ts';
import {
  isProblemCode,
  parseProblem,
  problems,
  writeProblem,
  type ProblemCode,
} from '../../../protocol/http/problem.ts';
import { instantOfUnix } from '../../../protocol/instant.ts';
import { loadVectors } from '../../support/vectors.ts';

const vectors = loadVectors();
const codes = Object.keys(problems).filter(isProblemCode);

describe('a problem', () => {
  test.each([
    '/exchange/refused',
    '/exchange/partsMissing',
    '/http/clock/response/body',
    '/http/refusedCommit/response/body',
  ])('%s of the vectors is read, and written byte for byte', (pointer) => {
    const text = vectors.text(pointer);
    const { code, ref, status, title, ...details } = parseProblem(utf8(text));
    expect({ status, title }).toEqual(problems[code]);
    expect(parseUtf8(writeProblem(code, ref, details))).toBe(text);
  });

  const own: Partial<Record<ProblemCode, object>> = {
    NET_CLOCK: { time: instantOfUnix(1_790_000_000) },
    REC_LOG_SIZE: { size: 600 },
    REC_PARTS_MISSING: { have: { v: 1 } },
    REC_RECEIVED: { receipt: 'c2sp.org/tlog-proof@v1\n' },
  };
  test.each(codes)('%s is written and read, with what belongs to it', (code) => {
    const details = { ...own[code], detail: 'chunk 3 of attachment 0' };
    expect(parseProblem(writeProblem(code, 'b-1', details))).toMatchObject({ code, ref: 'b-1', ...details });
    expect(code).toMatch(/^(?:SEND|NET|REC)_[A-Z_]+$/);
  });

  const good = vectors.text('/exchange/refused');
  test.each([
    ['an unknown code', good.replaceAll('REC_CONTENT', 'REC_CONTENTS')],
    ['a code with an inherited name', good.replaceAll('REC_CONTENT', 'toString')],
    ['the type of another code', good.replace('problem/REC_CONTENT', 'problem/REC_SEAL')],
    ['the status of another code', good.replace('422', '409')],
    ['a member of another code', good.replace('"ref"', '"size":1,"ref"')],
    ['an unknown member', good.replace('"ref"', '"instance":"/x","ref"')],
    ['no ref', good.replace(/"ref":"[^"]*",/, '')],
    ['a ref with a space', good.replace(/"ref":"[^"]*"/, '"ref":"a b"')],
    ['a title with a line', good.replace('"title":"', '"title":"x\\n')],
    ['a title with a bidi mark', good.replace('"title":"', '"title":"x\u202e')],
    ['a title without end', good.replace('"title":"', `"title":"${'x'.repeat(501)}`)],
    ['a proof that is no text', good.replace(/"proof":".*"/, '"proof":1')],
    ['a list', `[${good}]`],
  ])('with %s is refused', (_, text) => {
    expect(() => parseProblem(utf8(text))).toThrow(ProtocolError);
  });

  test('is not written with what it may not say', () => {
    expect(() => writeProblem('REC_CONTENT', 'a b')).toThrow(ProtocolError);
    expect(() => writeProblem('REC_CONTENT', 'b-1', { size: 1 })).toThrow(ProtocolError);
    expect(() => writeProblem('NET_CLOCK', 'b-1')).toThrow(ProtocolError);
  });
});

describe('a content digest', () => {
  test('is written and read in its one spelling', () => {
    const digest = sha256(utf8('{"v":1}'));
    expect(parseContentDigest(contentDigest(digest))).toEqual(digest);
    expect(() => contentDigest(new Uint8Array(31))).toThrow(ProtocolError);
  });
});

describe('a keyid', () => {
  test('is written and read in its one spelling', () => {
    const text = vectors.text('/keys/alder/http/keyid');
    const { name, key } = parseKeyid(text);
    expect({ name, key }).toEqual({ name: 'alder.example', key: vectors.bytes('/keys/alder/http/publicKey') });
    expect(keyidOf(name, key)).toBe(text);
    for (const bad of [
      text.slice('alder.example'.length),
      text.replace('/http', '/log'),
      text.toUpperCase(),
      `${text}A`,
      text.replace('alder', '-'),
    ])
      expect(() => parseKeyid(bad), bad).toThrow(ProtocolError);
  });
});

test('random text and bytes fail with ProtocolError and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      for (const act of [() => parseProblem(utf8(text)), () => parseContentDigest(text), () => parseKeyid(text)])
        expect(act).toThrow(ProtocolError);
    }),
    { numRuns: 300 },
  );
});
