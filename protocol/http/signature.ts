import { equalBytes, utf8 } from '../bytes.ts';
import type { PublicKey, VerifySignature } from '../crypto/sign.ts';
import { ProtocolError } from '../errors.ts';
import type { Instant } from '../instant.ts';
import { parseContentDigest } from './digest.ts';
import type { Fields } from './fields.ts';
import { skewMs } from './limits.ts';
import { isMediaType, type MediaType } from './media-types.ts';
import {
  formatSignature,
  formatSignatureInput,
  parseSignature,
  parseSignatureInput,
  type RequestTag,
  type SignatureParameters,
} from './signature-input.ts';

/*
 * The signature profile (Spec §3): RFC 9421 with everything fixed. A reader goes in this order, and what it learns before
 * the third step it must not act on: parse (knows no key), find the key by keyid among the pinned ones, `verifyParsed`,
 * `isFresh`, then nonce, quota and body. Up to `verifyParsed` every failure is the stranger's one 401.
 */

export type Method = 'GET' | 'DELETE' | 'PUT' | 'POST';

/** What a body adds to the signature; a GET or DELETE has none, every other message has both. */
export interface Content {
  /** The Content-Digest field. */
  readonly digest: string;
  readonly type: MediaType;
}

/** The parts of a request that its signature covers. `targetUri` is the configured url and the raw target (Spec §0.6). */
export type RequestParts =
  | { readonly method: 'GET' | 'DELETE'; readonly targetUri: string; readonly content?: undefined }
  | { readonly method: 'PUT' | 'POST'; readonly targetUri: string; readonly content: Content };

/** A signed request, as its answer refers to it; both sides hold one. */
export type SignedRequest = RequestParts & {
  readonly tag: RequestTag;
  /** `:…:`, the value of the request's signature. */
  readonly signatureText: string;
};

export interface SignatureFields {
  readonly 'signature-input': string;
  readonly signature: string;
}

/** A signature that is well-formed and nothing more yet. */
export interface ParsedSignature extends SignatureParameters {
  /** The bytes that were signed, if they were. */
  readonly base: Uint8Array;
  readonly signature: Uint8Array;
  /** SHA-256 that the body must have; undefined where there is no body. */
  readonly bodySha256: Uint8Array | undefined;
}

export type ParsedRequest = ParsedSignature & { readonly request: SignedRequest };
export type ParsedResponse = ParsedSignature & { readonly status: number; readonly contentType: MediaType };

const targetUriForm = /^https?:\/\/[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]{1,2300}$/;
const requestCover = '("@method" "@target-uri")';
const requestWithBodyCover = '("@method" "@target-uri" "content-digest" "content-type")';
const responseCover =
  '("@status" "content-digest" "content-type" "@method";req "@target-uri";req "signature";req;key="sig")';
const responseToBodyCover =
  '("@status" "content-digest" "content-type" "@method";req "@target-uri";req "content-digest";req "signature";req;key="sig")';

/** Signs a request; the fields go out with it, and `request` is what its answer is held against. */
export function signRequest(
  parts: RequestParts,
  parameters: SignatureParameters,
  sign: (base: Uint8Array) => Uint8Array,
  tag: RequestTag = 'fernpost/v1',
): { readonly fields: SignatureFields; readonly request: SignedRequest } {
  const input = formatSignatureInput(requestCoverOf(parts), parameters, tag);
  const fields = signatureFields(input, sign(requestBase(parts, input)));
  return { fields, request: { ...parts, tag, signatureText: fields.signature.slice('sig='.length) } };
}

/**
 * Reads the signature of a request and refuses every form but the profile's; needs no key. A body where the method has
 * none is refused too, since no signature would cover it.
 */
export function parseRequestSignature(
  message: { readonly method: string; readonly targetUri: string; readonly fields: Fields },
  tag: RequestTag = 'fernpost/v1',
): ParsedRequest {
  const parts = requestParts(message);
  const { text, ...parameters } = parseSignatureInput(message.fields['signature-input'], requestCoverOf(parts), tag);
  const signature = parseSignature(message.fields['signature']);
  return {
    ...parameters,
    base: requestBase(parts, text),
    signature: signature.bytes,
    bodySha256: parts.content === undefined ? undefined : parseContentDigest(parts.content.digest),
    request: { ...parts, tag, signatureText: signature.text },
  };
}

/** Signs an answer and binds it to its request. Every signed answer has a body. */
export function signResponse(
  answer: { readonly status: number; readonly content: Content },
  request: SignedRequest,
  parameters: SignatureParameters,
  sign: (base: Uint8Array) => Uint8Array,
): SignatureFields {
  const input = formatSignatureInput(responseCoverOf(request), parameters, `${request.tag}-response`);
  return signatureFields(input, sign(responseBase(answer, request, input)));
}

/** Reads the signature of the answer to `request`; an answer that fails here counts as none (Spec §3). */
export function parseResponseSignature(
  message: { readonly status: number; readonly fields: Fields },
  request: SignedRequest,
): ParsedResponse {
  const { status, fields } = message;
  const content = contentOf(fields);
  const tag = `${request.tag}-response` as const;
  const { text, ...parameters } = parseSignatureInput(fields['signature-input'], responseCoverOf(request), tag);
  return {
    ...parameters,
    base: responseBase({ status, content }, request, text),
    signature: parseSignature(fields['signature']).bytes,
    bodySha256: parseContentDigest(content.digest),
    status,
    contentType: content.type,
  };
}

/** Checks the signature under the pinned key that the caller found for its keyid; fails with `signature-mismatch`. */
export function verifyParsed(parsed: ParsedSignature, publicKey: PublicKey, verify: VerifySignature): void {
  if (!equalBytes(parsed.keyid.key, publicKey)) throw new ProtocolError('unknown-key', 'the key of another keyid');
  if (!verify(publicKey, parsed.base, parsed.signature))
    throw new ProtocolError('signature-mismatch', 'the signature does not fit the message');
}

/** Whether a message may still be acted on: not expired, not from the future. Judged when its headers arrive. */
export function isFresh({ created, expires }: Pick<SignatureParameters, 'created' | 'expires'>, now: Instant): boolean {
  return created - skewMs <= now && now <= expires + skewMs;
}

/** Until when a nonce must be remembered (Spec §3). */
export function nonceUntilMs({ expires }: Pick<SignatureParameters, 'expires'>): number {
  return expires + skewMs;
}

function requestParts(message: { method: string; targetUri: string; fields: Fields }): RequestParts {
  const { method, targetUri, fields } = message;
  if (method === 'PUT' || method === 'POST') return { method, targetUri, content: contentOf(fields) };
  if (method !== 'GET' && method !== 'DELETE') throw malformed('a method that the protocol does not have');
  if ((fields['content-length'] ?? '0') !== '0' || fields['transfer-encoding'] !== undefined)
    throw malformed(`a ${method} with a body`);
  return { method, targetUri };
}

function contentOf(fields: Fields): Content {
  const digest = fields['content-digest'] ?? '';
  const type = fields['content-type'] ?? '';
  parseContentDigest(digest);
  if (!isMediaType(type)) throw malformed('a Content-Type that the protocol does not have');
  return { digest, type };
}

function requestCoverOf({ content }: RequestParts): string {
  return content === undefined ? requestCover : requestWithBodyCover;
}

function responseCoverOf({ content }: RequestParts): string {
  return content === undefined ? responseCover : responseToBodyCover;
}

function requestBase({ method, targetUri, content }: RequestParts, input: string): Uint8Array {
  return joinBase(targetUri, [
    `"@method": ${method}`,
    `"@target-uri": ${targetUri}`,
    ...(content === undefined ? [] : [`"content-digest": ${content.digest}`, `"content-type": ${content.type}`]),
    `"@signature-params": ${input}`,
  ]);
}

function responseBase(answer: { status: number; content: Content }, request: SignedRequest, input: string): Uint8Array {
  if (!Number.isInteger(answer.status) || answer.status < 200 || answer.status > 599) throw malformed('not a status');
  return joinBase(request.targetUri, [
    `"@status": ${answer.status}`,
    `"content-digest": ${answer.content.digest}`,
    `"content-type": ${answer.content.type}`,
    `"@method";req: ${request.method}`,
    `"@target-uri";req: ${request.targetUri}`,
    ...(request.content === undefined ? [] : [`"content-digest";req: ${request.content.digest}`]),
    `"signature";req;key="sig": ${request.signatureText}`,
    `"@signature-params": ${input}`,
  ]);
}

/** Each line's value has been read by a strict form; the target is looked at here, so that none can bring a line of its own. */
function joinBase(targetUri: string, lines: readonly string[]): Uint8Array {
  if (!targetUriForm.test(targetUri)) throw malformed('not a target URI');
  return utf8(lines.join('\n'));
}

function signatureFields(input: string, signature: Uint8Array): SignatureFields {
  return { 'signature-input': `sig=${input}`, signature: `sig=${formatSignature(signature)}` };
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-signature', why);
}
