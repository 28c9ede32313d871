import { idleBodyMs } from '../../protocol/http/limits.ts';

/** What a door gives a connection (Node §6). All of it counts before anybody is known. */
export interface DoorLimits {
  /** Connections at once; one more is closed unheard. */
  readonly connectionsMax: number;
  /** Of these, from one address. Loopback has no such limit: behind a proxy here everybody comes from there. */
  readonly connectionsOfAddressMax: number;
  /** Requests that one connection may have in hand: who sends more before it has read an answer gets 503. */
  readonly pipelinedMax: number;
  /** From a connection's begin, or the end of a request, to the last byte of a request's headers. */
  readonly headersMsMax: number;
  /** How often connections are looked at for it. */
  readonly headersCheckMs: number;
  /** A body that brings nothing for so long ends with 408. */
  readonly idleBodyMsMax: number;
  /** A body may take so long at any pace; from then on each minute has to bring so much. */
  readonly bodyGraceMs: number;
  readonly bodyBytesAMinuteMin: number;
  /** An answer of which nothing is read for so long is given up. */
  readonly unreadMsMax: number;
  /** A connection without a request. */
  readonly keepAliveMs: number;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** The door for people: a line for each browser, most of them through one proxy. */
export const deskLimits: DoorLimits = {
  connectionsMax: 4_096,
  connectionsOfAddressMax: 2_048,
  pipelinedMax: 8,
  headersMsMax: 20 * secondMs,
  headersCheckMs: 5 * secondMs,
  idleBodyMsMax: idleBodyMs,
  bodyGraceMs: 5 * minuteMs,
  bodyBytesAMinuteMin: 64 * 1024,
  unreadMsMax: 2 * minuteMs,
  keepAliveMs: 5 * secondMs,
};

/** The door for peers and auditors: its own 408 is signed and comes first. */
export const exchangeLimits: DoorLimits = {
  ...deskLimits,
  connectionsMax: 1_024,
  connectionsOfAddressMax: 512,
  idleBodyMsMax: idleBodyMs + 5 * secondMs,
};

/** The door of the command line: what it passes on may come from a slow tape, and go to somebody who reads page by page. */
export const controlLimits: DoorLimits = {
  ...deskLimits,
  connectionsMax: 64,
  idleBodyMsMax: 10 * minuteMs,
  bodyBytesAMinuteMin: 0,
  unreadMsMax: 12 * 60 * minuteMs,
};
