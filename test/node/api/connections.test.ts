import { connect, type Socket } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import { openPlaces } from '../../../node/api/connections.ts';
import { deskLimits, type DoorLimits } from '../../../node/api/door-limits.ts';
import { listen, type Listening } from '../../../node/api/listen.ts';
import { systemClock, type Clock } from '../../../node/platform/clock.ts';
import { manualClock } from '../../support/manual-clock.ts';

/* Real sockets and short limits: a test waits for what happens, never for how long it takes. */

const shortMs = 600;
const quick: DoorLimits = {
  ...deskLimits,
  headersMsMax: shortMs,
  headersCheckMs: 20,
  idleBodyMsMax: shortMs,
  unreadMsMax: 2 * shortMs,
  keepAliveMs: shortMs,
};
const largeBytes = 64 * 1024 * 1024;
let door: Listening | undefined;
const lines: Line[] = [];

afterEach(async () => {
  for (const { socket } of lines.splice(0)) socket.destroy();
  await door?.[Symbol.asyncDispose]();
});

/** A door whose handlers read, wait or answer as a path asks; `bodies` has how bodies ended. */
async function open(limits: DoorLimits = quick, clock: Clock = systemClock) {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const bodies: string[] = [];
  let sent = 0;
  let begun = 0;
  let came = 0;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
  app.post('/read', async ({ env, text }) => {
    let size = 0;
    try {
      for await (const piece of env.incoming as AsyncIterable<Buffer>) came = size += piece.length;
    } catch {
      bodies.push(`broken after ${size}`);
      throw new Error('broken');
    }
    bodies.push(`whole, ${size}`);
    return text(`read ${size}`);
  });
  app.post('/refuse', ({ text }) => text('no', 401));
  app.post('/wait', async ({ text }) => {
    await released;
    return text('waited');
  });
  app.get('/wait', async ({ text }) => {
    begun += 1;
    await released;
    return text('waited');
  });
  app.get('/quick', ({ text }) => text('quick'));
  app.get('/large', () => {
    const piece = new Uint8Array(64 * 1024);
    const body = new ReadableStream({
      pull: (controller) => {
        sent += piece.length;
        if (sent > largeBytes) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => giveUp(),
    });
    return new Response(body);
  });
  app.onError((_error, { text }) => text('failed', 500));
  door = await listen(app, { host: '127.0.0.1', port: 0 }, clock, limits);
  const { port } = door;
  return { bodies, release, givenUp, sent: () => sent, begun: () => begun, came: () => came, dial: () => dial(port) };
}

interface Line {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received(): string;
  until(text: string): Promise<void>;
}

function dial(port: number): Line {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined); // A door that has enough resets the line; `closed` tells.
  socket.on('data', (piece) => (received += piece.toString('latin1')));
  const line: Line = {
    socket,
    closed,
    received: () => received,
    until: async (text) => {
      while (!received.includes(text)) {
        if (socket.destroyed) throw new Error(`closed before ${text}: ${received}`);
        await pause(5);
      }
    },
  };
  lines.push(line);
  return line;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const post = (path: string, size: number): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

describe('headers', () => {
  test.each([
    ['never come', ''],
    ['begin and stop', 'POST /read HTTP/1.1\r\nhost: x\r\n'],
  ])('that %s end the connection', async (_, text) => {
    const { dial: call } = await open();
    const line = call();
    line.socket.write(text);
    await line.closed;
    expect(line.received()).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
  });

  test('that come letter by letter end it too, however lively they are', async () => {
    const { dial: call } = await open();
    const line = call();
    line.socket.write('GET /quick HTTP/1.1\r\n');
    const drip = setInterval(() => line.socket.write('x-a: b\r\n'), 20);
    await line.closed;
    clearInterval(drip);
    expect(line.received()).not.toContain('quick');
  });

  test('of a second request on a kept connection have the same time', async () => {
    const { dial: call } = await open({ ...quick, keepAliveMs: 10_000, idleBodyMsMax: 10_000 });
    const line = call();
    line.socket.write(get('/quick'));
    await line.until('quick');
    line.socket.write('GET /qui');
    await line.closed;
  });
});

describe('bodies', () => {
  test('that stand still get 408, the connection ends, and the handler sees them break off', async () => {
    const { dial: call, bodies } = await open();
    const line = call();
    line.socket.write(`${post('/read', 10)}12345`);
    await line.closed;
    expect(line.received()).toMatch(/^HTTP\/1\.1 408 [^]*connection: close[^]*Send it again\.\n$/);
    expect(bodies).toEqual(['broken after 5']);
  });

  test('that stand still before a handler reads them get 408 as well', async () => {
    const { dial: call } = await open();
    const line = call();
    line.socket.write(`${post('/wait', 10)}12345`);
    await line.closed;
    expect(line.received()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('that move slowly live on, for much longer than one may stand still', async () => {
    const idleBodyMsMax = 2_000;
    const { dial: call } = await open({ ...quick, idleBodyMsMax });
    const line = call();
    line.socket.write(post('/read', 12));
    for (let sent = 0; sent < 12; sent += 1) {
      await pause(idleBodyMsMax / 10);
      line.socket.write('x');
    }
    await line.until('read 12');
  });

  test('that are refused unread, and go on without end, do not keep the connection', async () => {
    const { dial: call } = await open();
    const line = call();
    line.socket.write(`${post('/refuse', 1_000_000)}x`);
    await line.until('401');
    const drip = setInterval(() => line.socket.write('x'), 20);
    await line.closed;
    clearInterval(drip);
  });

  test.each([
    ['as little as allowed in a minute', 0, true],
    ['one byte less', -1, false],
  ])('that brought %s, after their first five, are judged', async (_, more, livesOn) => {
    const clock = manualClock();
    const { dial: call, bodies, came } = await open({ ...deskLimits, bodyBytesAMinuteMin: 1_000 }, clock);
    const line = call();
    line.socket.write(`${post('/read', 5_000)}x`);
    while (clock.sleepers() === 0 || came() === 0) await pause(5);
    clock.advance(deskLimits.bodyGraceMs);
    while (clock.sleepers() === 0) await pause(5);
    line.socket.write('x'.repeat(1_000 + more));
    while (came() < 1_001 + more) await pause(5);
    clock.advance(60_000);
    if (!livesOn) {
      await line.closed;
      expect(line.received()).toMatch(/^HTTP\/1\.1 408 /);
      return expect(bodies).toEqual([`broken after ${1_001 + more}`]);
    }
    line.socket.write('x'.repeat(5_000 - 1_001 - more));
    await line.until('read 5000');
  });
});

describe('handlers', () => {
  test.each([
    ['a page', get('/wait')],
    ['a form that came whole', `${post('/wait', 2)}{}`],
  ])('that take their time over %s are waited for', async (_, text) => {
    const { dial: call, release } = await open();
    const line = call();
    line.socket.write(text);
    await pause(3 * shortMs);
    expect(line.socket.destroyed).toBe(false);
    release();
    await line.until('waited');
  });

  test('whose answer nobody reads are let go, and hold but a little of it in memory', async () => {
    const { dial: call, sent, givenUp } = await open();
    const line = call();
    line.socket.pause();
    line.socket.write(get('/large'));
    await givenUp;
    expect(sent()).toBeLessThan(largeBytes / 2);
  });
});

describe('connections', () => {
  test('that are kept without a request end', async () => {
    const { dial: call } = await open({ ...quick, headersMsMax: 10_000 });
    const line = call();
    line.socket.write(get('/quick'));
    await line.closed;
    expect(line.received()).toContain('quick');
  });

  test('are taken up to their number; one more is closed unheard, and taken when another has gone', async () => {
    const { dial: call } = await open({ ...deskLimits, connectionsMax: 3 });
    const first = [call(), call(), call()];
    for (const line of first) {
      line.socket.write(get('/quick'));
      await line.until('quick');
    }
    const fourth = call();
    fourth.socket.write(get('/quick'));
    await fourth.closed;
    expect(fourth.received()).toBe('');
    first[0]?.socket.destroy();
    await first[0]?.closed;
    for (;;) {
      const next = call();
      next.socket.write(get('/quick'));
      await Promise.race([next.closed, next.until('quick').catch(() => undefined)]);
      if (next.received().includes('quick')) break; // The door notices a moment later that one has gone.
    }
  });

  test('have a few requests in hand; one more in the same piece reaches no handler', async () => {
    const { dial: call, release, begun } = await open(deskLimits);
    const line = call();
    line.socket.write(get('/wait').repeat(deskLimits.pipelinedMax + 100));
    while (begun() < deskLimits.pipelinedMax) await pause(5);
    await pause(50);
    expect(begun()).toBe(deskLimits.pipelinedMax);
    release();
    await line.closed;
    expect(line.received().match(/waited/g)).toHaveLength(deskLimits.pipelinedMax);
    expect(line.received().match(/HTTP\/1\.1 503 /g)).toHaveLength(1);
  });

  test('may send as many as that, and more when they are answered', async () => {
    const { dial: call } = await open(deskLimits);
    const line = call();
    for (let round = 0; round < 3; round += 1) {
      line.socket.write(get('/quick').repeat(deskLimits.pipelinedMax));
      const answers = (round + 1) * deskLimits.pipelinedMax;
      while ((line.received().match(/quick/g) ?? []).length < answers) await pause(5);
    }
    expect(line.received()).not.toContain('503');
  });

  test('of one address have a share of their own; loopback, where a proxy is, has none', () => {
    const places = openPlaces(2);
    const first = places.take('203.0.113.7');
    expect([first, places.take('203.0.113.7'), places.take('203.0.113.7')].map((leave) => leave !== undefined)).toEqual(
      [true, true, false],
    );
    expect(places.take('203.0.113.8')).toBeDefined();
    first?.();
    expect(places.take('203.0.113.7')).toBeDefined();
    for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
      for (let i = 0; i < 5; i += 1) expect(places.take(address)).toBeDefined();
  });
});
