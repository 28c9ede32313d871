import { describe, expect, test } from 'vitest';
import { importComplaints, importCycles, lintOverrides, spreadPackages } from './import-rules.ts';
import { packageRules } from './import-table.ts';
import { parseSource, projectSources, readProjectFile } from './sources.ts';

test('every import is one that the import table allows', () => {
  expect(projectSources().flatMap((source) => importComplaints(source))).toEqual([]);
});

test('a package that belongs behind one file is behind one file', () => {
  expect(spreadPackages(projectSources())).toEqual([]);
});

test('no file imports itself in a circle', () => {
  expect(importCycles(projectSources())).toEqual([]);
});

test('every production package has a place in the import table, and no other package has', () => {
  const { dependencies } = JSON.parse(readProjectFile('package.json')) as { dependencies: Record<string, string> };
  const placed = Object.entries(packageRules).filter(([, rule]) => rule.onlyTypes === undefined);
  expect(placed.map(([name]) => name).toSorted()).toEqual(Object.keys(dependencies).toSorted());
});

test('the lint configuration says what the import table says (npm test -- test/layout -u writes it)', async () => {
  await expect(`${JSON.stringify(lintOverrides(), undefined, 2)}\n`).toMatchFileSnapshot('imports.oxlint.json');
});

describe('the table is enforced', () => {
  test.each([
    ['protocol/log/a.ts', `import { b } from './b.ts';`, undefined],
    ['protocol/log/a.ts', `import { b } from '../crypto/b.ts';`, 'only types'],
    ['protocol/log/a.ts', `import type { B } from '../crypto/b.ts';`, undefined],
    ['protocol/log/a.ts', `import { sign } from 'node:crypto';`, 'through a port'],
    ['protocol/a.ts', `import { b } from '../node/store/b.ts';`, 'may not import node/store'],
    ['protocol/crypto/fernet.ts', `import sodium from 'libsodium-wrappers';`, 'only in protocol/crypto/seal.ts'],
    ['protocol/crypto/seal.ts', `import sodium from 'libsodium-wrappers';`, undefined],
    ['node/keys/a.ts', `import type { Clock } from '../platform/clock.ts';`, undefined],
    ['node/keys/a.ts', `import { systemClock } from '../platform/clock.ts';`, 'only types'],
    ['node/keys/a.ts', `import { FileError, type Files } from '../platform/files.ts';`, undefined],
    ['node/keys/a.ts', `import { b } from '../exchange-log/b.ts';`, 'may not import'],
    ['node/records/a.ts', `import { b } from '../peers/b.ts';`, 'may not import'],
    ['node/referrals/a.ts', `import { b } from '../peers/b.ts';`, undefined],
    ['node/peers/a.ts', `import { b } from '../referrals/b.ts';`, 'may not import'],
    ['node/api/a.ts', `import type { B } from '../store/b.ts';`, 'may not import node/store'],
    ['node/api/a.ts', `const b = await import('../web/b.ts');`, 'may not import node/web'],
    ['node/api/a.ts', `type B = import('../web/b.ts').B;`, 'may not import node/web'],
    ['node/jobs/a.ts', `import { openNode } from '../node.ts';`, 'may not import node/node.ts'],
    ['node/cli/a.ts', `import { openNode } from '../node.ts';`, undefined],
    ['node/peers/a.ts', `import { readFile } from 'node:fs/promises';`, 'through a port'],
    ['node/platform/a.ts', `import { readFile } from 'node:fs/promises';`, undefined],
    ['node/peers/a.ts', `import { b } from './b';`, 'write the ending'],
    ['node/peers/a.ts', `import fc from 'fast-check';`, 'no place'],
    ['node/records/a.ts', `import type { Patient } from '@medplum/fhirtypes';`, undefined],
    ['node/records/a.ts', `import { Patient } from '@medplum/fhirtypes';`, 'only types'],
    ['node/helpers/a.ts', `import { b } from './b.ts';`, 'no rule for this folder'],
    ['node/peers/a.ts', `export { b } from './b.ts';`, 'no barrels'],
    ['node/node.ts', `import { b } from './store/b.ts';`, undefined],
  ])('%s with %s', (path, text, refusal) => {
    const complaints = importComplaints(parseSource(path, text));
    if (refusal === undefined) expect(complaints).toEqual([]);
    else expect(complaints).toEqual([expect.stringContaining(refusal)]);
  });

  test('a circle of value imports is named, a circle of types is none', () => {
    const circle = (kind: string) => [
      parseSource('protocol/a.ts', `import ${kind}{ b } from './b.ts';`),
      parseSource('protocol/b.ts', `import { a } from './a.ts';`),
    ];
    expect(importCycles(circle(''))).toEqual(['protocol/a.ts → protocol/b.ts → protocol/a.ts']);
    expect(importCycles(circle('type '))).toEqual([]);
  });
});
