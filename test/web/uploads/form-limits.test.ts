import { request } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deskLimits } from '../../../node/api/door-limits.ts';
import { listen, type Listening } from '../../../node/api/listen.ts';
import { OperationError } from '../../../node/platform/operation-error.ts';
import { systemClock } from '../../../node/platform/clock.ts';
import { multipartBytesMax, readMultipart } from '../../../node/web/http/multipart.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addPatient, ownHeaders } from './upload-support.ts';

const smallMax = 100_000;
const boundary = 'limit-of-a-form';
const head = (name: string): string =>
  `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: text/plain\r\n\r\n`;

/** A form with two files that has exactly `size` bytes. */
function formOf(size: number): Buffer {
  const around = `${head('a')}\r\n${head('b')}\r\n--${boundary}--\r\n`.length;
  const first = Math.floor((size - around) / 2);
  const second = size - around - first;
  return Buffer.from(`${head('a')}${'a'.repeat(first)}\r\n${head('b')}${'b'.repeat(second)}\r\n--${boundary}--\r\n`);
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Posts a form; without its size where `isChunked`, and only the beginning of what it says where `saying` is more. */
function post(
  url: string,
  body: Buffer,
  options: { readonly isChunked?: true; readonly saying?: number; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const length = options.isChunked === true ? {} : { 'content-length': String(options.saying ?? body.length) };
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, ...length, ...options.headers };
  const asked = request(url, { method: 'POST', headers }, (answer) => {
    let text = '';
    answer.on('data', (piece: Buffer) => (text += piece.toString()));
    answer.on('end', () => {
      resolve({ status: answer.statusCode, text });
      asked.destroy();
    });
  });
  asked.on('error', reject);
  if (options.saying === undefined) asked.end(body);
  else asked.write(body);
  return promise;
}

describe('all files of one form together', () => {
  let door: Listening;
  const taken: string[] = [];

  beforeAll(async () => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.post('/', async ({ env, text }) => {
      await readMultipart(
        env.incoming,
        async ({ name, bytes }) => {
          let size = 0;
          for await (const piece of bytes) size += piece.length;
          taken.push(`${name} ${size}`);
        },
        smallMax,
      );
      return text('taken');
    });
    app.onError((error, { text }) => text(error instanceof OperationError ? error.code : 'fault', 413));
    door = await listen(app, { host: '127.0.0.1', port: 0 }, systemClock, deskLimits);
  });
  afterAll(() => door[Symbol.asyncDispose]());

  test.each([
    ['said', {}],
    ['not said', { isChunked: true }],
  ] as const)('may have their limit, and not a byte more, where their size is %s', async (_, options) => {
    taken.length = 0;
    const url = `http://127.0.0.1:${door.port}/`;
    expect(await post(url, formOf(smallMax), options)).toEqual({ status: 200, text: 'taken' });
    expect(taken).toHaveLength(2);
    expect(await post(url, formOf(smallMax + 1), options)).toEqual({ status: 413, text: 'form-too-large' });
  });
});

describe('the form of a page', () => {
  let desks: TestDesks;
  let desk: TestDesk;
  beforeAll(async () => {
    desks = await openDesks();
    desk = desks.at('alder');
  });
  afterAll(() => desks[Symbol.asyncDispose]());

  test('that says too much is refused before it arrives, and says what to do', async () => {
    const nurse = await desk.client('nurse');
    const patient = await addPatient(desk);
    const shown = await nurse.get(`/patients/${patient}/uploads/new`);
    expect(shown.text).toContain('Each up to 64 MiB here, together 128 MiB');
    const action = /<form[^>]*action="([^"]*uploads\/new[^"]*)"/.exec(shown.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const headers = { ...ownHeaders(nurse), cookie: nurse.cookie(), connection: 'close' };
    const answer = await post(`${desk.origin}${action}`, Buffer.from(head('x')), {
      saying: multipartBytesMax + 1,
      headers,
    });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain('All files of one form together have at most 128 MiB. Nothing of it was kept');
    expect(answer.text).toContain('send them in several forms');
  });
});
