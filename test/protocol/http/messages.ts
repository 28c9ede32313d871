import { parsePublicKey, signingKey, verifySignature, type SigningKey } from '../../../protocol/crypto/sign.ts';
import { contentDigest } from '../../../protocol/http/digest.ts';
import { parseFields, type Fields } from '../../../protocol/http/fields.ts';
import { keyidOf } from '../../../protocol/http/keyid.ts';
import { mediaTypes } from '../../../protocol/http/media-types.ts';
import {
  isFresh,
  parseRequestSignature,
  parseResponseSignature,
  verifyParsed,
  type Content,
  type ParsedRequest,
  type ParsedResponse,
  type SignedRequest,
} from '../../../protocol/http/signature.ts';
import type { RequestTag, SignatureParameters } from '../../../protocol/http/signature-input.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { equalBytes, parseBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { parseNodeName } from '../../../protocol/ids.ts';
import { instantOfUnix } from '../../../protocol/instant.ts';
import { loadVectors, type Part } from '../../support/vectors.ts';

const vectors = loadVectors();

/** What a reader of the vectors decides: `expect` of a bad case, or that the exchange stands. */
export type Verdict = '401' | 'NET_CLOCK' | 'signed 4xx' | 'no answer' | 'accepted';

/** Reads request and answer of one `/http` part as Birch and then as Alder would, in the order of §3. */
export function judge(part: Part, tag: RequestTag): Verdict {
  let request: ParsedRequest;
  try {
    request = readRequest(part.at('/request'), tag);
  } catch (error) {
    return refusal(error, '401');
  }
  const isClockCase = part.has('/response') && part.number('/response/status') === 403;
  if (!isFresh(request, instantOfUnix(part.number('/receiverClock'))) && !isClockCase) return 'NET_CLOCK';
  if (request.bodySha256 !== undefined && !equalBytes(request.bodySha256, sha256(bodyOf(part.at('/request')))))
    return 'signed 4xx';
  try {
    const answer = readResponse(part.at('/response'), request.request);
    const whole = equalBytes(answer.bodySha256 ?? new Uint8Array(), sha256(bodyOf(part.at('/response'))));
    return whole ? 'accepted' : 'no answer';
  } catch (error) {
    return refusal(error, 'no answer');
  }
}

export function readRequest(message: Part, tag: RequestTag): ParsedRequest {
  const parsed = parseRequestSignature(
    { method: message.text('/method'), targetUri: message.text('/targetUri'), fields: fieldsOf(message) },
    tag,
  );
  checkOwnUrl(message.text('/targetUri'));
  verifyParsed(parsed, liveKey(keyidOf(parsed.keyid.name, parsed.keyid.key)), verifySignature);
  return parsed;
}

export function readResponse(message: Part, request: SignedRequest): ParsedResponse {
  const parsed = parseResponseSignature({ status: message.number('/status'), fields: fieldsOf(message) }, request);
  if (parsed.keyid.name !== 'birch.example') throw new ProtocolError('unknown-key', 'not the node that was asked');
  verifyParsed(parsed, liveKey(keyidOf(parsed.keyid.name, parsed.keyid.key)), verifySignature);
  return parsed;
}

export function fieldsOf(message: Part): Fields {
  const signature = message.has('/signature') ? ['Signature', message.text('/signature')] : [];
  const input = message.has('/signatureInput') ? ['Signature-Input', message.text('/signatureInput')] : [];
  return parseFields([
    ...message.list('/headers').flatMap((pair) => [pair.text('/0'), pair.text('/1')]),
    ...input,
    ...signature,
  ]);
}

export function bodyOf(message: Part): Uint8Array {
  if (message.has('/bodyB64u')) return message.bytes('/bodyB64u');
  return message.has('/body') ? utf8(message.text('/body')) : new Uint8Array();
}

/** The key of a node of the vectors, with the parameters of a signature by it. */
export function signerOf(node: string): { key: SigningKey; parameters: SignatureParameters } {
  const key = signingKey(vectors.bytes(`/keys/${node}/http/seed`));
  const created = instantOfUnix(1_790_000_000);
  const expires = instantOfUnix(1_790_000_060);
  const keyid = { name: parseNodeName(vectors.text(`/keys/${node}/name`)), key: key.publicKey };
  return { key, parameters: { created, expires, nonce: parseBase64Url('JgFySjnOfwUnr7SY6m6esA'), keyid } };
}

export function jsonContent(body: string): Content {
  return { digest: contentDigest(sha256(utf8(body))), type: mediaTypes.json };
}

/** The live `http` keys of the three cards; a retired, revoked, future or foreign one is as unknown as any. */
function liveKey(keyid: string) {
  const node = vectors.names('/keys').find((name) => vectors.text(`/keys/${name}/http/keyid`) === keyid);
  if (node === undefined) throw new ProtocolError('unknown-key', 'no card lists this key as live');
  return parsePublicKey(vectors.bytes(`/keys/${node}/http/publicKey`));
}

/** In a node the target is put together from its own url, so that another host cannot even be said. */
function checkOwnUrl(targetUri: string): void {
  if (!targetUri.startsWith('https://birch.example/')) throw new ProtocolError('malformed-url', 'not our url');
}

function refusal(error: unknown, verdict: Verdict): Verdict {
  if (error instanceof ProtocolError) return verdict;
  throw error;
}
