import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { changesState, endpoints } from '../../../protocol/http/endpoints.ts';
import * as limits from '../../../protocol/http/limits.ts';
import { findRoute, originHashOf, targetOf, type Route } from '../../../protocol/http/routes.ts';
import { parseBundleId } from '../../../protocol/ids.ts';
import { loadVectors } from '../../support/vectors.ts';

const vectors = loadVectors();
const id = '5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11';
const bundle = parseBundleId(id);
const originHash = originHashOf(sha256(utf8('alder.example/log')));
const fullTile = { kind: 'hashes', level: 0, n: 1234067, width: 256 } as const;
const partialEntries = { kind: 'entries', level: 0, n: 2, width: 88 } as const;

const routes: readonly (readonly [string, string, Route])[] = [
  ['GET', '/.well-known/fernpost', { name: 'getCard' }],
  ['PUT', '/exchange/v1/card', { name: 'putCard' }],
  ['PUT', `/exchange/v1/bundles/${id}`, { name: 'putManifest', bundle }],
  ['PUT', `/exchange/v1/bundles/${id}/document`, { name: 'putDocument', bundle }],
  ['PUT', `/exchange/v1/bundles/${id}/att/0/0`, { name: 'putChunk', bundle, attachment: 0, chunk: 0 }],
  ['PUT', `/exchange/v1/bundles/${id}/att/99/131071`, { name: 'putChunk', bundle, attachment: 99, chunk: 131_071 }],
  ['POST', `/exchange/v1/bundles/${id}/commit`, { name: 'commit', bundle }],
  ['POST', `/exchange/v1/bundles/${id}`, { name: 'putAtOnce', bundle }],
  ['GET', `/exchange/v1/bundles/${id}`, { name: 'getBundle', bundle }],
  ['DELETE', `/exchange/v1/bundles/${id}`, { name: 'deleteBundle', bundle }],
  ['POST', '/exchange/v1/resync', { name: 'resync' }],
  [
    'POST',
    '/pairing/v1/8yXDWhcW_JGvNjIrmh-HQA',
    { name: 'pair', invitation: Uint8Array.fromHex('f325c35a1716fc91af36322b9a1f8740') },
  ],
  ['GET', '/log/checkpoint', { name: 'getCheckpoint', log: 1 }],
  ['GET', '/log/2/checkpoint', { name: 'getCheckpoint', log: 2 }],
  ['GET', '/log/tile/0/x001/x234/067', { name: 'getTile', log: 1, tile: fullTile }],
  ['GET', '/log/3/tile/entries/002.p/88', { name: 'getEntries', log: 3, tile: partialEntries }],
  ['POST', '/witness/add-checkpoint', { name: 'addCheckpoint' }],
  ['GET', `/witness/${originHash}/checkpoint`, { name: 'getWitnessedCheckpoint', originHash }],
  ['GET', `/witness/${originHash}/entries?start=0`, { name: 'getWitnessedEntries', originHash, start: 0 }],
  ['GET', '/audit/v1/records', { name: 'getAuditRecords', query: '' }],
  [
    'GET',
    '/audit/v1/records?peer=birch.example&from=1',
    { name: 'getAuditRecords', query: 'peer=birch.example&from=1' },
  ],
];

test.each(routes)('%s %s is a route, and its target is written so', (method, target, route) => {
  expect(findRoute(method, target)).toEqual(route);
  expect(targetOf(route)).toBe(target);
  expect(endpoints[route.name].method).toBe(method);
});

test('every endpoint has a route above, and every request of the vectors finds one', () => {
  expect(new Set(routes.map(([, , route]) => route.name))).toEqual(new Set(Object.keys(endpoints)));
  for (const name of vectors.names('/http').filter((exchange) => vectors.has(`/http/${exchange}/request`))) {
    const request = vectors.at(`/http/${name}/request`);
    const route = findRoute(request.text('/method'), new URL(request.text('/targetUri')).pathname);
    expect(route, name).toBeDefined();
  }
});

describe('what is no route', () => {
  test.each([
    ['GET', '/'],
    ['GET', ''],
    ['GET', 'exchange/v1/card'],
    ['GET', '//.well-known/fernpost'],
    ['GET', '/.well-known/fernpost/'],
    ['GET', '/.well-known/fernpost?x=1'],
    ['GET', '/.well-known/fernpost?'],
    ['HEAD', '/.well-known/fernpost'],
    ['POST', '/exchange/v1/card'],
    ['PUT', '/exchange/v2/card'],
    ['PUT', `/exchange/v1/bundles/${id.toUpperCase()}`],
    ['PUT', `/exchange/v1/bundles/urn:uuid:${id}`],
    ['PUT', `/exchange/v1/bundles/${id}/`],
    ['PUT', `/exchange/v1/bundles/${id}/documents`],
    ['GET', `/exchange/v1/bundles/${id}/document`],
    ['PUT', `/exchange/v1/bundles/${id}/att/0`],
    ['PUT', `/exchange/v1/bundles/${id}/att/00/0`],
    ['PUT', `/exchange/v1/bundles/${id}/att/0/01`],
    ['PUT', `/exchange/v1/bundles/${id}/att/-1/0`],
    ['PUT', `/exchange/v1/bundles/${id}/att/0/1e3`],
    ['PUT', `/exchange/v1/bundles/${id}/att/100/0`],
    ['PUT', `/exchange/v1/bundles/${id}/att/0/131072`],
    ['PUT', `/exchange/v1/bundles/${id}/att/0/0/0`],
    ['PUT', `/exchange/v1/bundles/${id}/att/0/0?x`],
    ['PUT', `/exchange/v1/bundles/%35f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11`],
    ['PUT', '/exchange/v1/bundles/../card'],
    ['POST', '/pairing/v1/8yXDWhcW_JGvNjIrmh-HQ'],
    ['POST', '/pairing/v1/8yXDWhcW_JGvNjIrmh-HQB'],
    ['POST', '/pairing/v2/8yXDWhcW_JGvNjIrmh-HQA'],
    ['GET', '/log/1/checkpoint'],
    ['GET', '/log/0/checkpoint'],
    ['GET', '/log/02/checkpoint'],
    ['GET', '/log/tile/0/x000/067'],
    ['GET', '/log/tile/0/67'],
    ['GET', '/log/tile/0/067.p/256'],
    ['GET', '/log/tile/64/067'],
    ['GET', '/log/tile/data/067'],
    ['POST', '/log/checkpoint'],
    ['GET', '/witness/add-checkpoint'],
    ['GET', '/witness/ABCD/checkpoint'],
    ['GET', `/witness/${originHash}/entries`],
    ['GET', `/witness/${originHash}/entries?start=`],
    ['GET', `/witness/${originHash}/entries?start=01`],
    ['GET', `/witness/${originHash}/entries?start=1&start=2`],
    ['GET', `/witness/${originHash}/entries?start=99999999999999999`],
    ['GET', `/witness/${originHash.toUpperCase()}/checkpoint`],
    ['GET', '/audit/v2/records'],
    ['GET', '/constructor'],
    ['__proto__', `/exchange/v1/bundles/${id}`],
    ['GET', `/${'a/'.repeat(2000)}`],
  ])('%s %s', (method, target) => {
    expect(findRoute(method, target)).toBeUndefined();
  });

  test('random targets never throw', () => {
    const part = fc.constantFrom(
      'exchange',
      'v1',
      'bundles',
      id,
      'att',
      '0',
      'log',
      'tile',
      'witness',
      originHash,
      'pairing',
      '..',
      'x001',
      '067',
      '?start=1',
    );
    const target = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
    );
    fc.assert(
      fc.property(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'), target, (method, text) => {
        const route = findRoute(method, text);
        if (route !== undefined) expect(targetOf(route)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits', () => {
  test('no route takes or gives more than the largest body', () => {
    for (const [name, { request, answer }] of Object.entries(endpoints))
      for (const body of [request, answer])
        if (body !== undefined) expect(body.bytesMax, name).toBeLessThanOrEqual(limits.bodyBytesMax);
  });

  test('a route has a body exactly when its method has one, and a GET changes nothing', () => {
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const withBody = endpoint.method === 'PUT' || endpoint.method === 'POST';
      expect(endpoint.request !== undefined, name).toBe(withBody);
      expect(changesState(endpoint), name).toBe(endpoint.method !== 'GET');
    }
  });

  test('a full chunk and the largest document fit their routes to the byte', () => {
    expect(limits.chunkTokenBytesMax).toBe(8_388_681);
    expect(limits.documentTokenBytesMax).toBe(Math.ceil((5 * 1024 * 1024 + 73) / 3) * 4);
  });
});
