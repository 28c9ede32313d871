import { request as open, type IncomingMessage } from 'node:http';
import type { ByteStream } from './files.ts';

/** A request of the command line to a node on the same machine. */
export interface LoopbackRequest {
  readonly method: 'GET' | 'POST';
  /** `http://127.0.0.1:PORT/…` */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: ByteStream;
  /** Until the head of the answer; without it a long operation may take as long as it takes. */
  readonly timeoutMs?: number;
}

export interface LoopbackAnswer {
  readonly status: number;
  /** Fails with `LoopbackError` when the other side stops in the middle. */
  readonly body: ByteStream;
}

/** `refused`: nobody listens. `silent`: no answer in time. `broken-off`: it ended in the middle. */
export type LoopbackErrorCode = 'refused' | 'silent' | 'broken-off';

export class LoopbackError extends Error {
  override readonly name = 'LoopbackError';
  readonly code: LoopbackErrorCode;

  constructor(code: LoopbackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One request on a connection of its own. Bodies stream both ways; an answer before the body's end ends the sending. */
export async function requestLoopback(asked: LoopbackRequest): Promise<LoopbackAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = open(asked.url, { method: asked.method, headers: { ...asked.headers }, agent: false });
  request.on('response', resolve);
  request.on('error', (cause) => reject(loopbackErrorOf(cause)));
  if (asked.timeoutMs !== undefined)
    request.setTimeout(asked.timeoutMs, () => {
      reject(new LoopbackError('silent', 'the node does not answer'));
      request.destroy();
    });
  let answered = false;
  const sending = send(request, asked.body, () => answered);
  const answer = await Promise.race([promise, failureOf(sending, promise)]).catch((error: unknown) => {
    request.destroy();
    throw error;
  });
  answered = true;
  request.setTimeout(0);
  return { status: answer.statusCode ?? 0, body: bodyOf(answer, request) };
}

async function send(
  request: ReturnType<typeof open>,
  body: ByteStream | undefined,
  isAnswered: () => boolean,
): Promise<void> {
  if (body !== undefined)
    for await (const piece of body) {
      if (isAnswered() || request.destroyed) return;
      if (!request.write(piece)) await drained(request);
    }
  request.end();
}

/** Until more may be written, or nobody reads any more. */
function drained(request: ReturnType<typeof open>): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'response'] as const;
    const done = (): void => {
      for (const event of events) request.off(event, done);
      resolve();
    };
    for (const event of events) request.on(event, done);
  });
}

/** A body that cannot be read ends the request; a body that was sent leaves the word to the answer. */
async function failureOf(sending: Promise<void>, answer: Promise<IncomingMessage>): Promise<IncomingMessage> {
  await sending;
  return await answer;
}

async function* bodyOf(answer: IncomingMessage, request: ReturnType<typeof open>): ByteStream {
  try {
    for await (const piece of answer as AsyncIterable<Buffer>)
      yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
  } catch (cause) {
    throw new LoopbackError('broken-off', 'the node stopped in the middle of its answer', { cause });
  } finally {
    request.destroy();
  }
}

function loopbackErrorOf(cause: Error): LoopbackError {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'ECONNREFUSED') return new LoopbackError('refused', 'no node listens there', { cause });
  return new LoopbackError('broken-off', 'the connection to the node broke off', { cause });
}
