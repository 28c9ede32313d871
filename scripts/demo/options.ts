import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DemoError } from './demo-error.ts';
import { basePortByDefault, basePortMax } from './free-ports.ts';

/** A cloud storage server and the keys to it. */
export interface S3Access {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Wish =
  | { readonly kind: 'help' }
  | { readonly kind: 'once'; readonly s3: S3Access | undefined }
  | {
      readonly kind: 'stay';
      readonly root: string;
      /** `undefined` when it was not told: a demo that exists keeps its own. */
      readonly basePort: number | undefined;
      readonly s3: S3Access | undefined;
    };

export const usage = `usage: npm run demo -- [options]

Three hospitals on this machine, paired, with invented patients; Ctrl-C stops them.

  --once             play one referral with an X-ray, verify everything, and exit
                     with 0 or 1; in a directory of its own, beside any other demo
  --data DIR         where the hospitals live (.demo); they are there again next time
  --port N           Alder's exchange N, desk N+1, control N+2; Birch and Cedar 10
                     and 20, the police mailbox 30 and 31 further on (${basePortByDefault})
  --s3 URL           attachments in cloud storage, a bucket for each hospital
  --s3-access-key K  keys to it; or FERNPOST_S3_ACCESS_KEY_ID and
  --s3-secret-key K  FERNPOST_S3_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and
                     AWS_SECRET_ACCESS_KEY
  --help`;

type Variables = Readonly<Record<string, string | undefined>>;

export function readWish(given: readonly string[], variables: Variables): Wish {
  const values = read(given);
  if (values.help === true) return { kind: 'help' };
  const s3 = s3Of(values, variables);
  if (values.once !== true)
    return { kind: 'stay', root: resolve(values.data ?? '.demo'), basePort: portOf(values.port), s3 };
  if (values.data !== undefined || values.port !== undefined)
    throw wrong('--once has a directory and ports of its own: leave --data and --port out.');
  return { kind: 'once', s3 };
}

type Values = ReturnType<typeof read>;

function read(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      options: {
        help: { type: 'boolean', short: 'h' },
        once: { type: 'boolean' },
        data: { type: 'string' },
        port: { type: 'string' },
        s3: { type: 'string' },
        's3-access-key': { type: 'string' },
        's3-secret-key': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw wrong(error instanceof Error ? (error.message.split('. ')[0] ?? '') : '');
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port >= 1 && port <= basePortMax) return port;
  throw wrong(`--port expects a number from 1 to ${basePortMax}.`);
}

function s3Of(values: Values, variables: Variables): S3Access | undefined {
  const accessKeyId =
    values['s3-access-key'] ?? variables['FERNPOST_S3_ACCESS_KEY_ID'] ?? variables['AWS_ACCESS_KEY_ID'];
  const secretAccessKey =
    values['s3-secret-key'] ?? variables['FERNPOST_S3_SECRET_ACCESS_KEY'] ?? variables['AWS_SECRET_ACCESS_KEY'];
  if (values.s3 === undefined) {
    if (values['s3-access-key'] === undefined && values['s3-secret-key'] === undefined) return undefined;
    throw wrong('There are keys for cloud storage and no --s3 URL.');
  }
  if (!/^https?:\/\//.test(values.s3) || !URL.canParse(values.s3))
    throw wrong('--s3 expects an address such as http://127.0.0.1:9000.');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw wrong('--s3 needs both keys: --s3-access-key and --s3-secret-key, or their variables.');
  return { endpoint: values.s3, accessKeyId, secretAccessKey };
}

function wrong(message: string): DemoError {
  return new DemoError(`${message}\n\n${usage}`);
}
