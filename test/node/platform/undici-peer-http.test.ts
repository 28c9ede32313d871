import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { PeerHttp, PeerRequest } from '../../../node/platform/peer-http.ts';
import { openPeerHttp } from '../../../node/platform/undici-peer-http.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

function open(): PeerHttp {
  const http = openPeerHttp();
  cleanups.unshift(() => http.close());
  return http;
}

async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function get(url: string, more: Partial<PeerRequest> = {}): PeerRequest {
  return {
    method: 'GET',
    url,
    headers: {},
    answerBytesMax: 1000,
    timeoutMs: 2000,
    addresses: { allow: ['127.0.0.0/8'] },
    ...more,
  };
}

test('a request and its answer go through byte for byte', async () => {
  const { url } = await serve((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      response.writeHead(201, { 'X-Twice': ['a', 'b'], 'content-type': 'application/octet-stream' });
      response.end(
        Buffer.concat([
          Buffer.from(`${request.method} ${request.url} ${String(request.headers['x-note'])} `),
          ...pieces,
        ]),
      );
    });
  });
  const body = new Uint8Array([0, 255, 10, 13]);
  const answer = await open().request(get(`${url}/a%2Fb?q=1`, { method: 'PUT', headers: { 'x-note': 'hello' }, body }));
  expect(answer.status).toBe(201);
  expect(answer.headers['x-twice']).toBe('a, b');
  expect(Buffer.from(answer.body).toString('latin1')).toBe('PUT /a%2Fb?q=1 hello \u0000\u00ff\n\r');
});

test('connections are kept and serve many requests', async () => {
  let connections = 0;
  const { url, server } = await serve((_, response) => response.end('x'));
  server.on('connection', () => (connections += 1));
  const http = open();
  for (let n = 0; n < 20; n += 1) await http.request(get(url));
  expect(connections).toBeLessThanOrEqual(2);
});

test('a redirect is an answer like any other and is not followed', async () => {
  let requests = 0;
  const { url } = await serve((_, response) => {
    requests += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  expect((await open().request(get(url))).status).toBe(302);
  expect(requests).toBe(1);
});

test('a compressed answer is not inflated', async () => {
  const zipped = gzipSync('x'.repeat(100_000));
  const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped));
  expect(Buffer.from((await open().request(get(url))).body).equals(zipped)).toBe(true);
});

test.each([
  ['with its length', true],
  ['without its length', false],
])('an answer of the greatest size %s is taken, one byte more is refused', async (_, told) => {
  let size = 1000;
  const { url } = await serve((_request, response) => {
    response.writeHead(200, told ? { 'content-length': size } : {});
    response.end(Buffer.alloc(size));
  });
  const http = open();
  expect((await http.request(get(url))).body.length).toBe(1000);
  size = 1001;
  await expect(http.request(get(url))).rejects.toMatchObject({ name: 'PeerHttpError', code: 'answer-too-large' });
  size = 10;
  expect((await http.request(get(url))).body.length).toBe(10);
});

test('an answer that never comes, and one that never ends, time out', async () => {
  const { url } = await serve((request, response) => {
    if (request.url === '/slow') response.write('x');
  });
  const http = open();
  for (const path of ['/', '/slow'])
    await expect(http.request(get(url + path, { timeoutMs: 200 }))).rejects.toMatchObject({ code: 'timeout' });
});

test('an answer that is cut in the middle is "broken-off"', async () => {
  const { url } = await serve((request, response) => {
    response.writeHead(200, { 'content-length': 500 });
    response.write('half', () => request.socket.destroy());
  });
  await expect(open().request(get(url))).rejects.toMatchObject({ code: 'broken-off' });
});

test('a request that fails is not tried again', async () => {
  let requests = 0;
  const { url } = await serve((request) => {
    requests += 1;
    request.socket.destroy();
  });
  await expect(open().request(get(url))).rejects.toMatchObject({ code: 'broken-off' });
  expect(requests).toBe(1);
});

test('nobody listening is "unreachable", and so is a name that does not exist', async () => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const http = open();
  await expect(http.request(get(`http://127.0.0.1:${port}`))).rejects.toMatchObject({ code: 'unreachable' });
  await expect(http.request(get('https://no-such-host.invalid'))).rejects.toMatchObject({ code: 'unreachable' });
});

test('a header larger than 16 KiB is refused', async () => {
  const { url } = await serve((_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(17_000) }).end());
  await expect(open().request(get(url))).rejects.toMatchObject({ code: 'answer-too-large' });
});

test('what is signed is what is sent: the path goes out as it was written', async () => {
  const { url } = await serve((request, response) => response.end(request.url));
  const path = '/log/tile/0/x001/067.p/5?start=1';
  expect(Buffer.from((await open().request(get(url + path))).body).toString()).toBe(path);
});

test.each([
  'http://127.0.0.1:PORT/',
  'http://0x7f.1:PORT/',
  'http://2130706433:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::1]:PORT/',
  'http://0.0.0.0:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST.:PORT/',
  'https://127.0.0.1:PORT/',
  'https://localhost:PORT/',
  'https://[64:ff9b::7f00:1]:PORT/',
  'https://8.8.8.8:PORT/',
  'ftp://localhost:PORT/',
  'http://user:pass@localhost:PORT/',
  'not a url',
])('in strict mode %s is refused and nothing connects', async (pattern) => {
  let connections = 0;
  const { url, server } = await serve((_, response) => response.end('inside'), '::');
  server.on('connection', () => (connections += 1));
  const target = pattern.replace('PORT', new URL(url).port);
  const request = get(target, { addresses: { allow: [] } });
  await expect(open().request(request)).rejects.toMatchObject({ code: 'address-refused' });
  expect(connections).toBe(0);
});

test('plain http leads to loopback only, whatever is allowed', async () => {
  const request = get('http://10.0.0.1:9/', { addresses: { allow: ['10.0.0.0/8'] } });
  await expect(open().request({ ...request, timeoutMs: 500 })).rejects.toMatchObject({
    name: 'PeerHttpError',
    code: 'address-refused',
  });
});

test('a peer that lost its allowed range is refused, though a connection of before is open', async () => {
  const { url } = await serve((_, response) => response.end('x'));
  const name = url.replace('127.0.0.1', 'localhost');
  const http = open();
  expect((await http.request(get(name, { addresses: { allow: ['127.0.0.0/8', '::1/128'] } }))).status).toBe(200);
  await expect(http.request(get(name, { addresses: { allow: [] } }))).rejects.toMatchObject({
    code: 'address-refused',
  });
});
