import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { endpoints } from '../../../protocol/http/endpoints.ts';
import { mediaTypes, type MediaType } from '../../../protocol/http/media-types.ts';
import { originHashOf, targetOf, type Route, type RouteName } from '../../../protocol/http/routes.ts';
import { parseNodeName } from '../../../protocol/ids.ts';
import type { OutgoingAnswer } from '../../../node/api/message.ts';
import { peerToken } from '../../../node/exchange-log/tokens.ts';
import { tokenForPeer } from '../../../node/peers/pairing-run.ts';
import { newBundleId } from '../../support/forged-bundle.ts';
import { prepare, speakerOf, stranger, type Ask } from '../../support/peer-requests.ts';
import { bodyOf, openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let auditor: string;
let peer: string;

beforeAll(async () => {
  two = await openHospitals();
  [alder, birch] = [two.at('alder'), two.at('birch')];
  auditor = await birch.node.tokens.issue('auditor');
  peer = tokenForPeer(alder.node, alder.node.directory.get(birch.name)) ?? '';
});

beforeEach(() => two.clock.advance(61_000));

afterAll(async () => {
  const failures = [alder, birch].flatMap((each) => each.takeFailures());
  await two[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const bundle = newBundleId();
const originHash = originHashOf(sha256(utf8('alder.example/log')));
const tile = { kind: 'hashes', level: 0, n: 0, width: 1 } as const;

/** An example of every route; the type asks for each name. */
const examples: Readonly<Record<RouteName, Route>> = {
  getCard: { name: 'getCard' },
  putCard: { name: 'putCard' },
  pair: { name: 'pair', invitation: new Uint8Array(16) },
  putManifest: { name: 'putManifest', bundle },
  putDocument: { name: 'putDocument', bundle },
  putChunk: { name: 'putChunk', bundle, attachment: 0, chunk: 0 },
  commit: { name: 'commit', bundle },
  putAtOnce: { name: 'putAtOnce', bundle },
  getBundle: { name: 'getBundle', bundle },
  deleteBundle: { name: 'deleteBundle', bundle },
  resync: { name: 'resync' },
  getCheckpoint: { name: 'getCheckpoint', log: 1 },
  getTile: { name: 'getTile', log: 1, tile },
  getEntries: { name: 'getEntries', log: 1, tile: { ...tile, kind: 'entries' } },
  addCheckpoint: { name: 'addCheckpoint' },
  getWitnessedCheckpoint: { name: 'getWitnessedCheckpoint', originHash },
  getWitnessedEntries: { name: 'getWitnessedEntries', originHash, start: 0 },
  getAuditRecords: { name: 'getAuditRecords', query: '' },
};

/** Nobody, a stranger's signature, a paired peer's, a peer's Bearer, an auditor's Bearer. */
type Statuses = readonly [number, number, number, number, number];

/** Deny by default: who gets what from each route, with an empty body where it takes one. */
const expected: Readonly<Record<RouteName, Statuses>> = {
  getCard: [200, 200, 200, 200, 200],
  putCard: [401, 401, 422, 401, 401],
  pair: [401, 401, 401, 401, 401],
  putManifest: [401, 401, 422, 401, 401],
  putDocument: [401, 401, 404, 401, 401],
  putChunk: [401, 401, 404, 401, 401],
  commit: [401, 401, 422, 401, 401],
  putAtOnce: [401, 401, 422, 401, 401],
  getBundle: [401, 401, 404, 401, 401],
  deleteBundle: [401, 401, 200, 401, 401],
  resync: [401, 401, 404, 401, 401],
  getCheckpoint: [401, 401, 401, 200, 200],
  getTile: [401, 401, 401, 200, 200],
  getEntries: [401, 401, 401, 200, 200],
  addCheckpoint: [400, 400, 400, 400, 400],
  getWitnessedCheckpoint: [401, 401, 401, 404, 404],
  getWitnessedEntries: [401, 401, 404, 401, 401],
  getAuditRecords: [401, 401, 401, 401, 200],
};

const names = Object.keys(endpoints) as RouteName[];

describe('every route of the door has an expectation, and nobody gets more than it says', () => {
  test.each(names)('%s', async (name) => {
    const bearer = (token: string) => answerOf(name, (raw) => [...raw, 'authorization', `Bearer ${token}`]);
    const answers = [
      await answerOf(name, (raw) => raw),
      await signed(name, stranger(parseNodeName('elm.example'))),
      await signed(name, speakerOf(alder)),
      await bearer(peer),
      await bearer(auditor),
    ];
    expect(answers.map(({ status }) => status)).toEqual(expected[name]);
    for (const answer of answers) if (answer.status === 401) expect(answer).toEqual(strangers401);
  });

  test('tokens that are none, taken back, or of the other direction', async () => {
    const label = `former ${Math.random()}`;
    const former = await birch.node.tokens.issue(label);
    expect(await birch.node.tokens.revoke(label)).toBe(true);
    const ofBirch = tokenForPeer(birch.node, birch.node.directory.get(alder.name)) ?? '';
    const random = randomBytes(32).toString('base64url');
    const made = peerToken(new Uint8Array(32), birch.name, alder.name);
    for (const token of [former, ofBirch, random, made, '', `${auditor}=`, `${auditor} `, auditor.slice(0, -1)])
      for (const name of ['getCheckpoint', 'getAuditRecords'] as const)
        expect(await answerOf(name, (raw) => [...raw, 'authorization', `Bearer ${token}`])).toEqual(strangers401);
    const basic = (raw: readonly string[]) => [...raw, 'authorization', `Basic ${auditor}`];
    expect(await answerOf('getCheckpoint', basic)).toEqual(strangers401);
    const twice = (raw: readonly string[]) => [
      ...raw,
      'authorization',
      `Bearer ${auditor}`,
      'Authorization',
      'Bearer x',
    ];
    expect(await answerOf('getCheckpoint', twice)).toEqual(strangers401);
    expect((await answerOf('getCheckpoint', (raw) => [...raw, 'authorization', `Bearer ${auditor}`])).status).toBe(200);
  });
});

describe('a body may be as large as its route says and not one byte larger', () => {
  test.each(names.filter((name) => endpoints[name].request !== undefined))('%s', async (name) => {
    const limit = endpoints[name].request?.bytesMax ?? 0;
    const announced = (bytes: number) => (raw: readonly string[]) => withLength(raw, String(bytes));
    const over = await signed(name, speakerOf(alder), announced(limit + 1));
    expect([over.status, over.body.length, over.headers]).toEqual([413, 0, { 'content-length': '0' }]);
    // Within the limit it is the body itself that counts: this one ends at once.
    const within = await signed(name, speakerOf(alder), announced(limit));
    expect(within.status).not.toBe(413);
    expect(within.status).toBeLessThan(500);
    const none = await signed(name, speakerOf(alder), (raw) => withLength(raw, undefined));
    expect([none.status, none.body.length]).toEqual([411, 0]);
    const chunked = (raw: readonly string[]) => [...withLength(raw, undefined), 'transfer-encoding', 'chunked'];
    expect((await signed(name, speakerOf(alder), chunked)).status).toBe(411);
  });
});

describe('a target has one spelling', () => {
  test.each([
    '/exchange/v1/bundles/x',
    `/exchange/v1/bundles/${bundle.toUpperCase()}`,
    `/exchange/v1/bundles/${bundle}/`,
    `/exchange/v1/bundles/${bundle}?a=1`,
    `/exchange/v1//bundles/${bundle}`,
    `/exchange/v1/bundles/%2e%2e/${bundle}`,
    `/exchange/v1/bundles/../card`,
    `/exchange/v1/bundles/${bundle}/att/00/0`,
    `/exchange/v1/bundles/${bundle}/att/100/0`,
    `/exchange/v1/bundles/${bundle}/att/0/131072`,
    `/exchange/v1/bundles/${bundle}/att/0/-1`,
    '/exchange/v2/card',
    '/exchange/',
  ])('%s is the stranger’s 401, signed or not', async (target) => {
    for (const method of ['GET', 'PUT', 'POST', 'DELETE'] as const) {
      const { incoming } = prepare(birch, speakerOf(alder), { method, target, body: utf8('{}') });
      expect(await birch.node.exchange.handle(incoming)).toEqual(strangers401);
    }
  });

  test.each([
    '/',
    '/log',
    '/log/',
    '/log/2/checkpoint',
    '/log/0/checkpoint',
    '/log/01/checkpoint',
    '/log/tile/0/000.p/0',
    '/log/tile/0/000.p/256',
    '/log/tile/0/0',
    '/log/tile/64/000',
    '/log/tile/0/x000/000',
    '/.well-known/fernpost/',
    '/.well-known/fernpost?x=1',
    '/.well-known/',
    '/audit/v1/',
    '/control/v1/patient.list',
    '/health',
    'http://birch.example/log/checkpoint',
    '*',
    '//',
    '/\u0000',
    `/${'a'.repeat(3_000)}`,
    '/..%2f..%2fetc/passwd',
  ])('%s is nothing', async (target) => {
    const rawHeaders = ['host', 'birch.example', 'authorization', `Bearer ${auditor}`];
    const answer = await birch.node.exchange.handle({
      method: 'GET',
      target,
      rawHeaders,
      body: bodyOf(undefined),
      remoteAddress: '::1',
    });
    expect([answer.status, answer.body.length]).toEqual([404, 0]);
  });

  test.each(['HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'get', ''])('the method %s is none', async (method) => {
    const answer = await birch.node.exchange.handle({
      method,
      target: '/.well-known/fernpost',
      rawHeaders: [],
      body: bodyOf(undefined),
      remoteAddress: '::1',
    });
    expect([answer.status, answer.body.length]).toEqual([404, 0]);
  });
});

const strangers401 = { status: 401, headers: { 'content-length': '0' }, body: new Uint8Array(0) };

function askOf(name: RouteName): Ask {
  const { method, request } = endpoints[name];
  const target = targetOf(examples[name]);
  const type = request?.type === 'any' ? mediaTypes.text : (request?.type as MediaType | undefined);
  return {
    method,
    target,
    ...(request === undefined ? {} : { body: utf8('{}'), type: type ?? mediaTypes.json }),
  } as Ask;
}

function signed(
  name: RouteName,
  by: Parameters<typeof prepare>[1],
  fields: (raw: readonly string[]) => readonly string[] = (raw) => raw,
): Promise<OutgoingAnswer> {
  const tag = endpoints[name].access === 'pairing' ? 'fernpost-pair/v1' : 'fernpost/v1';
  return birch.node.exchange.handle(prepare(birch, by, askOf(name), { fields, tag }).incoming);
}

function answerOf(name: RouteName, fields: (raw: readonly string[]) => readonly string[]): Promise<OutgoingAnswer> {
  const { method, target, body, type } = askOf(name);
  const raw = ['host', 'birch.example'];
  if (body !== undefined) raw.push('content-type', type ?? mediaTypes.json, 'content-length', String(body.length));
  const incoming = { method, target, rawHeaders: fields(raw), body: bodyOf(body), remoteAddress: '198.51.100.4' };
  return birch.node.exchange.handle(incoming);
}

function withLength(raw: readonly string[], value: string | undefined): readonly string[] {
  const at = raw.findIndex((each, i) => i % 2 === 0 && each === 'content-length');
  const kept = [...raw.slice(0, at), ...raw.slice(at + 2)];
  return value === undefined ? kept : [...kept, 'content-length', value];
}
