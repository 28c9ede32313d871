import { timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context as HonoContext } from 'hono';
import { parseBase64Url, parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { failureOf, type Failure, type FailureKind } from '../operations/failure.ts';
import type { Download } from '../operations/operation.ts';
import { findOperation, type AnyOperation } from '../operations/table.ts';
import type { NodeServices } from '../operations/node-services.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { ByteStream } from '../platform/files.ts';
import { OperationError } from '../platform/operation-error.ts';

/** JSON that goes into an operation; files cross as streams, which have no limit here. */
const inputBytesMax = 1024 * 1024;
const inputHeader = 'fernpost-input';
type Bindings = { Bindings: HttpBindings };
type Context = HonoContext<Bindings>;
const statuses: Readonly<Record<FailureKind, 400 | 403 | 404 | 409 | 422 | 500 | 503>> = {
  refused: 422,
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  damaged: 500,
  internal: 500,
};

export interface ControlOptions {
  readonly services: NodeServices;
  /** 32 random bytes, base64url, new at each start; only the owner of the data directory can read it. */
  readonly token: string;
  readonly diagnostics: Diagnostics;
}

/**
 * The door of a running node for the command line, on loopback: `POST /control/v1/<operation>`. Input is the JSON body;
 * for an upload it stands in the header `fernpost-input`, base64url, and the body is the file. `GET /health` needs no
 * token and tells status words only.
 */
export function controlApp({ services, token, diagnostics }: ControlOptions): Hono<Bindings> {
  const app = new Hono<Bindings>();
  const expected = sha256(utf8(`Bearer ${token}`));
  const isAllowed = (given: string): boolean => timingSafeEqual(sha256(utf8(given)), expected);

  app.onError((error, context) => answer(context, told(error, diagnostics, context.req.path)));
  app.notFound((context) =>
    answer(context, { kind: 'not-found', code: 'unknown-operation', message: 'There is no such operation.' }),
  );
  app.get('/health', (context) => {
    const database = services.store.isFull() ? 'full' : 'ok';
    return context.json({ status: database === 'ok' ? 'ok' : 'degraded', database }, 200, noStore);
  });
  app.use('/control/*', async (context, next) => {
    if (isAllowed(context.req.header('authorization') ?? '')) return await next();
    const message = 'The token of the control door is wrong. Nothing was done.';
    return context.json({ kind: 'refused', code: 'wrong-token', message } satisfies Failure, 401, noStore);
  });
  app.get('/control/v1', (context) => context.json({ node: services.config.name }, 200, noStore));
  app.post('/control/v1/:operation', async (context) => {
    const operation = findOperation(context.req.param('operation'));
    if (operation === undefined) return await context.notFound();
    return await runOperation(services, operation, context);
  });
  return app;
}

const noStore = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

async function runOperation(services: NodeServices, operation: AnyOperation, context: Context): Promise<Response> {
  switch (operation.form) {
    case 'plain': {
      const input = parseInput(parseUtf8(await readSmall(bodyOf(context))));
      return json(await operation.run(services, input));
    }
    case 'upload': {
      const header = context.req.header(inputHeader) ?? '';
      return json(await operation.run(services, parseInput(parseUtf8(parseBase64Url(header))), bodyOf(context)));
    }
    case 'download': {
      const input = parseInput(parseUtf8(await readSmall(bodyOf(context))));
      return await stream(services, operation, input);
    }
  }
}

/** The first piece is awaited before the status, so that what is wrong with the request is told with its own status. */
async function stream(services: NodeServices, operation: Download<unknown>, input: unknown): Promise<Response> {
  const pieces = operation.run(services, input)[Symbol.asyncIterator]();
  const first = await pieces.next();
  async function* whole(): ByteStream {
    try {
      for (let piece = first; piece.done !== true; piece = await pieces.next()) yield piece.value;
    } finally {
      await pieces.return?.();
    }
  }
  const body = ReadableStream.from(whole());
  return new Response(body, { headers: { ...noStore, 'content-type': 'application/octet-stream' } });
}

function json(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { ...noStore, 'content-type': 'application/json' } });
}

function answer(context: Context, failure: Failure): Response {
  return context.json(failure, statuses[failure.kind], noStore);
}

function told(error: unknown, diagnostics: Diagnostics, path: string): Failure {
  const failure = failureOf(error);
  if (failure.kind === 'internal' || failure.kind === 'damaged')
    diagnostics.error('operation-failed', error, { path, code: failure.code });
  return failure;
}

/** The body as it comes from the socket: a web stream between would hold several times as much in memory. */
async function* bodyOf(context: Context): ByteStream {
  for await (const piece of context.env.incoming as AsyncIterable<Buffer>)
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
}

async function readSmall(body: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > inputBytesMax)
      throw new OperationError('invalid', 'too-large', `The input has more than ${inputBytesMax} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ProtocolError('malformed-json', 'the input of an operation is not JSON', { cause });
  }
}
