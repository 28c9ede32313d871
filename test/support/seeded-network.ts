import { PeerHttpError, type PeerAnswer, type PeerHttp, type PeerRequest } from '../../node/platform/peer-http.ts';
import {
  drawFaults,
  quietNetwork,
  withChangedField,
  withChangedLetter,
  withFlippedBit,
  type Fault,
  type FaultRates,
} from './network-faults.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-clock.ts';

/** A request as it comes in at a node's door, the form in which node:http would hand it over. */
export interface ArrivingRequest {
  readonly method: string;
  /** Raw: path and query. */
  readonly target: string;
  /** Name, value, name, value, … */
  readonly rawHeaders: string[];
  readonly body: AsyncIterable<Uint8Array>;
  readonly remoteAddress: string;
}

export interface DoorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type Door = (request: ArrivingRequest) => Promise<DoorReply>;

/** The network between the nodes of a simulation: everything that happens on it is a function of its seed. */
export interface SeededNetwork {
  /** The port through which the machine at `url` calls others; calls end when `power` is off. */
  port(url: string, power?: AbortSignal): PeerHttp;
  /** From now on requests for `url` go to this door, until `power` is off or another takes its place. */
  attach(url: string, door: Door, power?: AbortSignal): void;
  setFaults(rates: FaultRates): void;
  /** Nothing passes between the two, in either direction, for so long. */
  part(one: string, other: string, ms: number): void;
  /** No more faults and partitions; what is under way still arrives. */
  heal(): void;
  /** Resolves when nothing is under way any more; time has to pass meanwhile. */
  isIdle(): boolean;
  /** What happened, oldest first. */
  readonly trace: readonly string[];
  /** Adds a line of the caller's own to the trace. */
  note(line: string): void;
  /** How many requests met each fault. */
  readonly counts: ReadonlyMap<Fault | 'sent', number>;
}

interface Place {
  readonly door: Door;
  readonly power: AbortSignal;
  readonly off: Promise<never>;
}

interface Parting {
  readonly one: string;
  readonly other: string;
  readonly until: number;
}

const traceLinesMax = 20_000;
const address = '192.0.2.7';
const usualMs = 40;
const delayMs = 20_000;
const doubleMs = 90_000;
const pieceBytesMax = 64 * 1024;

export function openSeededNetwork(seeded: SeededRandom, time: VirtualTime): SeededNetwork {
  const places = new Map<string, Place>();
  const counts = new Map<Fault | 'sent', number>();
  const trace: string[] = [];
  let partings: Parting[] = [];
  let rates = quietNetwork;
  let underWay = 0;
  let calls = 0;

  const note = (line: string): void => {
    if (trace.length >= traceLinesMax) trace.shift();
    trace.push(`${(time.elapsedMs() / 1000).toFixed(3).padStart(10)}s ${line}`);
  };
  const count = (what: Fault | 'sent'): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const areParted = (one: string, other: string): boolean =>
    partings.some(
      (each) =>
        each.until > time.elapsedMs() &&
        ((each.one === one && each.other === other) || (each.one === other && each.other === one)),
    );

  /** Lets a request arrive and gives back what its door says; `undefined` where the door or the way is not there. */
  const arrive = async (from: string, to: string, request: ArrivingRequest): Promise<DoorReply | undefined> => {
    const place = places.get(to);
    if (place === undefined || place.power.aborted || areParted(from, to)) return undefined;
    try {
      return await Promise.race([place.door(request), place.off]);
    } catch (error) {
      if (error instanceof PeerHttpError) throw error;
      note(`!! the door of ${to} failed: ${String(error)}`);
      return { status: 500, headers: {}, body: new Uint8Array(0) };
    }
  };

  const deliver = async (from: string, request: PeerRequest, label: string): Promise<PeerAnswer> => {
    const { origin: to } = new URL(request.url);
    const random = seeded.fork(`call/${(calls += 1)}`);
    const faults = drawFaults(random, rates);
    count('sent');
    for (const fault of faults) count(fault);
    const told = faults.size === 0 ? '' : ` [${[...faults].join(' ')}]`;
    note(`${label}${told}`);
    await time.sleep(random.below(usualMs) + (faults.has('delay') ? random.below(delayMs) : 0));
    const isOpen = places.get(to)?.power.aborted === false && !areParted(from, to);
    if (!isOpen) throw failed('unreachable', 'there is nobody there');
    if (faults.has('drop')) return await waitInVain(time, request);
    if (faults.has('reset')) throw failed('broken-off', 'the connection broke');
    if (faults.has('stall')) await time.sleep(request.timeoutMs + random.below(delayMs));
    if (faults.has('proxyError') && random.chance(0.5)) return proxyAnswer(random);
    const reply = await arrive(from, to, arriving(random, request, faults));
    if (faults.has('double')) void onTheWay(againLater(random, from, to, request, label));
    if (reply === undefined) throw failed('unreachable', 'there is nobody there');
    await time.sleep(random.below(usualMs));
    if (areParted(from, to) || faults.has('dropAnswer') || faults.has('stall')) return await waitInVain(time, request);
    if (faults.has('cut') && random.chance(0.7)) throw failed('broken-off', 'the connection broke');
    if (faults.has('proxyError')) return proxyAnswer(random);
    return answering(random, reply, faults, request.answerBytesMax);
  };

  const onTheWay = async <T>(call: Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      return await call;
    } finally {
      underWay -= 1;
    }
  };

  const againLater = async (
    random: SeededRandom,
    from: string,
    to: string,
    request: PeerRequest,
    label: string,
  ): Promise<void> => {
    try {
      await time.sleep(random.below(doubleMs));
      const reply = await arrive(from, to, arriving(random, request, new Set()));
      note(`${label} a second time: ${reply?.status ?? 'nobody there'}`);
    } catch (error) {
      note(`${label} a second time: ${String(error)}`);
    }
  };

  return {
    trace,
    counts,
    note,
    port: (url, power) => ({
      request: async (given) => {
        // The caller takes its buffers back once the call is over; on the wire they live on.
        const request = given.body === undefined ? given : { ...given, body: given.body.slice() };
        const label = `#${calls + 1} ${nameOf(url)} → ${nameOf(given.url)} ${given.method} ${new URL(given.url).pathname}`;
        if (power?.aborted === true) throw failed('unreachable', 'this machine is off');
        try {
          const answer = await withinTime(
            time,
            request,
            Promise.race([onTheWay(deliver(url, request, label)), offOf(power)]),
          );
          note(`${label}: ${answer.status}${codeIn(answer)}`);
          return answer;
        } catch (error) {
          note(`${label}: ${error instanceof PeerHttpError ? error.code : String(error)}`);
          throw error;
        }
      },
      close: async () => undefined,
    }),
    attach: (url, door, power = new AbortController().signal) => {
      places.set(url, { door, power, off: offOf(power) });
    },
    setFaults: (next) => {
      rates = next;
    },
    part: (one, other, ms) => {
      note(`-- ${nameOf(one)} and ${nameOf(other)} are parted for ${ms} ms`);
      partings.push({ one, other, until: time.elapsedMs() + ms });
    },
    heal: () => {
      note('-- the network is whole');
      rates = quietNetwork;
      partings = [];
    },
    isIdle: () => underWay === 0,
  };
}

function arriving(random: SeededRandom, request: PeerRequest, faults: ReadonlySet<Fault>): ArrivingRequest {
  const url = new URL(request.url);
  const asked = request.url.slice(url.origin.length) || '/';
  const isOther = faults.has('corruptHeader') && random.chance(0.2);
  const target = isOther ? withChangedLetter(random, asked) : asked;
  const fields = faults.has('corruptHeader') && !isOther ? withChangedField(random, request.headers) : request.headers;
  const body = request.body ?? new Uint8Array(0);
  const rawHeaders = ['host', url.host, 'connection', 'keep-alive', ...Object.entries(fields).flat()];
  if (request.body !== undefined) rawHeaders.push('content-length', String(body.length));
  const sent = faults.has('corruptBody') && body.length > 0 ? withFlippedBit(random, body) : body;
  const cutAt = faults.has('cut') ? random.below(sent.length + 1) : undefined;
  return {
    method: request.method,
    target,
    rawHeaders,
    body: inPieces(random, sent, cutAt),
    remoteAddress: address,
  };
}

/** A body as a socket gives it: pieces of any size, and where it is cut an error or, behind a bad proxy, just the end. */
async function* inPieces(
  random: SeededRandom,
  bytes: Uint8Array,
  cutAt: number | undefined,
): AsyncGenerator<Uint8Array> {
  const end = cutAt ?? bytes.length;
  for (let at = 0; at < end;) {
    const size = Math.min(end - at, 1 + random.below(pieceBytesMax));
    yield bytes.slice(at, at + size);
    at += size;
  }
  if (cutAt !== undefined && cutAt < bytes.length && random.chance(0.7))
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

function answering(
  random: SeededRandom,
  reply: DoorReply,
  faults: ReadonlySet<Fault>,
  answerBytesMax: number,
): PeerAnswer {
  const headers = Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (faults.has('cutAnswer')) {
    if (random.chance(0.5)) throw failed('broken-off', 'the answer broke off');
    return { status: reply.status, headers, body: reply.body.slice(0, random.below(reply.body.length + 1)) };
  }
  if (reply.body.length > answerBytesMax) throw failed('answer-too-large', 'the answer is too large');
  if (faults.has('corruptAnswer')) {
    if (random.chance(0.1)) return { status: random.pick([200, 201, 202, 409, 422]), headers, body: reply.body };
    return { status: reply.status, headers, body: withFlippedBit(random, reply.body) };
  }
  const told = faults.has('corruptAnswerHeader') ? withChangedField(random, headers) : headers;
  return { status: reply.status, headers: told, body: reply.body.slice() };
}

/** The caller waits no longer than it said, whatever happens to its request. */
async function withinTime(time: VirtualTime, request: PeerRequest, call: Promise<PeerAnswer>): Promise<PeerAnswer> {
  const over = new AbortController();
  try {
    return await Promise.race([call, waitInVain(time, request, over.signal)]);
  } finally {
    over.abort();
    call.catch(() => undefined); // Its caller has gone; the network still has the request.
  }
}

async function waitInVain(time: VirtualTime, request: PeerRequest, signal?: AbortSignal): Promise<never> {
  await time.sleep(request.timeoutMs, signal);
  if (signal?.aborted === true) await new Promise<never>(() => undefined);
  throw failed('timeout', 'no answer in time');
}

const offs = new WeakMap<AbortSignal, Promise<never>>();
const neverOff = new Promise<never>(() => undefined);

/** Rejects when a machine goes off; one promise for each machine, however many calls wait on it. */
function offOf(power: AbortSignal | undefined): Promise<never> {
  if (power === undefined) return neverOff;
  const known = offs.get(power);
  if (known !== undefined) return known;
  const off = new Promise<never>((_, reject) => {
    power.addEventListener('abort', () => reject(failed('broken-off', 'the machine went off')), { once: true });
  });
  off.catch(() => undefined); // Heard only while somebody waits for an answer.
  offs.set(power, off);
  return off;
}

function proxyAnswer(random: SeededRandom): PeerAnswer {
  const body = new TextEncoder().encode('<html><body>Bad gateway</body></html>');
  const wait: Record<string, string> = random.chance(0.5) ? { 'retry-after': String(random.below(30)) } : {};
  return { status: random.pick([502, 503, 504]), headers: { 'content-type': 'text/html', ...wait }, body };
}

function failed(code: PeerHttpError['code'], message: string): PeerHttpError {
  return new PeerHttpError(code, message);
}

function nameOf(url: string): string {
  return new URL(url).hostname.split('.')[0] ?? url;
}

function codeIn(answer: PeerAnswer): string {
  if (answer.headers['content-type'] !== 'application/problem+json') return '';
  return ` ${/"code":"([A-Z_]+)"/.exec(new TextDecoder().decode(answer.body))?.[1] ?? ''}`;
}
