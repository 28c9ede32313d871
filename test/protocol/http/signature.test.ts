import fc from 'fast-check';
import { verifySignature as oracleVerify, type FieldOccurrence } from 'http-message-sig';
import { describe, expect, test } from 'vitest';
import { parseUtf8 } from '../../../protocol/bytes.ts';
import { verifySignature } from '../../../protocol/crypto/sign.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { parseFields } from '../../../protocol/http/fields.ts';
import {
  isFresh,
  nonceUntilMs,
  parseRequestSignature,
  parseResponseSignature,
  signRequest,
  signResponse,
  verifyParsed,
  type RequestParts,
  type SignatureFields,
} from '../../../protocol/http/signature.ts';
import type { RequestTag } from '../../../protocol/http/signature-input.ts';
import { instantOfMs, instantOfUnix } from '../../../protocol/instant.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { loadVectors, type Part } from '../../support/vectors.ts';
import { fieldsOf, jsonContent, judge, readRequest, readResponse, signerOf } from './messages.ts';

const vectors = loadVectors();
const exchanges = vectors.names('/http').filter((name) => vectors.has(`/http/${name}/request`));
const tagOf = (name: string): RequestTag => (name.startsWith('pairing') ? 'fernpost-pair/v1' : 'fernpost/v1');
const url = 'https://birch.example/exchange/v1/bundles/5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11';

describe('the vectors', () => {
  test.each(exchanges)('%s: request and answer are read, and made again byte for byte', (name) => {
    const part = vectors.at(`/http/${name}`);
    expect(judge(part, tagOf(name))).toBe('accepted');
    const request = readRequest(part.at('/request'), tagOf(name));
    expect(parseUtf8(request.base)).toBe(part.text('/request/base'));
    const answer = readResponse(part.at('/response'), request.request);
    expect(parseUtf8(answer.base)).toBe(part.text('/response/base'));

    const alder = signerOf('alder').key;
    const made = signRequest(request.request, request, alder.sign, tagOf(name));
    expect(made).toEqual({ fields: signatureFieldsOf(part.at('/request')), request: request.request });
    const content = { digest: fieldsOf(part.at('/response'))['content-digest'] ?? '', type: answer.contentType };
    const madeAnswer = signResponse(
      { status: answer.status, content },
      made.request,
      answer,
      signerOf('birch').key.sign,
    );
    expect(madeAnswer).toEqual(signatureFieldsOf(part.at('/response')));
  });

  test.each(badCases('/http').map((badCase) => [badCase.name, badCase.expect, badCase] as const))(
    '%s: %s',
    (_, expected, badCase) => {
      expect(judge(applyChange(vectors, badCase), 'fernpost/v1')).toBe(expected);
    },
  );

  test('no exchange passes under the other tag', () => {
    for (const name of exchanges) {
      const other = tagOf(name) === 'fernpost/v1' ? 'fernpost-pair/v1' : 'fernpost/v1';
      expect(judge(vectors.at(`/http/${name}`), other), name).toBe('401');
    }
  });

  test('no answer passes for another request', () => {
    for (const name of exchanges)
      for (const other of exchanges.filter((candidate) => candidate !== name && tagOf(candidate) === tagOf(name))) {
        const request = readRequest(vectors.at(`/http/${name}/request`), tagOf(name));
        const answer = vectors.at(`/http/${other}/response`);
        // Two exchanges may share the very same request; then they share their answers too.
        if (vectors.text(`/http/${other}/request/signature`) === vectors.text(`/http/${name}/request/signature`))
          continue;
        expect(() => readResponse(answer, request.request), `${other} for ${name}`).toThrow(ProtocolError);
      }
  });
});

describe('other spellings of a good signature', () => {
  const good = signedPut();
  const fieldsWith = (change: Partial<SignatureFields>) =>
    parseFields(Object.entries({ ...good.all, ...change }).flat());
  const read = (change: Partial<SignatureFields>) => () =>
    parseRequestSignature({ method: 'PUT', targetUri: url, fields: fieldsWith(change) });
  const input = good.all['signature-input'];

  test('the one spelling is read', () => {
    expect(verifies(read({}))).toBe(true);
  });

  test.each([
    ['a space after the list', input.replace(');', ') ;')],
    ['a space between parameters', input.replace(';expires', '; expires')],
    ['two spaces in the list', input.replace('" "', '"  "')],
    ['a leading zero', input.replace('created=1', 'created=01')],
    ['a sign', input.replace('created=1', 'created=+1')],
    ['a decimal', input.replace(/created=(\d+)/, 'created=$1.0')],
    ['a space in front', ` ${input}`],
    ['a space behind', `${input} `],
    ['a line end', `${input}\n`],
    ['a second label', `${input}, sig2=()`],
    ['the same label twice', `${input}, ${input}`],
    ['an unknown parameter', `${input};x=1`],
    ['a parameter twice', `${input};tag="fernpost/v1"`],
    ['upper case', input.toUpperCase()],
    ['no parameters', input.slice(0, input.indexOf(';'))],
    ['a component with a parameter', input.replace('"@method"', '"@method";req')],
    ['a component twice', input.replace('"@method"', '"@method" "@method"')],
    ['alg in upper case', input.replace('ed25519"', 'ED25519"')],
    ['expires before created', input.replace(/expires=\d+/, 'expires=1789999999')],
    ['expires at created', input.replace(/expires=\d+/, 'expires=1790000000')],
    ['a nonce with bits left over', input.replace('esA"', 'esB"')],
    ['a key with bits left over', input.replace(/(http\+[A-Za-z0-9_-]{42})./, '$1t')],
    ['nothing', ''],
    ['too much', `${input}${' '.repeat(2000)}`],
  ])('Signature-Input with %s is refused', (_, field) => {
    expect(read({ 'signature-input': field })).toThrow(ProtocolError);
  });

  const signature = good.all.signature;
  test.each([
    ['another label', signature.replace('sig=', 'sig1=')],
    ['two members', `${signature}, ${signature}`],
    ['a parameter', `${signature};x`],
    ['base64url', signature.replace(/[+/]/g, '_').replace('sig=:', 'sig=:_')],
    ['bits left over', signature.replace(/.==:$/, 'B==:')],
    ['no padding', signature.replace('==:', ':')],
    ['63 bytes', `sig=:${new Uint8Array(63).toBase64()}:`],
    ['a space', `${signature} `],
    ['nothing', ''],
  ])('Signature with %s is refused', (_, field) => {
    expect(read({ signature: field })).toThrow(ProtocolError);
  });

  test.each(['signature', 'signature-input', 'content-digest', 'content-type', 'Content-Type'])(
    'a second %s is refused, equal or not, merged or not',
    (name) => {
      const value = good.all[name.toLowerCase() as keyof typeof good.all];
      expect(() => parseFields([...Object.entries(good.all).flat(), name, value])).toThrow(ProtocolError);
      const merged = parseFields(Object.entries({ ...good.all, [name.toLowerCase()]: `${value}, ${value}` }).flat());
      expect(() => parseRequestSignature({ method: 'PUT', targetUri: url, fields: merged })).toThrow(ProtocolError);
    },
  );

  test.each([
    ['another digest algorithm', { 'content-digest': good.all['content-digest'].replace('sha-256', 'sha-512') }],
    ['two digests', { 'content-digest': `${good.all['content-digest']}, sha-512=:AA==:` }],
    ['no digest', { 'content-digest': '' }],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['a type with a line of its own', { 'content-type': 'application/json\n"@method": GET' }],
    ['no type', { 'content-type': '' }],
  ])('%s is refused', (_, change) => {
    expect(read(change as Partial<SignatureFields>)).toThrow(ProtocolError);
  });

  test.each([
    ['PATCH', url],
    ['HEAD', url],
    ['put', url],
    ['PUT', `${url}#x`],
    ['PUT', `${url} x`],
    ['PUT', `${url}\n"@method": GET`],
    ['PUT', '/exchange/v1/card'],
  ])('%s %s is refused', (method, targetUri) => {
    expect(() => parseRequestSignature({ method, targetUri, fields: fieldsWith({}) })).toThrow(ProtocolError);
  });

  test('a GET that announces a body is refused, since nothing would cover it', () => {
    const { key, parameters } = signerOf('alder');
    const { fields } = signRequest({ method: 'GET', targetUri: url }, parameters, key.sign);
    const get = (more: Record<string, string>) => () =>
      parseRequestSignature({ method: 'GET', targetUri: url, fields: { ...fields, ...more } });
    expect(verifies(get({}))).toBe(true);
    expect(verifies(get({ 'content-length': '0' }))).toBe(true);
    expect(get({ 'content-length': '1' })).toThrow(ProtocolError);
    expect(get({ 'transfer-encoding': 'chunked' })).toThrow(ProtocolError);
  });
});

describe('time', () => {
  const created = instantOfUnix(1_000);
  const expires = instantOfUnix(1_060);
  test.each([
    ['the moment it is signed', 0, true],
    ['at the end of its life and skew', 90_000, true],
    ['a millisecond later', 90_001, false],
    ['from a clock 30 s ahead', -30_000, true],
    ['from further in the future', -30_001, false],
  ])('a signature is judged %s', (_, elapsedMs, fresh) => {
    expect(isFresh({ created, expires }, instantOfMs(created + elapsedMs))).toBe(fresh);
  });

  test('a nonce is remembered exactly as long as its request could pass', () => {
    expect(nonceUntilMs({ expires })).toBe(expires + 30_000);
  });

  test.each([
    [0, false],
    [1, true],
    [60, true],
    [61, false],
  ])('a life of %i s can be signed: %s', (seconds, works) => {
    const { key, parameters } = signerOf('alder');
    const sign = () =>
      signRequest(
        { method: 'GET', targetUri: url },
        { ...parameters, expires: instantOfUnix(1_790_000_000 + seconds) },
        key.sign,
      );
    if (works) expect(sign).not.toThrow();
    else expect(sign).toThrow(ProtocolError);
  });
});

test('every flipped bit of a signature is refused, and the right key under a wrong keyid', () => {
  const parsed = parseRequestSignature({
    method: 'PUT',
    targetUri: url,
    fields: parseFields(Object.entries(signedPut().all).flat()),
  });
  const { publicKey } = signerOf('alder').key;
  for (let bit = 0; bit < 512; bit += 1) {
    const signature = parsed.signature.slice();
    signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => verifyParsed({ ...parsed, signature }, publicKey, verifySignature)).toThrow(ProtocolError);
  }
  expect(() => verifyParsed(parsed, signerOf('birch').key.publicKey, verifySignature)).toThrow(ProtocolError);
});

test('fields that no one signed fail with ProtocolError and nothing else', () => {
  const good = signedPut().all;
  const names = Object.keys(good);
  const request = signRequest(
    { method: 'GET', targetUri: url },
    signerOf('alder').parameters,
    signerOf('alder').key.sign,
  ).request;
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.nat(400),
      (name, text, at) => {
        const value = good[name as keyof typeof good];
        for (const changed of [text, value.slice(0, at) + text.slice(0, 3) + value.slice(at)])
          if (changed !== value) {
            const fields = { ...good, [name]: changed };
            for (const act of [
              () => parseRequestSignature({ method: 'PUT', targetUri: url, fields }),
              () => parseResponseSignature({ status: 200, fields }, request),
            ])
              expect(act).toThrow(ProtocolError);
          }
      },
    ),
    { numRuns: 400 },
  );
});

describe('held against http-message-sig', () => {
  const requests: readonly RequestParts[] = [
    { method: 'GET', targetUri: url },
    { method: 'DELETE', targetUri: url },
    { method: 'PUT', targetUri: url, content: jsonContent('{"v":1}') },
    { method: 'POST', targetUri: `${url}/commit`, content: jsonContent('{}') },
  ];
  test.each(requests)('$method: it verifies our request and our answer', async (parts) => {
    const alder = signerOf('alder');
    const birch = signerOf('birch');
    const { fields, request } = signRequest(parts, alder.parameters, alder.key.sign);
    const described = {
      kind: 'request' as const,
      method: parts.method,
      targetUri: parts.targetUri,
      fields: occurrences({ ...fields, ...contentFields(parts.content) }),
    };
    await oracleVerify(described, oracleOptions('alder', 'fernpost/v1'));

    const content = jsonContent('{"v":1,"state":"open"}');
    const answerFields = signResponse({ status: 200, content }, request, birch.parameters, birch.key.sign);
    const answer = {
      kind: 'response' as const,
      status: 200,
      fields: occurrences({ ...answerFields, ...contentFields(content) }),
      request: described,
    };
    await oracleVerify(answer, oracleOptions('birch', 'fernpost/v1-response'));
    await expect(
      oracleVerify({ ...answer, status: 201 }, oracleOptions('birch', 'fernpost/v1-response')),
    ).rejects.toThrow();
    await expect(
      oracleVerify({ ...described, targetUri: `${url}/x` }, oracleOptions('alder', 'fernpost/v1')),
    ).rejects.toThrow();
  });

  function oracleOptions(node: string, tag: string) {
    const { publicKey } = signerOf(node).key;
    return {
      label: 'sig',
      policy: {
        algorithms: ['ed25519'],
        requiredComponents: [],
        requiredParameters: ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'],
        now: 1_790_000_001,
        validate: (signature: { parameters: { tag?: string } }) => signature.parameters.tag === tag,
      },
      resolveVerifier: () => ({
        algorithm: 'ed25519',
        verify: (data: Uint8Array, signature: Uint8Array) => verifySignature(publicKey, data, signature),
      }),
    };
  }
});

function signedPut() {
  const { key, parameters } = signerOf('alder');
  const content = jsonContent('{"v":1}');
  const { fields, request } = signRequest({ method: 'PUT', targetUri: url, content }, parameters, key.sign);
  return { request, all: { ...fields, 'content-digest': content.digest, 'content-type': content.type as string } };
}

function verifies(read: () => ReturnType<typeof parseRequestSignature>): boolean {
  verifyParsed(read(), signerOf('alder').key.publicKey, verifySignature);
  return true;
}

function signatureFieldsOf(message: Part): SignatureFields {
  return { 'signature-input': message.text('/signatureInput'), signature: message.text('/signature') };
}

function contentFields(content: RequestParts['content']): Record<string, string> {
  return content === undefined ? {} : { 'content-digest': content.digest, 'content-type': content.type };
}

function occurrences(fields: Readonly<Record<string, string>>): FieldOccurrence[] {
  return Object.entries(fields).map(([name, value]) => ({ name, value }));
}
