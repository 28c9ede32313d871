import { join, relative, resolve, sep } from 'node:path';
import { parseNodeUrl, type NodeName, type NodeUrl } from '../../protocol/ids.ts';
import { isAddressRange, isLoopback, type AddressRules } from '../platform/addresses.ts';
import type { Files } from '../platform/files.ts';
import { ConfigError } from './config-error.ts';
import { readConfigFile, readMailServer, type ConfigFile } from './config-file.ts';
import type { Environment } from './env.ts';
import { readSecret, readSecretFile, type Secret } from './secrets.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface S3Config {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
}

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly from: string;
  readonly login?: { readonly user: string; readonly password: Secret };
}

export type BackupsConfig = NonNullable<ConfigFile['backups']>;

/** What a node was told to be, checked as a whole; `node.ts` takes nothing else. */
export interface NodeConfig {
  readonly dataDirectory: string;
  readonly name: NodeName;
  readonly title: string;
  readonly url: NodeUrl;
  readonly exchange: ListenAddress;
  readonly desk: ListenAddress;
  readonly control: ListenAddress;
  readonly peerAddresses: AddressRules;
  /** CIDR ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  readonly logAccess: 'open' | 'peers';
  readonly rootKey: { readonly path: string; readonly passphrase?: Secret };
  readonly s3?: S3Config;
  readonly mail?: MailConfig;
  readonly backups?: BackupsConfig;
  readonly limits: Required<ConfigFile['limits']>;
  /** Where diagnostics go; stderr without it. */
  readonly diagnosticsFile?: string;
}

const portMax = 65_535;
const addressForm = /^(.+):([0-9]{1,5})$/;
export const defaultDataDirectory = 'fernpost-data';

/** `--data`, else FERNPOST_DATA, else a directory below the current one; absolute. */
export function dataDirectoryOf(option: string | undefined, environment: Environment): string {
  return resolve(option ?? environment.FERNPOST_DATA ?? defaultDataDirectory);
}

/** Joins `<data>/fernpost.json` with the environment, which wins, and refuses what contradicts itself. */
export async function loadConfig(dataDirectory: string, environment: Environment, files: Files): Promise<NodeConfig> {
  const file = await readConfigFile(dataDirectory, files);
  const passphrase = await readSecret('FERNPOST_ROOT_PASSPHRASE_FILE', environment, files);
  const s3 = await s3Of(file, environment, files);
  const mail = await mailOf(file, environment, files);
  const config: NodeConfig = {
    dataDirectory,
    name: file.name,
    title: file.title,
    url: environment.FERNPOST_URL === undefined ? file.url : urlOf(environment.FERNPOST_URL),
    exchange: listenOf('FERNPOST_EXCHANGE', environment) ?? file.exchange,
    desk: listenOf('FERNPOST_DESK', environment) ?? file.desk,
    control: listenOf('FERNPOST_CONTROL', environment) ?? file.control,
    peerAddresses: { allow: rangesOf('FERNPOST_PEER_ADDRESSES', environment) ?? file.peerAddresses },
    proxies: rangesOf('FERNPOST_PROXIES', environment) ?? file.proxies,
    logAccess: logAccessOf(environment) ?? file.logAccess,
    rootKey: {
      path: resolve(environment.FERNPOST_ROOT_KEY_FILE ?? file.rootKeyFile ?? join(dataDirectory, 'root.key')),
      ...(passphrase === undefined ? {} : { passphrase }),
    },
    ...(s3 === undefined ? {} : { s3 }),
    ...(mail === undefined ? {} : { mail }),
    ...backupsOf(file, environment),
    limits: file.limits,
    ...(environment.FERNPOST_DIAGNOSTICS_FILE === undefined
      ? {}
      : { diagnosticsFile: resolve(environment.FERNPOST_DIAGNOSTICS_FILE) }),
  };
  refuseContradictions(config);
  return config;
}

function refuseContradictions(config: NodeConfig): void {
  const { exchange, desk, control } = config;
  refuseBackups(config);
  if (!isLoopbackHost(control.host))
    throw contradiction(`"control" listens on ${control.host}: it has no sign-in and must stay on loopback`);
  const doors = [
    ['exchange', exchange],
    ['desk', desk],
    ['control', control],
  ] as const;
  for (const [index, [name, door]] of doors.entries())
    for (const [other, taken] of doors.slice(index + 1))
      if (
        door.port === taken.port &&
        door.port !== 0 &&
        (door.host === taken.host || isAny(door.host) || isAny(taken.host))
      )
        throw contradiction(`"${name}" and "${other}" listen on the same port ${door.port}: each door needs its own`);
}

function backupsOf(file: ConfigFile, environment: Environment): { readonly backups?: BackupsConfig } {
  const directory = environment.FERNPOST_BACKUP_DIRECTORY;
  if (directory === undefined) return file.backups === undefined ? {} : { backups: file.backups };
  const { everyHours = 24, keepDays = 35, files = 'copy' } = file.backups ?? {};
  return { backups: { directory: resolve(directory), everyHours, keepDays, files } };
}

function refuseBackups({ backups, dataDirectory, s3 }: NodeConfig): void {
  if (backups === undefined) return;
  const { directory, everyHours, keepDays, files } = backups;
  if (isInside(directory, dataDirectory) || isInside(dataDirectory, directory))
    throw contradiction(
      `"backups.directory" (${directory}) and the data directory lie in one another: take a directory on another disk`,
    );
  if (everyHours > keepDays * 24)
    throw contradiction(
      '"backups.keepDays" is shorter than "backups.everyHours": each backup would go before the next',
    );
  if (files === 'bucket' && s3 === undefined)
    throw contradiction('"backups.files" is bucket, but there is no "s3": use copy');
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`));
}

async function s3Of(file: ConfigFile, environment: Environment, files: Files): Promise<S3Config | undefined> {
  const endpoint = environment.FERNPOST_S3_ENDPOINT ?? file.s3?.endpoint;
  const bucket = environment.FERNPOST_S3_BUCKET ?? file.s3?.bucket;
  const { accessKeyIdFile, secretAccessKeyFile } = file.s3 ?? {};
  const accessKeyId =
    (await readSecret('FERNPOST_S3_ACCESS_KEY_ID_FILE', environment, files)) ??
    (await fileOf('"s3.accessKeyIdFile"', accessKeyIdFile, files));
  const secretAccessKey =
    (await readSecret('FERNPOST_S3_SECRET_ACCESS_KEY_FILE', environment, files)) ??
    (await fileOf('"s3.secretAccessKeyFile"', secretAccessKeyFile, files));
  if (endpoint === undefined && bucket === undefined) {
    if (accessKeyId !== undefined || secretAccessKey !== undefined)
      throw contradiction('there are keys for S3, but no "s3" with endpoint and bucket');
    return undefined;
  }
  if (endpoint === undefined || bucket === undefined) throw contradiction('"s3" needs both an endpoint and a bucket');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw contradiction(
      '"s3" needs FERNPOST_S3_ACCESS_KEY_ID and FERNPOST_S3_SECRET_ACCESS_KEY, their _FILE forms, or both files in "s3"',
    );
  const url = URL.parse(endpoint);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw contradiction('"s3.endpoint" must be an address that begins with https://');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && file.s3?.plainHttp !== true)
    throw contradiction('"s3.endpoint" is plain http to another machine: use https, or set "plainHttp": true');
  return {
    endpoint,
    bucket,
    region: environment.FERNPOST_S3_REGION ?? file.s3?.region ?? 'us-east-1',
    prefix: environment.FERNPOST_S3_PREFIX ?? file.s3?.prefix ?? '',
    accessKeyId,
    secretAccessKey,
  };
}

async function fileOf(named: string, path: string | undefined, files: Files): Promise<Secret | undefined> {
  return path === undefined ? undefined : await readSecretFile(named, path, files);
}

async function mailOf(file: ConfigFile, environment: Environment, files: Files): Promise<MailConfig | undefined> {
  const password = await readSecret('FERNPOST_SMTP_PASSWORD_FILE', environment, files);
  const mail = mailServerOf(file, environment);
  if (mail === undefined) {
    if (password !== undefined) throw contradiction('there is a password for SMTP, but no "mail"');
    return undefined;
  }
  const { host, port, tls, from, user } = mail;
  if ((user === undefined) !== (password === undefined))
    throw contradiction('"mail.user" and FERNPOST_SMTP_PASSWORD go together: give both or none');
  if (tls === 'none' && user !== undefined && !isLoopbackHost(host))
    throw contradiction('"mail.tls" is none, which would show the password on the network: use starttls');
  return {
    host,
    port,
    tls,
    from,
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
  };
}

/** `mail` of the file with what the environment says of it; without the file, host and sender are enough. */
function mailServerOf(file: ConfigFile, environment: Environment): ConfigFile['mail'] {
  const port = environment.FERNPOST_SMTP_PORT;
  const given = {
    ...file.mail,
    ...some('host', environment.FERNPOST_SMTP_HOST),
    ...some('port', port === undefined ? undefined : Number(port)),
    ...some('tls', environment.FERNPOST_SMTP_TLS),
    ...some('from', environment.FERNPOST_SMTP_FROM),
    ...some('user', environment.FERNPOST_SMTP_USER),
  };
  if (Object.keys(given).length === 0) return undefined;
  const read = readMailServer(given);
  if (read === undefined)
    throw contradiction(
      'FERNPOST_SMTP_HOST, _PORT, _TLS and _FROM together must name a mail server: host, port, starttls, implicit or none, and a sender',
    );
  return read;
}

function some<T>(name: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [name]: value };
}

function listenOf(name: 'FERNPOST_EXCHANGE' | 'FERNPOST_DESK' | 'FERNPOST_CONTROL', environment: Environment) {
  const text = environment[name];
  if (text === undefined) return undefined;
  const match = addressForm.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || !(port <= portMax))
    throw new ConfigError('malformed', `${name} is "${text}": expected host:port, such as 0.0.0.0:8443`);
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
}

function urlOf(text: string): NodeUrl {
  try {
    return parseNodeUrl(text);
  } catch (cause) {
    throw new ConfigError('malformed', `FERNPOST_URL is "${text}": expected https://host[:port], nothing after it`, {
      cause,
    });
  }
}

function rangesOf(
  name: 'FERNPOST_PEER_ADDRESSES' | 'FERNPOST_PROXIES',
  environment: Environment,
): readonly string[] | undefined {
  const ranges = environment[name]?.split(',').map((range) => range.trim());
  const wrong = ranges?.find((range) => !isAddressRange(range));
  if (wrong !== undefined)
    throw new ConfigError('malformed', `${name} has "${wrong}": expected ranges such as 10.20.0.0/16`);
  return ranges;
}

function logAccessOf(environment: Environment): 'open' | 'peers' | undefined {
  const text = environment.FERNPOST_LOG_ACCESS;
  if (text === undefined || text === 'open' || text === 'peers') return text;
  throw new ConfigError('malformed', `FERNPOST_LOG_ACCESS is "${text}": expected open or peers`);
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function contradiction(message: string): ConfigError {
  return new ConfigError('contradiction', message);
}
