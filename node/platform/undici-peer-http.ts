import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector, errors, Pool, type Dispatcher } from 'undici';
import { isLoopback, judgeAddress, literalAddressOf, type AddressRules } from './addresses.ts';
import { PeerHttpError, type PeerHttp, type PeerRequest } from './peer-http.ts';

const connectionsPerPeer = 16;
const poolsMax = 256;
const connectTimeoutMs = 10_000;
const keepAliveMs = 30_000;
/** Node §6. */
const headerBytesMax = 16 * 1024;

export interface PeerHttpOptions {
  /** PEM of certificate authorities beside the public ones, such as a hospital network's own. */
  readonly authorities?: readonly string[];
}

/**
 * The real network between nodes: one pool of HTTP/1.1 connections per origin and set of rules. The address is judged
 * where the name is resolved, again on the connected socket, and before that for IP literals, which are never resolved
 * (Node §1, F7); so neither a name that resolves inward nor one that changes its mind leads anywhere.
 */
export function openPeerHttp(options: PeerHttpOptions = {}): PeerHttp {
  const pools = new Map<string, Pool>();

  const poolFor = (origin: string, rules: AddressRules): Pool => {
    const key = [origin, ...rules.allow].join(' ');
    const known = pools.get(key);
    if (known !== undefined) {
      pools.delete(key);
      pools.set(key, known);
      return known;
    }
    const pool = newPool(origin, rules, options);
    pools.set(key, pool);
    const [oldest] = pools;
    if (pools.size > poolsMax && oldest !== undefined) {
      pools.delete(oldest[0]);
      void oldest[1].close(); // Lets its open requests end; nobody waits for that.
    }
    return pool;
  };

  return {
    request: async (request) => {
      const url = parseTarget(request);
      const signal = AbortSignal.timeout(request.timeoutMs);
      try {
        const response = await poolFor(url.origin, request.addresses).request({
          method: request.method,
          path: request.url.slice(url.origin.length) || '/',
          headers: request.headers,
          body: request.body ?? null,
          signal,
          headersTimeout: request.timeoutMs,
          bodyTimeout: request.timeoutMs,
        });
        return {
          status: response.statusCode,
          headers: Object.fromEntries(joinedHeaders(response.headers)),
          body: await readBody(response, request.answerBytesMax),
        };
      } catch (cause) {
        throw peerHttpErrorOf(cause, signal.aborted);
      }
    },
    close: async () => {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}

function newPool(origin: string, rules: AddressRules, options: PeerHttpOptions): Pool {
  const isPlain = origin.startsWith('http:');
  const isFine = (address: string): boolean =>
    judgeAddress(address, rules) !== 'refused' && (!isPlain || isLoopback(address));
  const connect = buildConnector({
    allowH2: false,
    timeout: connectTimeoutMs,
    lookup: guardedLookup(isFine),
    ...(options.authorities === undefined ? {} : { ca: [...options.authorities] }),
  });
  return new Pool(origin, {
    connections: connectionsPerPeer,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    maxHeaderSize: headerBytesMax,
    allowH2: false,
    connect: (target, callback) => {
      connect(target, (error, socket) => {
        if (error !== null) return callback(error, null);
        if (isFine(socket.remoteAddress ?? '')) return callback(null, socket);
        socket.destroy();
        return callback(addressRefused(), null);
      });
    },
  });
}

function guardedLookup(isFine: (address: string) => boolean): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return callback(error, '');
      const fine = found.filter((each) => isFine(each.address));
      const [first] = fine;
      if (first === undefined) return callback(addressRefused(), '');
      return lookupOptions.all === true ? callback(null, fine) : callback(null, first.address, first.family);
    });
  };
}

/** Refuses before any connection what needs no resolver to be judged. */
function parseTarget(request: PeerRequest): URL {
  let url: URL;
  try {
    url = new URL(request.url);
  } catch (cause) {
    throw new PeerHttpError('address-refused', 'the address of the peer is not a URL', { cause });
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw addressRefused();
  if (!request.url.startsWith(url.origin) || url.username !== '' || url.hash !== '') throw addressRefused();
  const literal = literalAddressOf(url.hostname);
  if (literal !== undefined && judgeAddress(literal, request.addresses) !== 'allowed') throw addressRefused();
  return url;
}

async function readBody(response: Dispatcher.ResponseData, bytesMax: number): Promise<Uint8Array> {
  const declared = Number(response.headers['content-length'] ?? 0);
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    if (declared > bytesMax) throw tooLarge(bytesMax);
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > bytesMax) throw tooLarge(bytesMax);
      pieces.push(piece);
    }
  } catch (error) {
    response.body.on('error', () => undefined); // What the torn connection still has to say is of no interest.
    response.body.destroy();
    throw error;
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

function* joinedHeaders(headers: Dispatcher.ResponseData['headers']): Iterable<[string, string]> {
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) yield [name.toLowerCase(), typeof value === 'string' ? value : value.join(', ')];
}

const unreachableCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function peerHttpErrorOf(cause: unknown, isTimedOut: boolean): PeerHttpError {
  if (cause instanceof PeerHttpError) return cause;
  if (cause instanceof AggregateError && cause.errors.length > 0) return peerHttpErrorOf(cause.errors[0], isTimedOut);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (isTimedOut || cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return new PeerHttpError('timeout', 'the peer did not answer in time', { cause });
  if (cause instanceof errors.HeadersOverflowError)
    return new PeerHttpError('answer-too-large', `the answer's header is larger than ${headerBytesMax} bytes`, {
      cause,
    });
  if (unreachableCodes.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT') || code.startsWith('ERR_SSL'))
    return new PeerHttpError('unreachable', `no connection to the peer (${code})`, { cause });
  return new PeerHttpError('broken-off', `the connection to the peer broke off (${code || 'no code'})`, { cause });
}

function addressRefused(): PeerHttpError {
  return new PeerHttpError(
    'address-refused',
    'the address of the peer is not public and not in its allowed ranges: allow its range in the configuration, or check its name',
  );
}

function tooLarge(bytesMax: number): PeerHttpError {
  return new PeerHttpError('answer-too-large', `the answer is larger than ${bytesMax} bytes`);
}
