import { isAbsolute, join } from 'node:path';
import * as v from 'valibot';
import { utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseNodeName, parseNodeUrl, type NodeName, type NodeUrl } from '../../protocol/ids.ts';
import { messageRules, parseJson } from '../../protocol/json.ts';
import { isAddressRange } from '../platform/addresses.ts';
import { FileError, type Files } from '../platform/files.ts';
import { ConfigError } from './config-error.ts';

export const configFileName = 'fernpost.json';
export const configBytesMax = 64 * 1024;
const titleLettersMax = 100;
const rangesMax = 64;
const portMax = 65_535;
const bytesADayMax = 2 ** 50;
const leavesADayMax = 10_000_000;
const backupHoursMax = 7 * 24;
const backupDaysMax = 35;

/** Text of at most `max` letters without control and bidi characters. */
const line = (max: number) =>
  v.pipe(
    v.string(),
    v.nonEmpty('must not be empty'),
    v.maxLength(max, `has more than ${max} letters`),
    v.regex(/^[^\p{Cc}\p{Cf}]+$/u, 'has control characters'),
  );
const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(portMax));
const listen = v.strictObject({ host: line(253), port });
const ranges = v.pipe(
  v.array(v.pipe(v.string(), v.check(isAddressRange, 'expected a range such as 10.20.0.0/16'))),
  v.maxLength(rangesMax),
);
const absolutePath = v.pipe(v.string(), v.check(isAbsolute, 'expected an absolute path'));

const peerLimits = v.strictObject({
  bytesADay: v.optional(count(bytesADayMax)),
  leavesADay: v.optional(count(leavesADayMax)),
});

const mailServer = v.strictObject({
  host: line(253),
  port: count(portMax),
  tls: v.optional(v.picklist(['starttls', 'implicit', 'none']), 'starttls'),
  from: line(254),
  user: v.optional(line(254)),
});

const fileSchema = v.strictObject({
  v: v.literal(1),
  name: v.pipe(v.string(), v.check(reads(parseNodeName), 'expected a name such as alder.example')),
  title: line(titleLettersMax),
  url: v.pipe(v.string(), v.check(reads(parseNodeUrl), 'expected https://host[:port], lower case, nothing after it')),
  /** The door for peers and auditors: the only one that faces the internet. */
  exchange: listen,
  /** The door for people and the hospital's own systems. */
  desk: listen,
  /** Health, metrics and the command line's door, on loopback; port 0 takes any free one. */
  control: v.optional(listen, { host: '127.0.0.1', port: 0 }),
  /** CIDR ranges beside the public internet where peers may be; strict without them. */
  peerAddresses: v.optional(ranges, []),
  /** CIDR ranges of our own reverse proxies: what they say of whom they speak for is believed. */
  proxies: v.optional(ranges, []),
  logAccess: v.optional(v.picklist(['open', 'peers']), 'peers'),
  rootKeyFile: v.optional(absolutePath),
  s3: v.optional(
    v.strictObject({
      endpoint: v.pipe(v.string(), v.url()),
      region: v.optional(line(64), 'us-east-1'),
      bucket: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket')),
      prefix: v.optional(v.pipe(v.string(), v.regex(/^(?:[a-z0-9][a-z0-9._-]*\/)*$/, 'expected name/ or nothing')), ''),
      plainHttp: v.optional(v.boolean(), false),
      /** Files with the two keys, where the environment names none; never the keys themselves. */
      accessKeyIdFile: v.optional(absolutePath),
      secretAccessKeyFile: v.optional(absolutePath),
    }),
  ),
  mail: v.optional(mailServer),
  /** Backups by themselves, and where they lie (Node §12.7). */
  backups: v.optional(
    v.strictObject({
      directory: absolutePath,
      everyHours: v.optional(count(backupHoursMax), 24),
      /** No longer: what was erased here must not stay readable there. */
      keepDays: v.optional(count(backupDaysMax), backupDaysMax),
      /** `bucket` leaves out files that the bucket has, as it was read back. */
      files: v.optional(v.picklist(['copy', 'bucket']), 'copy'),
    }),
  ),
  limits: v.optional(
    v.strictObject({
      /** For each peer; Node §6. */
      bytesADay: v.optional(count(bytesADayMax), 64 * 1024 ** 3),
      leavesADay: v.optional(count(leavesADayMax), 20_000),
      /** For single peers, by name. */
      peers: v.optional(
        v.record(v.pipe(v.string(), v.check(reads(parseNodeName), 'expected the name of a peer')), peerLimits),
        {},
      ),
      bundleBytesMax: v.optional(count(2 ** 50), 85_899_345_920),
      ballastBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 40)), 64 * 1024 ** 2),
    }),
    {},
  ),
});

type Parsed = v.InferOutput<typeof fileSchema>;
/** What `fernpost.json` says; every default is filled in. */
export type ConfigFile = Omit<Parsed, 'name' | 'url'> & { readonly name: NodeName; readonly url: NodeUrl };
/** What `init` writes. */
export type ConfigFileInput = v.InferInput<typeof fileSchema>;

/** `undefined` for what does not name a mail server as `mail` in the file does. */
export function readMailServer(value: unknown): v.InferOutput<typeof mailServer> | undefined {
  const read = v.safeParse(mailServer, value);
  return read.success ? read.output : undefined;
}

/** Reads `<data>/fernpost.json`; one message names the first thing that is wrong and how it should be. */
export async function readConfigFile(dataDirectory: string, files: Files): Promise<ConfigFile> {
  const path = join(dataDirectory, configFileName);
  let bytes: Uint8Array;
  try {
    bytes = await files.readWhole(path, configBytesMax);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    if (cause.code === 'missing')
      throw new ConfigError('missing', `there is no node in ${dataDirectory}: run "fernpost init", or give --data`, {
        cause,
      });
    throw new ConfigError('unreadable', cause.message, { cause });
  }
  return parseConfigFile(bytes, path);
}

export function parseConfigFile(bytes: Uint8Array, path: string): ConfigFile {
  let value: unknown;
  try {
    value = parseJson(bytes, { ...messageRules, bytesMax: configBytesMax });
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new ConfigError('malformed', `${path} is not JSON (${cause.message}): correct it, nothing was started`, {
      cause,
    });
  }
  const result = v.safeParse(fileSchema, value);
  if (!result.success) throw malformed(path, result.issues[0]);
  const { name, url, ...rest } = result.output;
  return { ...rest, name: parseNodeName(name), url: parseNodeUrl(url) };
}

/** Writes a new node's file; what could not be read back is not written. */
export async function writeConfigFile(
  dataDirectory: string,
  input: ConfigFileInput,
  files: Files,
): Promise<ConfigFile> {
  const path = join(dataDirectory, configFileName);
  const bytes = utf8(`${JSON.stringify(input, undefined, 2)}\n`);
  const parsed = parseConfigFile(bytes, path);
  if ((await files.size(path)) !== undefined)
    throw new ConfigError('exists', `${path} exists already: this directory has a node. Nothing was changed`);
  await files.writeDurably(path, bytes);
  return parsed;
}

function malformed(path: string, issue: v.BaseIssue<unknown>): ConfigError {
  const where = v.getDotPath(issue);
  const what = whatIsWrong(issue);
  return new ConfigError('malformed', `${path}: ${where === null ? 'the file' : `"${where}"`} ${what}`);
}

function whatIsWrong(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is not a setting that we know';
  if (issue.type === 'strict_object' && issue.received === 'undefined') return 'is missing';
  return issue.message;
}

function reads(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw error;
    }
  };
}
