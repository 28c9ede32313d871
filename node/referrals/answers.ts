import { mediaTypes, type MediaType } from '../../protocol/http/media-types.ts';
import { problems, writeProblem, type ProblemCode, type ProblemDetails } from '../../protocol/http/problem.ts';
import { BlobError } from '../blobs/blob-store.ts';
import { OperationError } from '../platform/operation-error.ts';
import { StoreError, type Writer } from '../store/store.ts';

/** What a door sends back, signed: every answer has a body (Spec §3). */
export interface DoorAnswer {
  readonly status: number;
  readonly type: MediaType;
  readonly body: Uint8Array;
  readonly retryAfterSeconds?: number;
}

/** Names a failure in this node's diagnostics: `ref` of a problem. */
export type NewRef = () => string;

/** Thrown inside a change to undo it and answer with a problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, details: ProblemDetails = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.details = details;
  }
}

/**
 * Runs the change that a request causes. The request's nonce is stored in the same transaction (Spec §3); a request whose
 * nonce was seen before fails with `Refusal` NET_NONCE_SEEN and changes nothing.
 */
export type GuardedWrite = <T>(change: (writer: Writer) => Promise<T>) => Promise<T>;

/** What a peer is told when this node itself failed; the cause stands in the diagnostics. */
export function codeOfFailure(error: unknown): ProblemCode {
  if ((error instanceof StoreError || error instanceof BlobError) && error.code === 'full') return 'REC_DISK_FULL';
  return error instanceof OperationError && error.kind === 'unavailable' ? 'REC_BUSY' : 'REC_FAULT';
}

export function jsonAnswer(status: number, body: Uint8Array): DoorAnswer {
  return { status, type: mediaTypes.json, body };
}

/** Text as a problem may hold it, whatever a message of ours was made of (Spec §3, problems). */
export function plainDetail(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .slice(0, detailLengthMax)
    .toWellFormed();
}

const detailLengthMax = 480;
const retryAfterSecondsBusy = 5;

export function problemAnswer(code: ProblemCode, ref: string, details: ProblemDetails = {}): DoorAnswer {
  const { status } = problems[code];
  const { detail, ...rest } = details;
  const told = detail === undefined || detail === '' ? rest : { ...rest, detail: plainDetail(detail) };
  const answer = { status, type: mediaTypes.problem, body: writeProblem(code, ref, told) } as const;
  return status === 429 || status === 503 ? { ...answer, retryAfterSeconds: retryAfterSecondsBusy } : answer;
}
