import { utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { formatInstant, parseInstant, type Instant } from '../instant.ts';
import { parseJsonObject, type JsonObject } from '../json.ts';
import { checkMembers, countOf, objectOf, textOf } from '../members.ts';
import { problemBytesMax } from './limits.ts';

/*
 * What a node answers when it does not do what it was asked: RFC 9457, with a code that names the side at fault. Titles
 * are fixed texts of ours: no patient and none of the peer's words ever stand in a problem (Spec §0.7, §3).
 */

/** Every code: its HTTP status, and what it says to a person. SEND is the asking side, REC the answering one. */
export const problems = {
  NET_CLOCK: { status: 403, title: 'Your clock and ours differ' },
  NET_NONCE_SEEN: { status: 409, title: 'This request came before; its outcome is unknown: sign it anew and repeat' },
  NET_DIGEST: { status: 422, title: 'The body is not the one that was signed' },
  NET_RESTARTED: { status: 503, title: 'This node was restored and waits until older requests have expired' },
  SEND_SLOW: { status: 408, title: 'The body stood still for too long' },
  SEND_LENGTH: { status: 411, title: 'Content-Length is needed' },
  SEND_TOO_LARGE: { status: 413, title: 'The body is larger than this route takes' },
  SEND_MEDIA_TYPE: { status: 415, title: 'This route takes another media type' },
  SEND_ENCODED: { status: 415, title: 'An encoded body is not taken' },
  SEND_MALFORMED: { status: 422, title: 'The body breaks the specification' },
  SEND_CARD: { status: 422, title: 'The card is refused' },
  SEND_NOT_YOURS: { status: 403, title: 'The message names another node' },
  SEND_DOWNGRADE: { status: 422, title: 'The suite is lower than one seen before' },
  SEND_TOO_OFTEN: { status: 429, title: 'More requests than a peer may make' },
  REC_VERSION: { status: 422, title: 'This version is not spoken here' },
  REC_NOT_FOUND: { status: 404, title: 'No such bundle of yours' },
  REC_OTHER_BYTES: { status: 409, title: 'Other bytes are held under this name' },
  REC_DOCUMENT_FIRST: { status: 409, title: 'The document comes before the attachments' },
  REC_KEY_GONE: { status: 409, title: 'The key that this was sealed to is gone: fetch the card again' },
  REC_RECEIVED: { status: 409, title: 'The bundle is received' },
  REC_PARTS_MISSING: { status: 409, title: 'Parts are missing' },
  REC_LOG_SIZE: { status: 409, title: 'Your log is held at another size' },
  REC_WITHDRAWN: { status: 410, title: 'The bundle was withdrawn' },
  REC_NOT_WITNESSED: { status: 412, title: 'The checkpoint of the proof was not cosigned here' },
  REC_NOT_LOGGED: { status: 412, title: 'The record is not in the log' },
  REC_LOG_FORK: { status: 422, title: 'The log does not extend what it showed before' },
  REC_CONTENT: { status: 422, title: 'The document is not a valid referral' },
  REC_SEAL: { status: 422, title: 'The sealed key does not open' },
  REC_COMMITMENT: { status: 422, title: 'A commitment, digest, size or root does not fit' },
  REC_SEQ_REUSED: { status: 422, title: 'The sequence number names another record' },
  REC_QUOTA: { status: 507, title: 'More bytes, transfers or leaves than a peer may cause in a day' },
  REC_DISK_FULL: { status: 507, title: 'This node has no room' },
  REC_PAUSED: { status: 503, title: 'The pairing is paused' },
  REC_BUSY: { status: 503, title: 'This node is busy' },
  REC_FAULT: { status: 500, title: 'This node failed' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problems;

/** What a code brings along; each member belongs to one code, but `proof`, which any final refusal (422) may have. */
export interface ProblemDetails {
  readonly detail?: string;
  /** NET_CLOCK: the answering node's time. */
  readonly time?: Instant;
  /** REC_LOG_SIZE: the size at which the log is held. */
  readonly size?: number;
  /** REC_PARTS_MISSING: the same object as GET's. */
  readonly have?: JsonObject;
  /** REC_RECEIVED: the tlog-proof of the received leaf. */
  readonly receipt?: string;
  /** The tlog-proof of the refused leaf. */
  readonly proof?: string;
}

export interface Problem extends ProblemDetails {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  /** Names this failure in the answering node's diagnostics. */
  readonly ref: string;
}

const typePrefix = 'https://fernpost.example/problem/';
const refForm = /^[A-Za-z0-9._-]{1,64}$/;
const plainTextForm = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,500}$/u;
const ownerOf = {
  time: 'NET_CLOCK',
  size: 'REC_LOG_SIZE',
  have: 'REC_PARTS_MISSING',
  receipt: 'REC_RECEIVED',
} as const;
const refusedStatus = 422;

/** The body of a problem; send it with `problems[code].status` and application/problem+json. */
export function writeProblem(code: ProblemCode, ref: string, details: ProblemDetails = {}): Uint8Array {
  const { status, title } = problems[code];
  const { detail, time, size, have, receipt, proof } = details;
  const problem = {
    type: typePrefix + code,
    title,
    status,
    code,
    ref,
    ...(detail === undefined ? {} : { detail }),
    ...(time === undefined ? {} : { time: formatInstant(time) }),
    ...(size === undefined ? {} : { size }),
    ...(have === undefined ? {} : { have }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(proof === undefined ? {} : { proof }),
  };
  const body = utf8(JSON.stringify(problem));
  parseProblem(body);
  return body;
}

/** Reads a problem strictly: a code of the list with its own status, its own members and no others. */
export function parseProblem(body: Uint8Array): Problem {
  const object = parseJsonObject(body, {
    bytesMax: problemBytesMax,
    depthMax: 8,
    nodesMax: 20_000,
    stringBytesMax: problemBytesMax,
    decimals: false,
  });
  const code = textOf(object, 'code');
  if (!isProblemCode(code)) throw malformed('a code of the list');
  const status = problems[code].status;
  const own = Object.entries(ownerOf).flatMap(([name, owner]) => (owner === code ? [name] : []));
  const optional = ['detail', ...(status === refusedStatus ? ['proof'] : [])];
  checkMembers(object, ['type', 'title', 'status', 'code', 'ref', ...own], optional);
  if (textOf(object, 'type') !== typePrefix + code) throw malformed('the type of the code');
  if (countOf(object, 'status') !== status) throw malformed('the status of the code');
  const ref = textOf(object, 'ref');
  if (!refForm.test(ref)) throw malformed('a ref');
  return { code, status, title: plainText(object, 'title'), ref, ...readDetails(object) };
}

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text);
}

function readDetails(object: JsonObject): ProblemDetails {
  const has = (name: string): boolean => object[name] !== undefined;
  return {
    ...(has('detail') ? { detail: plainText(object, 'detail') } : {}),
    ...(has('time') ? { time: parseInstant(textOf(object, 'time')) } : {}),
    ...(has('size') ? { size: countOf(object, 'size') } : {}),
    ...(has('have') ? { have: objectOf(object['have']) } : {}),
    ...(has('receipt') ? { receipt: textOf(object, 'receipt') } : {}),
    ...(has('proof') ? { proof: textOf(object, 'proof') } : {}),
  };
}

function plainText(object: JsonObject, name: string): string {
  const text = textOf(object, name);
  if (!plainTextForm.test(text)) throw malformed(`plain text in ${name}`);
  return text;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-message', `a problem: expected ${what}`);
}
