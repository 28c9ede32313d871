import * as v from 'valibot';
import type { NodeConfig } from '../config/config.ts';
import { concat, parseUtf8, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { failureKinds, ToldFailure } from '../operations/failure.ts';
import { readRunning, type Running } from '../operations/running-file.ts';
import type { ByteStream, Files } from '../platform/files.ts';
import { streamOnce } from '../platform/files.ts';
import { LoopbackError, requestLoopback, type LoopbackAnswer } from '../platform/loopback-http.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Session } from './session.ts';

const greetingTimeoutMs = 5_000;
const inputHeaderLettersMax = 12 * 1024;
const answerBytesMax = 512 * 1024 * 1024;
const greeting = v.object({ node: v.string() });
const failureForm = v.object({ kind: v.picklist(failureKinds), code: v.string(), message: v.string() });

/**
 * The running node of this data directory, `undefined` when none runs: nobody listens where the file says, or whoever
 * listens there does not know the token, because the node was killed and another program took its port.
 */
export async function findRunningNode(config: NodeConfig, files: Files): Promise<Session | undefined> {
  const running = await readRunning(config.dataDirectory, files);
  if (running === undefined) return undefined;
  try {
    const answer = await requestLoopback({
      method: 'GET',
      url: `${running.control}/control/v1`,
      headers: bearer(running),
      timeoutMs: greetingTimeoutMs,
    });
    const body = await readWhole(answer.body);
    if (answer.status !== 200 || !isGreeting(body, config.name)) return undefined;
  } catch (error) {
    if (!(error instanceof LoopbackError)) throw error;
    if (error.code !== 'silent') return undefined;
    throw new OperationError(
      'unavailable',
      'node-silent',
      `A node runs here (process ${running.pid}) and does not answer. Nothing was done. Try again, or restart it.`,
      { cause: error },
    );
  }
  return sessionOf(running);
}

function sessionOf(running: Running): Session {
  const call = async (name: string, headers: Readonly<Record<string, string>>, body: ByteStream) => {
    const url = `${running.control}/control/v1/${name}`;
    const answer = await requestLoopback({ method: 'POST', url, headers: { ...bearer(running), ...headers }, body });
    if (answer.status !== 200) throw await failureIn(answer);
    return answer;
  };
  const inputOf = (input: unknown): ByteStream => streamOnce(utf8(JSON.stringify(input)));
  return {
    running: true,
    plain: async (name, input) => readJson(await told(call(name, {}, inputOf(input)))),
    upload: async (name, input, bytes) => {
      const header = toBase64Url(utf8(JSON.stringify(input)));
      if (header.length > inputHeaderLettersMax)
        throw new OperationError('invalid', 'too-large', 'These options are too long. Nothing was done.');
      return await readJson(await told(call(name, { 'fernpost-input': header }, bytes)));
    },
    download: async function* (name, input) {
      const answer = await told(call(name, {}, inputOf(input)));
      yield* toldStream(answer.body);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The node is the same program: what it answers to an operation is what the table says. */
async function readJson<Output>(answer: LoopbackAnswer): Promise<Output> {
  return JSON.parse(parseUtf8(await told(readWhole(answer.body)))) as Output;
}

async function failureIn(answer: LoopbackAnswer): Promise<Error> {
  const text = new TextDecoder().decode(await readWhole(answer.body));
  const read = v.safeParse(failureForm, jsonOf(text));
  if (read.success) return new ToldFailure(read.output);
  return new OperationError('unavailable', 'node-unclear', `The node answered ${answer.status} and nothing else.`);
}

function isGreeting(body: Uint8Array, name: string): boolean {
  const read = v.safeParse(greeting, jsonOf(new TextDecoder().decode(body)));
  return read.success && read.output.node === name;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not our node, or not whole: told as what it is by who asked.
  }
}

async function readWhole(body: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > answerBytesMax)
      throw new OperationError('unavailable', 'too-large', 'The answer of the node is too long.');
    pieces.push(piece);
  }
  return concat(...pieces);
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof LoopbackError ? brokenOff(cause) : cause;
  }
}

async function* toldStream(body: ByteStream): ByteStream {
  try {
    yield* body;
  } catch (cause) {
    throw cause instanceof LoopbackError ? brokenOff(cause) : cause;
  }
}

function brokenOff(cause: LoopbackError): OperationError {
  return new OperationError(
    'unavailable',
    'node-stopped',
    'The node stopped in the middle of this. What it acknowledged is stored. Look whether it runs and at its diagnostics, then ask again.',
    { cause },
  );
}

function bearer(running: Running): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${running.token}` };
}
