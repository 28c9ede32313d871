import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DemoError } from '../../scripts/demo/demo-error.ts';
import { mailboxPortsFrom, portsFrom } from '../../scripts/demo/free-ports.ts';
import { shellWord } from '../../scripts/demo/hospitals.ts';
import { readWish } from '../../scripts/demo/options.ts';
import { commandLines } from '../../scripts/demo/screen.ts';

const keys = { accessKeyId: 'id', secretAccessKey: 'secret' };
const endpoint = 'http://127.0.0.1:9000';

describe('the command line of the demo', () => {
  test.each([
    ['nothing', [], {}, { kind: 'stay', root: resolve('.demo'), basePort: undefined, s3: undefined }],
    ['a place', ['--data', '/x', '--port', '9000'], {}, { kind: 'stay', root: '/x', basePort: 9000, s3: undefined }],
    ['one play', ['--once'], {}, { kind: 'once', s3: undefined }],
    [
      'keys as options',
      ['--once', '--s3', endpoint, '--s3-access-key', 'id', '--s3-secret-key', 'secret'],
      {},
      { kind: 'once', s3: { endpoint, ...keys } },
    ],
    [
      'keys as variables',
      ['--once', '--s3', endpoint],
      { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
      { kind: 'once', s3: { endpoint, ...keys } },
    ],
    ['keys that nobody needs', ['--once'], { AWS_ACCESS_KEY_ID: 'id' }, { kind: 'once', s3: undefined }],
  ])('understands %s', (_, given, variables, wish) => {
    expect(readWish(given, variables)).toEqual(wish);
  });

  test.each([
    ['an option that it does not know', ['--twice'], /--twice/],
    ['a word', ['alder'], /alder/],
    ['--once with a place', ['--once', '--data', 'x'], /leave --data and --port out/],
    ['port 0', ['--port', '0'], /from 1 to 65504/],
    ['the first port that is too high', ['--port', '65505'], /from 1 to 65504/],
    ['storage without keys', ['--s3', endpoint], /needs both keys/],
    ['keys without storage', ['--s3-access-key', 'id'], /no --s3 URL/],
    ['storage that is no address', ['--s3', 'ceph'], /expects an address/],
  ])('refuses %s', (_, given, message) => {
    expect(() => readWish(given, {})).toThrow(DemoError);
    expect(() => readWish(given, {})).toThrow(message);
  });
});

test('the highest port still leaves room for all eleven', () => {
  expect(portsFrom(65_504).at(-1)).toEqual({ exchange: 65_524, desk: 65_525, control: 65_526 });
  expect(mailboxPortsFrom(65_504)).toEqual({ smtpPort: 65_534, pagePort: 65_535 });
});

test('a long command is broken between words, never inside quotes', () => {
  expect(commandLines("send --reason 'Chest pain of unknown origin' --to birch", 34)).toEqual([
    'send --reason \\',
    "  'Chest pain of unknown origin' \\",
    '  --to birch',
  ]);
  expect(commandLines('kill 1', 80)).toEqual(['kill 1']);
});

test.each([
  ['.demo/birch', '.demo/birch'],
  ['my demo', "'my demo'"],
  ["Anne's", `'Anne'\\''s'`],
])('%s is written for a shell', (text, word) => {
  expect(shellWord(text)).toBe(word);
});
