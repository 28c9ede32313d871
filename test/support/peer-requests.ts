import { randomBytes } from 'node:crypto';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parsePublicKey, signingKey, verifySignature, type SigningKey } from '../../protocol/crypto/sign.ts';
import { contentDigest } from '../../protocol/http/digest.ts';
import { mediaTypes, type MediaType } from '../../protocol/http/media-types.ts';
import { parseProblem, type Problem } from '../../protocol/http/problem.ts';
import {
  parseResponseSignature,
  signRequest,
  verifyParsed,
  type RequestParts,
  type SignedRequest,
} from '../../protocol/http/signature.ts';
import type { RequestTag } from '../../protocol/http/signature-input.ts';
import type { NodeName } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import type { IncomingRequest } from '../../node/api/message.ts';
import { bodyOf, type TestHospital } from './two-hospitals.ts';

/** Who claims to speak: a name, and the key that really signs. */
export interface Speaker {
  readonly name: NodeName;
  readonly key: SigningKey;
  /** The key that the keyid names, where that is another. */
  readonly claims?: Uint8Array;
}

export interface Ask {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly target: string;
  readonly body?: Uint8Array;
  readonly type?: MediaType;
}

/** How a request differs from what an honest peer would send. */
export interface Twist {
  readonly tag?: RequestTag;
  readonly nonce?: Uint8Array;
  /** Relative to the clock of the hospital that is asked. */
  readonly createdMs?: number;
  readonly lifetimeMs?: number;
  /** What is signed as the target, where it is not what is asked for. */
  readonly signedUri?: string;
  readonly signedMethod?: Ask['method'];
  /** The body that is signed, where it is not what is sent. */
  readonly signedBody?: Uint8Array;
  readonly body?: AsyncIterable<Uint8Array>;
  /** Name, value, name, value, … as they go out. */
  readonly fields?: (raw: readonly string[]) => readonly string[];
  readonly from?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether a signature by the asked node holds over this answer to this very request. */
  readonly signed: boolean;
  readonly problem: Problem | undefined;
}

export function speakerOf({ node }: TestHospital): Speaker {
  return { name: node.own.name, key: node.own.httpKey };
}

export function stranger(name: NodeName): Speaker {
  return { name, key: signingKey(new Uint8Array(randomBytes(32))) };
}

export interface Prepared {
  readonly incoming: IncomingRequest;
  readonly request: SignedRequest;
}

/** A signed request to this hospital, honest but for its twist; it may be sent more than once. */
export function prepare(to: TestHospital, by: Speaker, ask: Ask, twist: Twist = {}): Prepared {
  const { method, target, body } = ask;
  const type = ask.type ?? mediaTypes.json;
  const hasBody = method === 'PUT' || method === 'POST';
  const digest = contentDigest(sha256(twist.signedBody ?? body ?? new Uint8Array(0)));
  const now = to.node.clock.now();
  const created = instantOfMs(Math.floor((now + (twist.createdMs ?? 0)) / 1000) * 1000);
  const { fields, request } = signRequest(
    {
      method: twist.signedMethod ?? method,
      targetUri: twist.signedUri ?? to.url + target,
      ...(hasBody ? { content: { digest, type } } : {}),
    } as RequestParts,
    {
      created,
      expires: instantOfMs(created + (twist.lifetimeMs ?? 60_000)),
      nonce: twist.nonce ?? new Uint8Array(randomBytes(16)),
      keyid: { name: by.name, key: by.claims ?? by.key.publicKey },
    },
    (base) => by.key.sign(base),
    twist.tag,
  );
  const { signature } = fields;
  const raw = ['host', new URL(to.url).host, 'signature-input', fields['signature-input'], 'signature', signature];
  if (hasBody) raw.push('content-digest', digest, 'content-type', type, 'content-length', String((body ?? []).length));
  const incoming = {
    method,
    target,
    rawHeaders: twist.fields?.(raw) ?? raw,
    body: twist.body ?? bodyOf(body),
    remoteAddress: twist.from ?? '198.51.100.9',
  };
  return { incoming, request };
}

export async function send(to: TestHospital, { incoming, request }: Prepared): Promise<Reply> {
  const { status, headers, body } = await to.node.exchange.handle(incoming);
  const isProblem = headers['content-type'] === mediaTypes.problem;
  return {
    status,
    headers,
    body,
    signed: isSigned(to, { status, headers, body }, request),
    problem: isProblem ? parseProblem(body) : undefined,
  };
}

export async function ask(to: TestHospital, by: Speaker, what: Ask, twist?: Twist): Promise<Reply> {
  return send(to, prepare(to, by, what, twist));
}

/** What a reply says in one word: `401`, `200`, or the code of its problem; `unsigned 200` where nobody vouches for it. */
export function wordOf({ status, signed, problem }: Reply): string {
  if (!signed) return status === 401 ? '401' : `unsigned ${status}`;
  if (problem === undefined) return String(status);
  return problem.proof === undefined ? problem.code : `${problem.code} + proof`;
}

function isSigned(
  to: TestHospital,
  { status, headers, body }: Pick<Reply, 'status' | 'headers' | 'body'>,
  request: SignedRequest,
): boolean {
  if (headers['signature'] === undefined) return false;
  const parsed = parseResponseSignature({ status, fields: headers }, request);
  verifyParsed(parsed, parsePublicKey(to.node.own.httpKey.publicKey), verifySignature);
  return contentDigest(sha256(body)) === headers['content-digest'];
}

/** Changes the value of one field; `undefined` takes it out. */
export function withField(name: string, value: string | undefined): NonNullable<Twist['fields']> {
  return (raw) => {
    const kept: string[] = [];
    for (let i = 0; i < raw.length; i += 2) if (raw[i] !== name) kept.push(raw[i] ?? '', raw[i + 1] ?? '');
    return value === undefined ? kept : [...kept, name, value];
  };
}

export function fieldOf(raw: readonly string[], name: string): string {
  const at = raw.findIndex((each, i) => i % 2 === 0 && each === name);
  return raw[at + 1] ?? '';
}
