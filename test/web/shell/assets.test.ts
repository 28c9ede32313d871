import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readPageFiles } from '../../../node/platform/page-files.ts';
import { nameAssets } from '../../../node/web/assets.ts';
import { utf8 } from '../../../protocol/bytes.ts';

const file = (name: string, text: string) => ({ name, bytes: utf8(text) });
const hashed = /^\/assets\/[a-z0-9-]+-[0-9a-f]{16}\.(?:js|css)$/;

test('a module is named by what it holds, and by what it imports holds', () => {
  const first = nameAssets([file('a.js', "import { b } from './b.js';\nb();"), file('b.js', 'export function b() {}')]);
  const second = nameAssets([
    file('a.js', "import { b } from './b.js';\nb();"),
    file('b.js', 'export function b() { return 2; }'),
  ]);
  expect(first.script('a')).toMatch(hashed);
  expect(first.script('a')).not.toBe(second.script('a'));
  const text = Buffer.from(first.all.find(({ name }) => name.startsWith('a-'))?.bytes ?? []).toString();
  expect(text).toContain(`from '${first.script('b')}'`);
});

test.each([
  ['a module that is not there', [file('a.js', "import './b.js';")]],
  ['modules in a circle', [file('a.js', "import './b.js';"), file('b.js', "import './a.js';")]],
])('%s is found out at start', (_, files) => {
  expect(() => nameAssets(files)).toThrow(TypeError);
});

test('a worker that a module starts is named as well', () => {
  const assets = nameAssets([
    file('a.js', "new SharedWorker(new URL('./w.js', import.meta.url));"),
    file('w.js', '1;'),
  ]);
  const text = Buffer.from(assets.all.find(({ name }) => name.startsWith('a-'))?.bytes ?? []).toString();
  expect(text).toContain(assets.script('w'));
});

test('only names that were given out are found', () => {
  const assets = nameAssets([file('a.js', '1;')]);
  for (const name of ['a.js', 'a-0000000000000000.js', '', '../package.json', 'constructor'])
    expect(assets.find(name)).toBeUndefined();
});

const gzipBytes = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;

test('all styles together weigh at most 12 kB, gzip', () => {
  const { all, styles } = nameAssets(readPageFiles());
  const sheet = all.find(({ name }) => styles.endsWith(name));
  expect(gzipBytes(sheet?.bytes ?? new Uint8Array())).toBeLessThanOrEqual(12_000);
});

test('styles and all modules together stay below what a first load may weigh', () => {
  const total = nameAssets(readPageFiles()).all.reduce((sum, { bytes }) => sum + gzipBytes(bytes), 0);
  expect(total).toBeLessThanOrEqual(40_000);
});

test('no style asks for anything of another origin, and no module makes HTML of text but the trusted one', () => {
  for (const { name, bytes } of readPageFiles()) {
    const text = Buffer.from(bytes).toString();
    expect(text, name).not.toMatch(/url\(|@import|https?:\/\/(?!www\.w3\.org)/);
    if (name !== 'trusted.js')
      expect(text, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/);
  }
});
