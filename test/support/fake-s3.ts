import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What is wrong with the server. `lost-answer` stores and then cuts the connection; `forgets` says 200 and stores nothing;
 * `old-version` keeps serving the first bytes of a key; `swapped` serves another object; `flipped` changes one bit;
 * `truncated` sends half the body; `ignores-conditions` overwrites in spite of `If-None-Match`.
 */
export type S3Fault =
  | 'none'
  | 'unavailable'
  | 'denied'
  | 'silent'
  | 'lost-answer'
  | 'forgets'
  | 'old-version'
  | 'swapped'
  | 'flipped'
  | 'truncated'
  | 'ignores-conditions';

export interface FakeS3 extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  /** Key → bytes, as the server truly holds them. */
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly requests: readonly string[];
  fault: S3Fault;
  /** Every answer waits so long. */
  delayMs: number;
}

const bucket = 'fake-bucket';

/** An S3 server of one bucket in this process, which can be slow, broken or dishonest. */
export async function startFakeS3(): Promise<FakeS3> {
  const objects = new Map<string, Buffer>();
  const first = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const fake = { fault: 'none' as S3Fault, delayMs: 0 };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    const key = path.slice(bucket.length + 2);
    requests.push(`${request.method} ${key}`);
    if (fake.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, fake.delayMs));
    if (fake.fault === 'silent') return;
    if (fake.fault === 'unavailable') return refuse(response, 503, 'SlowDown');
    if (fake.fault === 'denied' || !(request.headers.authorization ?? '').includes('Credential=fake-key/'))
      return refuse(response, 403, 'SignatureDoesNotMatch');
    if (!path.startsWith(`/${bucket}`)) return refuse(response, 404, 'NoSuchBucket');
    if (request.method === 'PUT') return put(request, response, key, body);
    if (request.method === 'DELETE') {
      objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (key === '') return void response.writeHead(200).end();
    get(request.method === 'HEAD', response, key);
  };

  const put = (request: IncomingMessage, response: ServerResponse, key: string, body: Buffer): void => {
    const isTaken = request.headers['if-none-match'] === '*' && objects.has(key);
    if (isTaken && fake.fault !== 'ignores-conditions') return refuse(response, 412, 'PreconditionFailed');
    if (fake.fault !== 'forgets') objects.set(key, body);
    if (!first.has(key)) first.set(key, body);
    if (fake.fault === 'lost-answer') return void request.socket.destroy();
    response.writeHead(200, { etag: `"${createHash('md5').update(body).digest('hex')}"` }).end();
  };

  const get = (isHead: boolean, response: ServerResponse, key: string): void => {
    const held = objects.get(key);
    if (held === undefined) return refuse(response, 404, 'NoSuchKey');
    const body = asServed(key, held);
    response.writeHead(200, { 'content-length': body.length, 'content-type': 'application/octet-stream' });
    if (isHead) return void response.end();
    if (fake.fault !== 'truncated') return void response.end(body);
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  };

  const asServed = (key: string, held: Buffer): Buffer => {
    if (fake.fault === 'old-version') return first.get(key) ?? held;
    if (fake.fault === 'swapped') return [...objects].find(([other]) => other !== key)?.[1] ?? randomBytes(held.length);
    if (fake.fault !== 'flipped') return held;
    const copy = Buffer.from(held);
    const middle = copy.length >> 1;
    copy[middle] = (copy[middle] ?? 0) ^ 1;
    return copy;
  };

  const port = await listen(server);
  return Object.assign(fake, {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    objects,
    requests,
    [Symbol.asyncDispose]: () => close(server),
  });
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>fake</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
