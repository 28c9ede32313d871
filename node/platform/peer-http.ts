import type { AddressRules } from './addresses.ts';

export type { AddressRules };

export interface PeerRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Absolute; never followed elsewhere. */
  readonly url: string;
  /** Names in lower case; each once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly answerBytesMax: number;
  /** For the whole of it: connecting, sending, waiting and the last byte of the answer. */
  readonly timeoutMs: number;
  readonly addresses: AddressRules;
}

export interface PeerAnswer {
  readonly status: number;
  /** Names in lower case; repeated fields joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came: never inflated. */
  readonly body: Uint8Array;
}

export type PeerHttpErrorCode = 'address-refused' | 'unreachable' | 'timeout' | 'answer-too-large' | 'broken-off';

/**
 * The connection failed; whether the request had its effect is unknown unless the code is `address-refused` or
 * `unreachable` (no connection came about).
 */
export class PeerHttpError extends Error {
  override readonly name = 'PeerHttpError';
  readonly code: PeerHttpErrorCode;

  constructor(code: PeerHttpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The port of the network between nodes (law 1): one request, one answer; no redirects, no inflating, no retries. */
export interface PeerHttp {
  request(request: PeerRequest): Promise<PeerAnswer>;
  close(): Promise<void>;
}
