import { describe, expect, test } from 'vitest';
import {
  everyTestRuns,
  environmentOnly,
  fileLinesMax,
  fileName,
  fileSize,
  functionLinesMax,
  functionSize,
  platformOnly,
  pureProtocol,
  sourceRules,
} from './source-rules.ts';
import { parseSource, projectSources } from './sources.ts';

test('every source file keeps every rule', { timeout: 120_000 }, () => {
  expect(projectSources().flatMap((source) => sourceRules.flatMap((rule) => rule(source)))).toEqual([]);
});

const lines = (count: number) => 'void 0;\n'.repeat(count);
const functionOf = (count: number) => `function f() {\n${lines(count - 2)}}\n`;
const factory = `function open() {\nreturn [\n${functionOf(60)},\n${functionOf(60)}];\n}\n`;
const skipped = `test.${'skip'}('a', () => {});`;

describe('each rule sees what it must see', () => {
  test.each([
    ['the time of day', platformOnly, 'node/peers/a.ts', 'const a = Date.now();', true],
    ['a date of now', platformOnly, 'node/peers/a.ts', 'const a = new Date();', true],
    ['the time of day of a zone', platformOnly, 'node/peers/a.ts', 'const a = Temporal.Now.instant();', true],
    ['a date of then', platformOnly, 'node/peers/a.ts', 'const a = new Date(5);', false],
    ['chance', platformOnly, 'protocol/a.ts', 'const a = Math.random();', true],
    ['random bytes', platformOnly, 'node/keys/a.ts', `import { randomBytes } from 'node:crypto';`, true],
    ['a timer', platformOnly, 'node/jobs/a.ts', 'setTimeout(() => {}, 5);', true],
    ['the network', platformOnly, 'node/jobs/a.ts', `await fetch('x');`, true],
    ['a parameter called fetch', platformOnly, 'protocol/a.ts', 'function f(fetch: () => void) { fetch(); }', false],
    ['the platform itself', platformOnly, 'node/platform/a.ts', 'const a = Date.now();', false],
    ['the words in a comment', platformOnly, 'node/peers/a.ts', '// Date.now() and new Date()', false],
    ['the environment', environmentOnly, 'node/peers/a.ts', `const a = process.env['A'];`, true],
    ['its one reader', environmentOnly, 'node/config/env.ts', `const a = process.env['A'];`, false],
    ['a Buffer in protocol', pureProtocol, 'protocol/log/a.ts', `const a = Buffer.from('');`, true],
    ['a Buffer in protocol/crypto', pureProtocol, 'protocol/crypto/a.ts', `const a = Buffer.from('');`, false],
    ['a test that is switched off', everyTestRuns, 'test/a.test.ts', skipped, true],
    ['a silent condition', everyTestRuns, 'test/a.test.ts', `test.skipIf(true)('a', () => {});`, true],
    ['a file of the longest', fileSize, 'node/peers/a.ts', lines(fileLinesMax), false],
    ['a file one line longer', fileSize, 'node/peers/a.ts', lines(fileLinesMax + 1), true],
    ['a function of the longest', functionSize, 'node/peers/a.ts', functionOf(functionLinesMax), false],
    ['a function one line longer', functionSize, 'node/peers/a.ts', functionOf(functionLinesMax + 1), true],
    ['a factory of two long functions', functionSize, 'node/peers/a.ts', factory, false],
    ['a good name', fileName, 'node/exchange-log/add-checkpoint.test.ts', '', false],
    ['a name in capitals', fileName, 'node/peers/openNode.ts', '', true],
    ['a kind of code', fileName, 'node/peers/utils.ts', '', true],
  ])('%s', (_, rule, path, text, refused) => {
    expect(rule(parseSource(path, text))).toHaveLength(refused ? 1 : 0);
  });
});
