import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { mediaTypes } from '../../../protocol/http/media-types.ts';
import { targetOf } from '../../../protocol/http/routes.ts';
import { parseNodeName } from '../../../protocol/ids.ts';
import { parseResponseSignature } from '../../../protocol/http/signature.ts';
import { BlobError } from '../../../node/blobs/blob-store.ts';
import { exchangeLimits } from '../../../node/api/door-limits.ts';
import { exchangeApp, listen, type Listening } from '../../../node/api/listen.ts';
import { roomsMax } from '../../../node/referrals/intake-rooms.ts';
import { systemClock } from '../../../node/platform/clock.ts';
import { eventually } from '../../support/desk.ts';
import { composeReferral, forgeBundle, newBundleId, requestsOf, type Forged } from '../../support/forged-bundle.ts';
import {
  prepare,
  speakerOf,
  stranger,
  type Ask,
  type Prepared,
  type Speaker,
  type Twist,
} from '../../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let door: Listening;
let forged: Forged;

beforeEach(async () => {
  two = await openHospitals();
  [alder, birch] = [two.at('alder'), two.at('birch')];
  forged = await forgeBundle(alder, birch, await composeReferral(alder, birch));
  door = await listen(
    exchangeApp(birch.node.exchange, (address = '') => address),
    { host: '127.0.0.1', port: 0 },
    systemClock,
    exchangeLimits,
  );
});

afterEach(async () => {
  await door[Symbol.asyncDispose]();
  const failures = [alder, birch].flatMap((each) => each.takeFailures());
  await two[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

/** A connection on which a test writes byte by byte, and what came back so far. */
function dial() {
  const socket = connect(door.port, '127.0.0.1');
  let received = '';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined); // The door may close first; `received` tells how far it came.
  socket.on('data', (piece) => (received += piece.toString('latin1')));
  return {
    socket,
    closed,
    received: () => received,
    until: async (text: string | RegExp) => {
      while (typeof text === 'string' ? !received.includes(text) : !text.test(received)) {
        if (socket.destroyed) throw new Error(`closed before ${String(text)}: ${received}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return received;
    },
  };
}

function headOf({ incoming }: Prepared, more: readonly string[] = []): string {
  const { method, target, rawHeaders } = incoming;
  const fields = [...rawHeaders, ...more];
  const lines = [`${method} ${target} HTTP/1.1`];
  for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i] ?? ''}: ${fields[i + 1] ?? ''}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const putManifest = (): Ask => ({
  method: 'PUT',
  target: targetOf({ name: 'putManifest', bundle: forged.bundle }),
  body: forged.manifestBytes,
});
const getBundle = (): Ask => ({ method: 'GET', target: targetOf({ name: 'getBundle', bundle: forged.bundle }) });
const close = ['connection', 'close'];
const withoutDate = (answer: string): string => answer.replace(/^date: .*\r\n/im, '');

async function whole(head: string, body: Uint8Array = new Uint8Array(0)): Promise<string> {
  const line = dial();
  line.socket.write(head);
  if (body.length > 0) line.socket.write(body);
  await line.closed;
  return line.received();
}

async function exchange(by: Speaker, what: Ask, twist?: Twist): Promise<string> {
  return whole(headOf(prepare(birch, by, what, twist), close), what.body);
}

test('a request on the wire is answered, signed', async () => {
  const prepared = prepare(birch, speakerOf(alder), putManifest());
  const answer = await whole(headOf(prepared, close), forged.manifestBytes);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 201 /);
  expect(body).toMatch(/^\{"v":1,"expires":/);
  const fields = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  expect(parseResponseSignature({ status: 201, fields }, prepared.request).keyid.name).toBe(birch.name);
});

test('who is not known, whose signature is bad, and who is blocked get the same bytes', async () => {
  const answers = [
    await exchange(stranger(parseNodeName('elm.example')), putManifest()),
    await exchange(stranger(alder.name), putManifest()),
    await exchange(speakerOf(alder), putManifest(), { tag: 'fernpost-pair/v1' }),
    await whole(`PUT ${putManifest().target} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`),
  ];
  const { directory, clock } = birch.node;
  await directory.save({ ...directory.get(alder.name), state: 'blocked', since: clock.now() });
  answers.push(await exchange(speakerOf(alder), putManifest()));
  expect(new Set(answers.map(withoutDate)).size).toBe(1);
  expect(withoutDate(answers[0] ?? '')).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n[^{<]*\r\n\r\n$/);
});

describe('bodies', () => {
  test('that stand still are ended with a signed 408', async () => {
    const line = dial();
    line.socket.write(headOf(prepare(birch, speakerOf(alder), putManifest())));
    line.socket.write(forged.manifestBytes.subarray(0, 100));
    while (two.clock.sleepers() === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20)); // Until the first piece has come through the loopback.
    while (!line.received().includes('SEND_SLOW')) {
      two.clock.advance(30_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(line.received()).toMatch(/^HTTP\/1\.1 408 /);
    line.socket.destroy();
    await line.closed;
  });

  test('that break off do no harm, and the same bundle goes through on the next connection', async () => {
    const line = dial();
    line.socket.write(headOf(prepare(birch, speakerOf(alder), putManifest())));
    line.socket.write(forged.manifestBytes.subarray(0, 100));
    while (two.clock.sleepers() === 0) await new Promise((resolve) => setImmediate(resolve));
    line.socket.destroy();
    await line.closed;
    expect(await exchange(speakerOf(alder), putManifest())).toMatch(/^HTTP\/1\.1 201 /);
  });

  test('of more than the route takes are refused before they arrive', async () => {
    const line = dial();
    const what = { ...putManifest(), body: new Uint8Array(300_000) };
    line.socket.write(headOf(prepare(birch, speakerOf(alder), what)));
    expect(await line.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /);
    line.socket.destroy();
  });

  test('that are refused unread leave the answer whole', async () => {
    const what: Ask = { ...putManifest(), target: targetOf({ name: 'putManifest', bundle: newBundleId() }) };
    const big = { ...what, body: new Uint8Array(262_144).fill(32) };
    const answer = await exchange(speakerOf(alder), big, { signedBody: utf8('{}') });
    expect(answer).toMatch(/^HTTP\/1\.1 422 [^]*NET_DIGEST/);
    const unread = await exchange(stranger(alder.name), big);
    expect(unread).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('that find no room half-way are told so, whole and signed', async () => {
    const file = new Uint8Array(2_000_000);
    const large = await forgeBundle(alder, birch, await composeReferral(alder, birch, [file]));
    const requests = requestsOf(alder, birch, large);
    await requests.manifest();
    await requests.document();
    birch.node.blobs.put = async (_name, _size, source) => {
      for await (const piece of source()) throw new BlobError('full', `no room after ${piece.length} bytes`);
    };
    const target = targetOf({ name: 'putChunk', bundle: large.bundle, attachment: 0, chunk: 0 });
    const body = large.chunks[0]?.[0] ?? file;
    const send = (bytes: Uint8Array) => {
      const line = dial();
      const what = { method: 'PUT', target, body, type: mediaTypes.bytes } as const;
      line.socket.write(headOf(prepare(birch, speakerOf(alder), what)));
      line.socket.write(bytes);
      return line;
    };
    const refusal = /^HTTP\/1\.1 507 [^]*"code":"REC_DISK_FULL"/;
    const whole = send(body);
    expect(await whole.until('REC_DISK_FULL')).toMatch(refusal);
    // Chunks for which there is room in memory are taken to their end first: one more is written as it comes.
    const lines = Array.from({ length: roomsMax + 1 }, () => send(body.subarray(0, 500_000)));
    await eventually(() => lines.some((line) => refusal.test(line.received())));
    for (const line of [whole, ...lines]) line.socket.destroy();
  });

  test('of unknown length are refused', async () => {
    const head = headOf(prepare(birch, speakerOf(alder), putManifest())).replace(
      /content-length: [0-9]+/,
      'transfer-encoding: chunked\r\nconnection: close',
    );
    expect(await whole(`${head}2\r\n{}\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 411 /);
  });
});

describe('what is no request of ours is answered without a word and without a fault', () => {
  const line = 'GET /.well-known/fernpost HTTP/1.1\r\n';
  test.each<[string, string, RegExp]>([
    [
      'two lengths',
      `PUT /exchange/v1/card HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length and chunks: the oldest way to smuggle a request',
      `PUT /exchange/v1/card HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 (?:400|401|411) /,
    ],
    ['no host', `${line}connection: close\r\n\r\n`, /^HTTP\/1\.1 (?:200|400) /],
    ['a host that is none', `${line}host: a b/c?\r\nconnection: close\r\n\r\n`, /^HTTP\/1\.1 (?:200|400) /],
    [
      'an absolute target',
      'GET http://birch.example/log/checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      /^HTTP\/1\.1 404 /,
    ],
    ['a bare star', 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 (?:400|404) /],
    ['broken percent signs', 'GET /%zz%/%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 404 /],
    ['HEAD', 'HEAD /.well-known/fernpost HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 404 /],
    ['a method that nobody knows', 'BREW / HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no HTTP', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a header block of 20 KiB', `${line}host: x\r\nx-fill: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      'a thousand headers',
      `${line}host: x\r\n${'a: b\r\n'.repeat(1_500)}connection: close\r\n\r\n`,
      /^HTTP\/1\.1 (?:200|401|431) /,
    ],
    ['an upgrade', `${line}host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`, /^HTTP\/1\.1 [24]/],
  ])('%s', async (_, text, status) => {
    const one = dial();
    one.socket.write(text, 'latin1');
    const answer = await one.until(/\r\n\r\n/);
    expect(answer).toMatch(status);
    expect(answer).not.toMatch(/<html|at Object|node:internal|hono/i);
    one.socket.destroy();
    await one.closed;
  });

  test('two requests in one piece are answered in turn', async () => {
    const one = headOf(prepare(birch, speakerOf(alder), getBundle()));
    const other = headOf(prepare(birch, speakerOf(alder), getBundle()), close);
    const answer = await whole(one + other);
    expect(answer.match(/HTTP\/1\.1 404 /g)).toHaveLength(2);
    expect(answer.match(/"code":"REC_NOT_FOUND"/g)).toHaveLength(2);
  });

  test('the door of its software is not named', async () => {
    const answer = await whole(`${line}host: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/^(?:server|x-powered-by):/im);
  });
});
