import { parseBase64Url, toBase64Url, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseBundleId, type BundleId } from '../ids.ts';
import { parseTilePath, tilePath, type TileRef } from '../log/tile.ts';
import { attachmentsMax, chunksMax, targetBytesMax } from './limits.ts';

/** One thing that can be asked of a node, with what its path names (Spec §2, §5, §6). */
export type Route =
  | { readonly name: 'getCard' | 'putCard' | 'resync' | 'addCheckpoint' }
  | { readonly name: BundleRouteName; readonly bundle: BundleId }
  | { readonly name: 'putChunk'; readonly bundle: BundleId; readonly attachment: number; readonly chunk: number }
  | { readonly name: 'pair'; readonly invitation: Uint8Array }
  /** `log` is 1 for `/log`, n for `/log/<n>`. */
  | { readonly name: 'getCheckpoint'; readonly log: number }
  | { readonly name: 'getTile' | 'getEntries'; readonly log: number; readonly tile: TileRef }
  | { readonly name: 'getWitnessedCheckpoint'; readonly originHash: string }
  | { readonly name: 'getWitnessedEntries'; readonly originHash: string; readonly start: number }
  /** The query is read by the auditor's route: `peer`, `from`, `to`. */
  | { readonly name: 'getAuditRecords'; readonly query: string };

export type RouteName = Route['name'];
export type BundleRouteName = 'putManifest' | 'putDocument' | 'commit' | 'putAtOnce' | 'getBundle' | 'deleteBundle';

const invitationBytes = 16;
const numberForm = /^(?:0|[1-9][0-9]{0,15})$/;
const originHashForm = /^[0-9a-f]{64}$/;
const segmentsMax = 16;

/** The request target of a route: path and query, one spelling each. */
export function targetOf(route: Route): string {
  switch (route.name) {
    case 'getCard':
      return '/.well-known/fernpost';
    case 'putCard':
      return '/exchange/v1/card';
    case 'resync':
      return '/exchange/v1/resync';
    case 'addCheckpoint':
      return '/witness/add-checkpoint';
    case 'putManifest':
    case 'putAtOnce':
    case 'getBundle':
    case 'deleteBundle':
      return `/exchange/v1/bundles/${route.bundle}`;
    case 'putDocument':
      return `/exchange/v1/bundles/${route.bundle}/document`;
    case 'commit':
      return `/exchange/v1/bundles/${route.bundle}/commit`;
    case 'putChunk':
      return `/exchange/v1/bundles/${route.bundle}/att/${route.attachment}/${route.chunk}`;
    case 'pair':
      return `/pairing/v1/${toBase64Url(route.invitation)}`;
    case 'getCheckpoint':
      return `${logPrefix(route.log)}/checkpoint`;
    case 'getTile':
    case 'getEntries':
      return `${logPrefix(route.log)}/${tilePath(route.tile)}`;
    case 'getWitnessedCheckpoint':
      return `/witness/${route.originHash}/checkpoint`;
    case 'getWitnessedEntries':
      return `/witness/${route.originHash}/entries?start=${route.start}`;
    case 'getAuditRecords':
      return `/audit/v1/records${route.query === '' ? '' : `?${route.query}`}`;
  }
}

/** `originHash` of the witness routes: lower-case hex of SHA-256 of the origin (Spec §0.3). */
export function originHashOf(sha256OfOrigin: Uint8Array): string {
  return toHex(sha256OfOrigin);
}

/** The route that a method and a raw request target ask for; undefined for everything that is not one in its one spelling. */
export function findRoute(method: string, target: string): Route | undefined {
  if (target.length > targetBytesMax) return undefined;
  try {
    const route = readRoute(method, target);
    return route !== undefined && targetOf(route) === target ? route : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function readRoute(method: string, target: string): Route | undefined {
  const queryAt = target.indexOf('?');
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  const query = queryAt === -1 ? '' : target.slice(queryAt + 1);
  const [root, area, ...rest] = path.split('/', segmentsMax);
  if (root !== '' || area === undefined) return undefined;
  switch (area) {
    case '.well-known':
      return method === 'GET' && rest[0] === 'fernpost' ? { name: 'getCard' } : undefined;
    case 'exchange':
      return readExchange(method, rest);
    case 'pairing':
      return method === 'POST'
        ? { name: 'pair', invitation: parseBase64Url(rest[1] ?? '', invitationBytes) }
        : undefined;
    case 'log':
      return method === 'GET' ? readLog(rest) : undefined;
    case 'witness':
      return readWitness(method, rest, query);
    case 'audit':
      return method === 'GET' && rest[1] === 'records' ? { name: 'getAuditRecords', query } : undefined;
    default:
      return undefined;
  }
}

/** `findRoute` writes the route back and compares, so a reader may take a path's fixed words for granted. */
function readExchange(method: string, [, resource, id, part, attachment, chunk]: readonly string[]): Route | undefined {
  if (resource === 'card') return method === 'PUT' ? { name: 'putCard' } : undefined;
  if (resource === 'resync') return method === 'POST' ? { name: 'resync' } : undefined;
  if (resource !== 'bundles' || id === undefined) return undefined;
  const bundle = parseBundleId(id);
  if (part === 'att')
    return method === 'PUT'
      ? { name: 'putChunk', bundle, attachment: index(attachment, attachmentsMax), chunk: index(chunk, chunksMax) }
      : undefined;
  const name = bundleRoutes[`${method} ${part ?? ''}`];
  return name === undefined ? undefined : { name, bundle };
}

const bundleRoutes: Readonly<Record<string, BundleRouteName>> = {
  'PUT ': 'putManifest',
  'POST ': 'putAtOnce',
  'GET ': 'getBundle',
  'DELETE ': 'deleteBundle',
  'PUT document': 'putDocument',
  'POST commit': 'commit',
};

function readLog(segments: readonly string[]): Route {
  const numbered = numberForm.test(segments[0] ?? '');
  const log = numbered ? count(segments[0]) : 1;
  if (log === 0) throw new ProtocolError('malformed-url', 'logs are counted from 1');
  const path = segments.slice(numbered ? 1 : 0).join('/');
  if (path === 'checkpoint') return { name: 'getCheckpoint', log };
  const tile = parseTilePath(path);
  return { name: tile.kind === 'entries' ? 'getEntries' : 'getTile', log, tile };
}

function readWitness(method: string, [first, second]: readonly string[], query: string): Route | undefined {
  if (first === 'add-checkpoint') return method === 'POST' ? { name: 'addCheckpoint' } : undefined;
  if (method !== 'GET' || first === undefined || !originHashForm.test(first)) return undefined;
  if (second === 'checkpoint') return { name: 'getWitnessedCheckpoint', originHash: first };
  return { name: 'getWitnessedEntries', originHash: first, start: count(query.replace(/^start=/, '')) };
}

function logPrefix(log: number): string {
  return log === 1 ? '/log' : `/log/${log}`;
}

function count(text: string | undefined): number {
  const value = text !== undefined && numberForm.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new ProtocolError('malformed-url', 'expected a number in the path');
  return value;
}

function index(text: string | undefined, end: number): number {
  const value = count(text);
  if (value >= end) throw new ProtocolError('malformed-url', 'an index beyond the largest bundle');
  return value;
}
