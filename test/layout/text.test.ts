import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectFileExists, projectFiles, readProjectFile, topLevel } from './sources.ts';

/** Vectors and fixtures are input, kept byte for byte as it came. */
const isInput = (path: string): boolean => /^(test\/fixtures|protocol\/vectors)\//.test(path);
const isBinary = (path: string): boolean => /\.(dcm|png|jpg|pdf|zip|db)$/.test(path);

const texts = projectFiles()
  .filter((path) => !isInput(path) && !isBinary(path))
  .map((path) => ({ path, text: readProjectFile(path) }));

/** Places in our own text that match, as `file:line: match`. */
function findAll(form: RegExp, leaveOut: readonly string[] = []): readonly string[] {
  return texts
    .filter(({ path }) => !leaveOut.includes(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const match = form.exec(line);
        return match === null ? [] : [`${path}:${index + 1}: ${match[0]}`];
      }),
    );
}

test('the top level is fixed', () => {
  const visible = ['LICENSE', 'README.md', 'docker-compose.yml', 'node', 'package-lock.json', 'package.json'];
  const rest = ['protocol', 'scripts', 'test', 'tsconfig.json'];
  const dotfiles = ['.ci', '.dockerignore', '.gitignore', '.npmrc', '.nvmrc', '.oxlintrc.json'];
  const prettier = ['.prettierignore', '.prettierrc.json'];
  expect(topLevel()).toEqual([...visible, ...rest, ...dotfiles, ...prettier].toSorted());
});

test('no file knows where somebody keeps the project', () => {
  expect(findAll(/(?<![\w.~$}])\/(work|root|home\/\w+|Users\/\w+)\//, ['test/layout/text.test.ts'])).toEqual([]);
});

test('no file names a package server: that is for the machine to know', () => {
  const hosts = ['registry.npmjs', 'npmjs.com', 'deb.debian', 'security.debian', 'archive.ubuntu', 'pypi.org'];
  const configured = process.env['npm_config_registry'];
  if (configured !== undefined) hosts.push(new URL(configured).host);
  const form = new RegExp(hosts.map((host) => host.replaceAll('.', String.raw`\.`)).join('|'));
  expect(findAll(form, ['test/layout/text.test.ts'])).toEqual([]);
});

test('the image and the compose file set only names that a node reads', () => {
  const env = readProjectFile('node/config/env.ts');
  const named = ['docker-compose.yml', 'node/Dockerfile'].flatMap((path) =>
    [...readProjectFile(path).matchAll(/FERNPOST_[A-Z0-9_]+/g)].map(([name]) => name),
  );
  expect([...new Set(named)].filter((name) => !env.includes(`'${name}'`))).toEqual([]);
});

describe('documents', () => {
  const documents = texts.filter(({ path }) => path.endsWith('.md'));

  test('every relative link leads to a file', () => {
    const broken = documents.flatMap(({ path, text }) => {
      const prose = text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
      const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
      return links
        .filter((link) => !/^([a-z]+:|#)/.test(link))
        .filter((link) => !projectFileExists(posix.join(posix.dirname(path), link.replace(/#.*$/, ''))))
        .map((link) => `${path}: ${link}`);
    });
    expect(broken).toEqual([]);
  });

  test('every `npm run` command that a document shows exists', () => {
    const { scripts } = JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> };
    const unknown = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run ([a-z:-]+)/g)]
        .filter((match) => !((match[1] ?? '') in scripts))
        .map((match) => `${path}: ${match[0]}`),
    );
    expect(unknown).toEqual([]);
  });
});
