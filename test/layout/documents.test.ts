import { posix } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../node/cli/program.ts';
import { compositionRoots, folderRules, freeFiles, packagePartRules, packageRules } from './import-table.ts';
import { projectFiles, readProjectFile } from './sources.ts';

/* What the documents say of the code, held against the code: a table or command that has become untrue fails here. */
const nodeReadme = readProjectFile('node/README.md');
const documents = projectFiles()
  .filter((path) => path.endsWith('.md') && !path.startsWith('test/fixtures/'))
  .map((path) => ({ path, text: readProjectFile(path) }));

/** Cells of the rows that begin with a name in code, as they stand in the text. */
const rows = new Set(nodeReadme.split('\n').filter((line) => line.startsWith('| `')));
const code = (names: readonly string[]): string =>
  names.length === 0 ? '–' : [...new Set(names)].map((name) => `\`${name}\``).join(', ');

describe('node/README.md', () => {
  test('has the import table that is enforced', () => {
    const wanted = folderRules.map((rule) => `| \`${rule.folder}\` | ${code(rule.uses)} | ${code(rule.usesTypes)} |`);
    expect(wanted.filter((row) => !rows.has(row))).toEqual([]);
    const unwrapped = nodeReadme.replaceAll('\n', ' ');
    expect(unwrapped).toContain(`The composition roots may import anything: ${code(compositionRoots)}.`);
    expect(unwrapped).toContain(`All of \`node\` may use ${code(freeFiles)}:`);
  });

  test('says where each package may be imported', () => {
    const wanted = Object.entries({ ...packageRules, ...packagePartRules }).map(([name, rule]) => {
      const more = `${rule.inOneFile === true ? ', in one file' : ''}${rule.onlyTypes === true ? ', types only' : ''}`;
      return `| \`${name}\` | ${code(rule.where)}${more} |`;
    });
    expect(wanted.filter((row) => !rows.has(row))).toEqual([]);
  });

  test('names events of the diagnostics that the code writes', () => {
    const table = /\| event \| means \|\n([\s\S]*?)\n\n/.exec(nodeReadme)?.[1] ?? '';
    const named = [...table.matchAll(/`([a-z-]+)`/g)].map((match) => match[1] ?? '');
    const sources = projectFiles()
      .filter((path) => path.startsWith('node/') && path.endsWith('.ts'))
      .map(readProjectFile)
      .join('\n');
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((event) => !sources.includes(`('${event}'`))).toEqual([]);
  });

  test('names every variable of the environment, and no other', () => {
    const names = (text: string): readonly string[] =>
      [...new Set([...text.matchAll(/\bFERNPOST_[A-Z0-9_]+/g)].map(([name]) => name))].toSorted();
    const shortened = nodeReadme.replace(
      '`FERNPOST_S3_ACCESS_KEY_ID`, `FERNPOST_S3_SECRET_ACCESS_KEY`, each also with `_FILE`',
      'FERNPOST_S3_ACCESS_KEY_ID FERNPOST_S3_ACCESS_KEY_ID_FILE FERNPOST_S3_SECRET_ACCESS_KEY FERNPOST_S3_SECRET_ACCESS_KEY_FILE',
    );
    expect(names(shortened)).toEqual(names(readProjectFile('node/config/env.ts')));
  });
});

test.each([
  ['Node', 'node/README.md'],
  ['Records', 'node/records/README.md'],
])('every section that a comment cites as "%s §n" stands in %s', (word, path) => {
  const headings = new Set([...readProjectFile(path).matchAll(/^#+ ([0-9.]+?)\.? /gm)].map((match) => match[1]));
  const cited = projectFiles()
    .filter((file) => /\.(tsx?|js|md|mjs|yml)$/.test(file))
    .flatMap((file) =>
      [...readProjectFile(file).matchAll(new RegExp(`\\b${word} §([0-9]+(?:\\.[0-9]+)*)`, 'g'))].map((match) => ({
        file,
        section: match[1] ?? '',
      })),
    );
  expect(cited.filter(({ section }) => !headings.has(section))).toEqual([]);
});

test('every screen that a comment cites stands in the table of screens, and no comment cites what a clone does not hold', () => {
  const known = new Set([...nodeReadme.matchAll(/^\| ([0-9]+) [A-Z]/gm)].map(([, number]) => number));
  const sources = projectFiles().filter((path) => /^(?:node|test|scripts|protocol)\/.*\.(?:tsx?|js)$/.test(path));
  const cited = sources.flatMap((file) =>
    [...readProjectFile(file).matchAll(/\(screens? ([0-9]+(?:(?:, | and )[0-9]+)*)/g)].flatMap(([, numbers = '']) =>
      numbers.split(/, | and /).map((number) => ({ file, number })),
    ),
  );
  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter(({ number }) => !known.has(number))).toEqual([]);
  const absent = /\b(?:screens|trust|clinical|architecture|performance|toolchain)(?:\.md)? §/;
  expect(sources.filter((file) => absent.test(readProjectFile(file)))).toEqual([]);
});

test('every link to a heading leads to one', () => {
  const broken = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s#]*)#([^)\s]+)\)/g)]
      .filter(([, file = '']) => !/^[a-z]+:/.test(file))
      .filter(([, file = '', anchor = '']) => {
        const target = file === '' ? path : posix.join(posix.dirname(path), file);
        return !anchorsOf(documents.find((each) => each.path === target)?.text ?? '').has(anchor);
      })
      .map(([link]) => `${path}: ${link}`),
  );
  expect(broken).toEqual([]);
});

/** As the usual viewers of Markdown make them: lower case, spaces as hyphens, no other punctuation. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** What documents show of the command line: in backticks, or at the beginning of a line of a block. */
const shown = documents.flatMap(({ path, text }) =>
  [...text.matchAll(/(?:^|`)(?:docker exec \w+ )?(?:npm run fernpost --|fernpost) ([a-z-][^`\n]*)/gm)].map((match) => ({
    path,
    words: (match[1] ?? '').split(/\s+#/)[0]?.trim().split(/\s+/) ?? [],
  })),
);

test('every fernpost command that a document shows exists, with its options', () => {
  expect(shown.length).toBeGreaterThan(15);
  const faults = shown.flatMap(({ path, words }) => {
    const { command, rest } = descend(makeProgram(false), words);
    if (rest[0] !== undefined && command.commands.length > 0 && !rest[0].startsWith('-'))
      return [`${path}: fernpost ${words.join(' ')}: no such command`];
    const known = new Set([...command.options.map((option) => option.long), '--help']);
    return rest
      .filter((word) => word.startsWith('--') && !known.has(word))
      .map((word) => `${path}: fernpost ${words.join(' ')}: no option ${word}`);
  });
  expect(faults).toEqual([]);
});

function descend(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [first, ...rest] = words;
  const next = program.commands.find((each) => each.name() === first);
  return next === undefined ? { command: program, rest: words } : descend(next, rest);
}
