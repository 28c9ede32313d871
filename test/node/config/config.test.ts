import { chmodSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { dataDirectoryOf, loadConfig, type NodeConfig } from '../../../node/config/config.ts';
import { writeConfigFile } from '../../../node/config/config-file.ts';
import { readEnvironment, type Environment } from '../../../node/config/env.ts';
import { Secret } from '../../../node/config/secrets.ts';
import { systemFiles as files } from '../../../node/platform/system-files.ts';
import { testDirectory } from '../../support/test-directory.ts';

const alder = {
  v: 1,
  name: 'alder.example',
  title: 'St. Alder Hospital',
  url: 'https://alder.example',
  exchange: { host: '0.0.0.0', port: 8443 },
  desk: { host: '127.0.0.1', port: 8080 },
};
const s3 = { endpoint: 'https://s3.example', bucket: 'alder' };
const s3Keys: Environment = { FERNPOST_S3_ACCESS_KEY_ID: 'id', FERNPOST_S3_SECRET_ACCESS_KEY: 'canary-secret' };
const mail = { host: 'mail.example', port: 587, from: 'alder@hospital.example' };

async function load(file: unknown, environment: Environment = {}): Promise<NodeConfig> {
  using directory = testDirectory();
  writeFileSync(directory.file('fernpost.json'), typeof file === 'string' ? file : JSON.stringify(file));
  return await loadConfig(directory.path, environment, files);
}

test('a short file is enough: the rest is strict by default', async () => {
  const config = await load(alder);
  expect(config).toMatchObject({
    name: 'alder.example',
    control: { host: '127.0.0.1', port: 0 },
    peerAddresses: { allow: [] },
    proxies: [],
    logAccess: 'peers',
    limits: { bytesADay: 64 * 1024 ** 3, leavesADay: 20_000, peers: {}, ballastBytes: 64 * 1024 ** 2 },
  });
  expect(config.rootKey.path).toBe(`${config.dataDirectory}/root.key`);
  expect([config.s3, config.mail]).toEqual([undefined, undefined]);
});

test('the environment wins over the file', async () => {
  const config = await load(
    { ...alder, s3 },
    {
      ...s3Keys,
      FERNPOST_URL: 'https://new.example:8443',
      FERNPOST_EXCHANGE: '[::]:9443',
      FERNPOST_DESK: '0.0.0.0:9080',
      FERNPOST_PEER_ADDRESSES: '10.0.0.0/8, fd00::/8',
      FERNPOST_PROXIES: '127.0.0.1/32',
      FERNPOST_LOG_ACCESS: 'open',
      FERNPOST_S3_BUCKET: 'other',
      FERNPOST_ROOT_KEY_FILE: '/keys/root.key',
    },
  );
  expect(config).toMatchObject({
    url: 'https://new.example:8443',
    exchange: { host: '::', port: 9443 },
    desk: { host: '0.0.0.0', port: 9080 },
    peerAddresses: { allow: ['10.0.0.0/8', 'fd00::/8'] },
    proxies: ['127.0.0.1/32'],
    logAccess: 'open',
    s3: { bucket: 'other', endpoint: 'https://s3.example', prefix: '' },
    rootKey: { path: '/keys/root.key' },
  });
});

describe('refused with one message that names the setting:', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['not JSON', '{"v":1', 'malformed', /not JSON/],
    ['an empty file', '', 'malformed', /not JSON/],
    ['not an object', '"text"', 'malformed', /the file/],
    ['a name twice', '{"v":1,"v":1}', 'malformed', /not JSON/],
    ['another version', { ...alder, v: 2 }, 'malformed', /"v"/],
    ['an unknown setting', { ...alder, exchnage: 1 }, 'malformed', /"exchnage" is not a setting/],
    ['a missing setting', { ...alder, title: undefined }, 'malformed', /"title" is missing/],
    ['a bad name', { ...alder, name: 'Alder' }, 'malformed', /"name".*alder\.example/],
    ['a url with a path', { ...alder, url: 'https://alder.example/x' }, 'malformed', /"url"/],
    ['a url of plain http', { ...alder, url: 'http://alder.example' }, 'malformed', /"url"/],
    ['a title of two lines', { ...alder, title: 'a\nb' }, 'malformed', /"title"/],
    ['a title that turns direction', { ...alder, title: 'a\u202Eb' }, 'malformed', /"title"/],
    ['a title too long', { ...alder, title: 'x'.repeat(101) }, 'malformed', /"title"/],
    ['a port out of range', { ...alder, desk: { host: 'x', port: 65_536 } }, 'malformed', /"desk\.port"/],
    ['a range in another spelling', { ...alder, peerAddresses: ['10.0.0.1/8'] }, 'malformed', /"peerAddresses\.0"/],
    ['a relative key file', { ...alder, rootKeyFile: 'root.key' }, 'malformed', /"rootKeyFile"/],
    [
      'a limit of a peer that is no name',
      { ...alder, limits: { peers: { Birch: {} } } },
      'malformed',
      /"limits\.peers/,
    ],
    [
      'a limit of a peer of nothing',
      { ...alder, limits: { peers: { 'birch.example': { bytesADay: 0 } } } },
      'malformed',
      /bytesADay/,
    ],
    ['a limit of nothing', { ...alder, limits: { leavesADay: 0 } }, 'malformed', /"limits\.leavesADay"/],
    ['two doors on one port', { ...alder, desk: alder.exchange }, 'contradiction', /"exchange" and "desk"/],
    ['control on the network', { ...alder, control: { host: '0.0.0.0', port: 1 } }, 'contradiction', /"control"/],
    ['S3 without keys', { ...alder, s3 }, 'contradiction', /FERNPOST_S3_ACCESS_KEY_ID/],
    ['a user without password', { ...alder, mail: { ...mail, user: 'u' } }, 'contradiction', /mail\.user/],
  ])('%s', async (_, file, code, message) => {
    const error: unknown = await load(file).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'ConfigError', code });
    expect(String(error)).toMatch(message);
    expect(String(error).split('\n')).toHaveLength(1);
  });

  test.each<[string, unknown, Environment, RegExp]>([
    ['keys without S3', alder, s3Keys, /no "s3"/],
    ['S3 over plain http', { ...alder, s3: { ...s3, endpoint: 'http://s3.example' } }, s3Keys, /plain http/],
    ['a password without mail', alder, { FERNPOST_SMTP_PASSWORD: 'x' }, /no "mail"/],
    ['a password without user', { ...alder, mail }, { FERNPOST_SMTP_PASSWORD: 'x' }, /mail\.user/],
    [
      'a password in the clear',
      { ...alder, mail: { ...mail, user: 'u', tls: 'none' } },
      { FERNPOST_SMTP_PASSWORD: 'x' },
      /starttls/,
    ],
    ['a secret told twice', alder, { FERNPOST_SMTP_PASSWORD: 'x', FERNPOST_SMTP_PASSWORD_FILE: '/y' }, /both set/],
    [
      'a secret file that is not there',
      alder,
      { FERNPOST_SMTP_PASSWORD_FILE: '/none/x' },
      /FERNPOST_SMTP_PASSWORD_FILE/,
    ],
    ['half a mail server', alder, { FERNPOST_SMTP_HOST: 'mail.example' }, /FERNPOST_SMTP_HOST/],
    ['a mail server on a wrong port', { ...alder, mail }, { FERNPOST_SMTP_PORT: '25x' }, /_PORT/],
    ['a door without port', alder, { FERNPOST_DESK: 'localhost' }, /FERNPOST_DESK/],
    ['a door with a wrong port', alder, { FERNPOST_DESK: 'localhost:99999' }, /FERNPOST_DESK/],
    ['a bad url', alder, { FERNPOST_URL: 'alder' }, /FERNPOST_URL/],
    ['a bad range', alder, { FERNPOST_PEER_ADDRESSES: '10.0.0.0/8,x' }, /FERNPOST_PEER_ADDRESSES/],
    ['a bad range of proxies', alder, { FERNPOST_PROXIES: 'localhost' }, /FERNPOST_PROXIES/],
    ['another log access', alder, { FERNPOST_LOG_ACCESS: 'all' }, /FERNPOST_LOG_ACCESS/],
  ])('%s', async (_, file, environment, message) => {
    const error: unknown = await load(file, environment).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'ConfigError' });
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('canary-secret');
  });

  test('a directory without a node', async () => {
    using directory = testDirectory();
    await expect(loadConfig(directory.path, {}, files)).rejects.toMatchObject({ code: 'missing' });
  });
});

test('plain http to S3 is taken on loopback, and elsewhere only when the file says so', async () => {
  const local = await load({ ...alder, s3: { ...s3, endpoint: 'http://127.0.0.1:9000' } }, s3Keys);
  expect(local.s3?.endpoint).toBe('http://127.0.0.1:9000');
  const told = await load({ ...alder, s3: { ...s3, endpoint: 'http://s3:9000', plainHttp: true } }, s3Keys);
  expect(told.s3?.bucket).toBe('alder');
});

test('a secret is read from a variable or a file, and shows itself nowhere', async () => {
  using directory = testDirectory();
  writeFileSync(directory.file('password'), 'canary-pass\n');
  chmodSync(directory.file('password'), 0o600);
  const config = await load(
    { ...alder, s3, mail: { ...mail, user: 'alder' } },
    { ...s3Keys, FERNPOST_SMTP_PASSWORD_FILE: directory.file('password') },
  );
  expect(config.mail?.login?.password.reveal()).toBe('canary-pass');
  expect(config.s3?.secretAccessKey.reveal()).toBe('canary-secret');
  for (const shown of [
    JSON.stringify(config),
    inspect(config, { depth: 9, showHidden: true }),
    String(config.s3?.secretAccessKey),
  ])
    expect(shown).not.toMatch(/canary/);
  expect(String(new Secret('x'))).toBe('[secret]');
});

test('the configuration may name the files of the S3 keys, and the environment wins over them', async () => {
  using directory = testDirectory();
  const named = { ...s3, accessKeyIdFile: directory.file('id'), secretAccessKeyFile: directory.file('secret') };
  await expect(load({ ...alder, s3: named })).rejects.toThrow(/"s3.accessKeyIdFile"/);
  for (const name of ['id', 'secret']) writeFileSync(directory.file(name), `file-${name}\n`, { mode: 0o600 });
  const config = await load({ ...alder, s3: named });
  expect([config.s3?.accessKeyId.reveal(), config.s3?.secretAccessKey.reveal()]).toEqual(['file-id', 'file-secret']);
  const told = await load({ ...alder, s3: named }, s3Keys);
  expect([told.s3?.accessKeyId.reveal(), told.s3?.secretAccessKey.reveal()]).toEqual(['id', 'canary-secret']);
});

test('init writes a file that loads, and never over another', async () => {
  using directory = testDirectory();
  await writeConfigFile(directory.path, { ...alder, v: 1 }, files);
  expect((await loadConfig(directory.path, {}, files)).title).toBe('St. Alder Hospital');
  await expect(writeConfigFile(directory.path, { ...alder, v: 1 }, files)).rejects.toMatchObject({
    code: 'exists',
  });
  await expect(writeConfigFile(directory.file('x'), { ...alder, v: 1, name: 'A' }, files)).rejects.toMatchObject({
    code: 'malformed',
  });
});

test('the environment is read by name, and an empty variable counts as none', () => {
  expect(readEnvironment({ FERNPOST_URL: 'x', FERNPOST_DATA: '', HOME: '/root' })).toEqual({ FERNPOST_URL: 'x' });
  expect(dataDirectoryOf(undefined, { FERNPOST_DATA: '/srv/alder' })).toBe('/srv/alder');
  expect(dataDirectoryOf('/srv/birch', { FERNPOST_DATA: '/srv/alder' })).toBe('/srv/birch');
});

test('a mail server may be named by the environment alone, and wins over the file', async () => {
  const told = {
    FERNPOST_SMTP_HOST: '127.0.0.1',
    FERNPOST_SMTP_PORT: '1025',
    FERNPOST_SMTP_FROM: 'node@alder.example',
  };
  const whole = await load(alder, { ...told, FERNPOST_SMTP_TLS: 'none' });
  expect(whole.mail).toEqual({ host: '127.0.0.1', port: 1025, tls: 'none', from: 'node@alder.example' });
  expect((await load({ ...alder, mail }, { FERNPOST_SMTP_PORT: '2525' })).mail).toMatchObject({ ...mail, port: 2525 });
});

describe('backups', () => {
  const backups = { directory: '/mnt/backup/fernpost' };

  test('are made daily and kept for 35 days where nothing else is said', async () => {
    expect((await load({ ...alder, backups })).backups).toEqual({
      ...backups,
      everyHours: 24,
      keepDays: 35,
      files: 'copy',
    });
    expect((await load(alder)).backups).toBeUndefined();
    expect((await load(alder, { FERNPOST_BACKUP_DIRECTORY: '/elsewhere' })).backups).toMatchObject({
      directory: '/elsewhere',
      everyHours: 24,
    });
  });

  test.each([
    ['every hour', { everyHours: 1 }, true],
    ['every week', { everyHours: 168 }, true],
    ['less than weekly', { everyHours: 169 }, false],
    ['never', { everyHours: 0 }, false],
    ['kept for a day', { keepDays: 1 }, true],
    ['kept for 35 days', { keepDays: 35 }, true],
    ['kept for longer', { keepDays: 36 }, false],
    ['kept as long as the next takes', { everyHours: 48, keepDays: 2 }, true],
    ['gone before the next', { everyHours: 49, keepDays: 2 }, false],
    ['without files that no bucket has', { files: 'bucket' }, false],
    ['in a relative place', { directory: 'backup' }, false],
  ])('%s', async (_, more, holds) => {
    const loaded = load({ ...alder, backups: { ...backups, ...more } });
    if (holds) await expect(loaded).resolves.toBeDefined();
    else await expect(loaded).rejects.toMatchObject({ name: 'ConfigError' });
  });

  test.each([
    ['inside the data directory', (data: string) => `${data}/backups`, false],
    ['the data directory itself', (data: string) => data, false],
    ['around the data directory', (data: string) => dirname(data), false],
    ['beside the data directory', (data: string) => `${data}-backups`, true],
  ])('%s', async (_, place, holds) => {
    using directory = testDirectory();
    const file = { ...alder, backups: { directory: place(directory.path) } };
    writeFileSync(directory.file('fernpost.json'), JSON.stringify(file));
    const loaded = loadConfig(directory.path, {}, files);
    if (holds) await expect(loaded).resolves.toBeDefined();
    else await expect(loaded).rejects.toMatchObject({ code: 'contradiction' });
  });
});
