import { join } from 'node:path';
import * as v from 'valibot';
import { toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { messageRules, parseJson } from '../../protocol/json.ts';
import { FileError, type Files } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';

/** How the command line finds a running node and shows that it may: only who can read this file can speak to it. */
export interface Running {
  /** `http://127.0.0.1:PORT` of the control door. */
  readonly control: string;
  readonly token: string;
  readonly pid: number;
}

const fileName = 'running.json';
const fileBytesMax = 4096;
const tokenBytes = 32;
const schema = v.strictObject({
  v: v.literal(1),
  control: v.pipe(v.string(), v.regex(/^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):[0-9]{1,5}$/)),
  token: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

export function newControlToken(random: Random): string {
  return toBase64Url(random.bytes(tokenBytes));
}

/** Written with mode 0600 once the door listens. */
export async function writeRunning(dataDirectory: string, running: Running, files: Files): Promise<void> {
  await files.writeDurably(
    join(dataDirectory, fileName),
    utf8(`${JSON.stringify({ v: 1, ...running }, undefined, 2)}\n`),
  );
}

export async function removeRunning(dataDirectory: string, files: Files): Promise<void> {
  await files.remove(join(dataDirectory, fileName));
}

/**
 * `undefined` when no node says that it runs here. A file that a killed node left behind reads like any other: whoever
 * reads it asks the door, and a door that does not answer to the token is not there.
 */
export async function readRunning(dataDirectory: string, files: Files): Promise<Running | undefined> {
  try {
    const value = parseJson(await files.readWhole(join(dataDirectory, fileName), fileBytesMax), messageRules);
    const read = v.safeParse(schema, value);
    if (!read.success) return undefined;
    const { control, token, pid } = read.output;
    return { control, token, pid };
  } catch (error) {
    if (error instanceof FileError && error.code === 'missing') return undefined;
    if (error instanceof ProtocolError) return undefined; // Torn or foreign: the lock on the database decides.
    throw error;
  }
}
