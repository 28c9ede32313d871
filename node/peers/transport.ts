import { equalBytes } from '../../protocol/bytes.ts';
import { isLive, type CardKey } from '../../protocol/card.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parsePublicKey, verifySignature, type SigningKey } from '../../protocol/crypto/sign.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { contentDigest } from '../../protocol/http/digest.ts';
import { answerBytesMax, lifetimeSecondsMax, nonceBytes, retryAfterMsMax } from '../../protocol/http/limits.ts';
import type { MediaType } from '../../protocol/http/media-types.ts';
import {
  isFresh,
  parseResponseSignature,
  signRequest,
  verifyParsed,
  type RequestParts,
  type SignedRequest,
} from '../../protocol/http/signature.ts';
import type { RequestTag } from '../../protocol/http/signature-input.ts';
import type { NodeName } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import { PeerHttpError, type AddressRules, type PeerAnswer, type PeerHttp } from '../platform/peer-http.ts';
import type { Random } from '../platform/random.ts';
import type { PeerClocks } from './peer-clocks.ts';

export interface OutgoingCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Raw request target, beginning with a slash. */
  readonly path: string;
  readonly content?: { readonly body: Uint8Array; readonly type: MediaType; readonly sha256?: Uint8Array };
  readonly answerBytesMax?: number;
  readonly timeoutMs?: number;
  readonly tag?: RequestTag;
}

/** An answer whose signature holds, under a live key of the peer that was asked. */
export interface SignedAnswer {
  readonly status: number;
  readonly type: MediaType;
  readonly body: Uint8Array;
  /** How long the peer asks to wait, capped (Spec §3). */
  readonly retryAfterMs: number | undefined;
}

export type TransportErrorCode = 'NET_UNREACHABLE' | 'NET_TIMEOUT' | 'NET_ADDRESS' | 'NET_UNSIGNED';

/** There was no answer that counts: whether the request had its effect is unknown (Spec §3). */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions & { readonly retryAfterMs?: number }) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Whom a call is for: its address, and which keys may sign the answer. */
export interface CallTarget {
  readonly name: NodeName;
  readonly url: string;
  /** In pairing the card comes with the answer that it verifies, so the keys are read from the body. */
  readonly httpKeys: readonly CardKey[] | ((body: Uint8Array) => readonly CardKey[]);
}

/** Signed HTTP to one peer (Spec §3): every call has a nonce of its own, follows no redirect and is never weakened. */
export interface PeerTransport {
  call(target: CallTarget, call: OutgoingCall): Promise<SignedAnswer>;
  /** Plain GET or POST as C2SP tools make it: card, log, add-checkpoint. */
  plain(target: { readonly url: string }, call: PlainCall): Promise<PeerAnswer>;
}

export interface PlainCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Uint8Array;
  readonly bearer?: string;
  readonly answerBytesMax?: number;
}

export interface TransportOptions {
  readonly name: NodeName;
  readonly httpKey: SigningKey;
  readonly http: PeerHttp;
  readonly clock: Clock;
  readonly random: Random;
  readonly addresses: AddressRules;
  /** Is told what each answer says of the peer's clock. */
  readonly clocks?: PeerClocks;
}

const timeoutMsDefault = 60_000;

export function openTransport(options: TransportOptions): PeerTransport {
  const { http, clock, addresses } = options;
  const send = async (request: Parameters<PeerHttp['request']>[0]): Promise<PeerAnswer> => {
    try {
      return await http.request(request);
    } catch (error) {
      if (error instanceof PeerHttpError) throw transportErrorOf(error);
      throw error;
    }
  };
  return {
    call: async (target, call) => {
      const { parts, signed, fields } = sign(options, target, call);
      const asked = clock.now();
      const answer = await send({
        method: call.method,
        url: parts.targetUri,
        headers: fields,
        ...(call.content === undefined ? {} : { body: call.content.body }),
        answerBytesMax: call.answerBytesMax ?? answerBytesMax,
        timeoutMs: call.timeoutMs ?? timeoutMsDefault,
        addresses,
      });
      return judgeAnswer(answer, signed, target, clock, (theirs) =>
        options.clocks?.note(target.url, theirs, asked, clock.now()),
      );
    },
    plain: async (target, call) => {
      const asked = clock.now();
      const answer = await send({
        method: call.method,
        url: target.url + call.path,
        headers: call.bearer === undefined ? {} : { authorization: `Bearer ${call.bearer}` },
        ...(call.body === undefined ? {} : { body: call.body }),
        answerBytesMax: call.answerBytesMax ?? answerBytesMax,
        timeoutMs: timeoutMsDefault,
        addresses,
      });
      options.clocks?.note(target.url, Date.parse(answer.headers['date'] ?? ''), asked, clock.now());
      return answer;
    },
  };
}

function sign(
  options: TransportOptions,
  target: CallTarget,
  call: OutgoingCall,
): { readonly parts: RequestParts; readonly signed: SignedRequest; readonly fields: Record<string, string> } {
  const targetUri = target.url + call.path;
  const { content, method } = call;
  const described =
    content === undefined
      ? undefined
      : { digest: contentDigest(content.sha256 ?? sha256(content.body)), type: content.type };
  if ((described === undefined) !== (method === 'GET' || method === 'DELETE'))
    throw new TransportError('NET_UNSIGNED', 'PUT and POST have a body, GET and DELETE have none');
  const parts = { method, targetUri, ...(described === undefined ? {} : { content: described }) } as RequestParts;
  const created = instantOfMs(Math.floor(options.clock.now() / 1000) * 1000);
  const parameters = {
    created,
    expires: instantOfMs(created + lifetimeSecondsMax * 1000),
    nonce: options.random.bytes(nonceBytes),
    keyid: { name: options.name, key: options.httpKey.publicKey },
  };
  const { fields, request } = signRequest(parts, parameters, (base) => options.httpKey.sign(base), call.tag);
  const headers: Record<string, string> = { ...fields };
  if (described !== undefined) {
    headers['content-digest'] = described.digest;
    headers['content-type'] = described.type;
  }
  return { parts, signed: request, fields: headers };
}

/** What is unsigned, signed by another or bound to another request counts as no answer (Spec §3). */
function judgeAnswer(
  answer: PeerAnswer,
  signed: SignedRequest,
  target: CallTarget,
  clock: Clock,
  tellTime: (theirs: number) => void,
): SignedAnswer {
  const retryAfterMs = retryAfterOf(answer);
  const refuse = (message: string, cause?: unknown): never => {
    throw new TransportError('NET_UNSIGNED', `${message} (HTTP ${answer.status})`, {
      cause,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  };
  try {
    const parsed = parseResponseSignature({ status: answer.status, fields: answer.headers }, signed);
    const now = clock.now();
    const keys = typeof target.httpKeys === 'function' ? target.httpKeys(answer.body) : target.httpKeys;
    const known = keys.find((each) => equalBytes(each.key, parsed.keyid.key) && isLive(each, now));
    if (known === undefined || parsed.keyid.name !== target.name) return refuse('the answer is signed by another key');
    verifyParsed(parsed, parsePublicKey(known.key), verifySignature);
    tellTime(parsed.created);
    if (parsed.bodySha256 === undefined || !equalBytes(sha256(answer.body), parsed.bodySha256))
      return refuse('the answer arrived with another body than was signed');
    if (!isFresh(parsed, now)) return refuse('the answer is signed for another time: one of the two clocks is wrong');
    return { status: answer.status, type: parsed.contentType, body: answer.body, retryAfterMs };
  } catch (error) {
    if (error instanceof ProtocolError) return refuse('the answer is not signed as Spec §3 asks', error);
    throw error;
  }
}

function retryAfterOf(answer: PeerAnswer): number | undefined {
  const seconds = /^[0-9]{1,6}$/.test(answer.headers['retry-after'] ?? '')
    ? Number(answer.headers['retry-after'])
    : undefined;
  return seconds === undefined ? undefined : Math.min(seconds * 1000, retryAfterMsMax);
}

function transportErrorOf(error: PeerHttpError): TransportError {
  if (error.code === 'timeout')
    return new TransportError('NET_TIMEOUT', 'the peer did not answer in time', { cause: error });
  if (error.code === 'address-refused')
    return new TransportError('NET_ADDRESS', `${error.message}; allow its range for this peer in the configuration`, {
      cause: error,
    });
  return new TransportError('NET_UNREACHABLE', 'the peer cannot be reached', { cause: error });
}
