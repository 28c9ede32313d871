import { isUnder } from './import-table.ts';
import { complaint, member, members, textMember, walk, type Source, type Syntax } from './sources.ts';

/**
 * The rules of the source code that a type checker cannot know. Each takes one file and gives back what is wrong with
 * it, as `file:line: rule`, so that the message alone says what to do.
 */
export type SourceRule = (source: Source) => readonly string[];

export const fileLinesMax = 500;
export const functionLinesMax = 70;

const outsideOfNodes = ['test', 'scripts'];

/** Global functions that reach the clock, the network or chance (law 1). */
const platformCalls = ['fetch', 'setTimeout', 'setInterval', 'setImmediate'];
const platformMembers = [
  'Date.now',
  'Math.random',
  'performance.now',
  'Temporal.Now',
  'process.hrtime',
  'AbortSignal.timeout',
  'crypto.getRandomValues',
  'crypto.randomBytes',
  'crypto.randomUUID',
];
const randomImports = ['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'randomFillSync', 'webcrypto'];

function dotted(node: Syntax): string {
  return `${textMember(member(node, 'object'), 'name') ?? '?'}.${textMember(member(node, 'property'), 'name') ?? '?'}`;
}

/** Names that the file itself declares: a parameter called `fetch` is not the global one. */
function declaredNames(program: Syntax): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (pattern: Syntax | undefined): void => {
    if (pattern === undefined) return;
    const name = pattern.type === 'Identifier' ? textMember(pattern, 'name') : undefined;
    if (name !== undefined) names.add(name);
    for (const part of members(pattern, 'properties')) collect(member(part, 'value'));
    for (const part of members(pattern, 'elements')) collect(part);
    collect(member(pattern, 'left'));
  };
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration') collect(member(node, 'id'));
    if (node.type === 'ImportSpecifier') collect(member(node, 'local'));
    for (const parameter of members(node, 'params')) collect(parameter);
  });
  return names;
}

function platformUse(node: Syntax, declared: ReadonlySet<string>): string | undefined {
  const callee = textMember(member(node, 'callee'), 'name');
  if (node.type === 'NewExpression' && callee === 'Date' && members(node, 'arguments').length === 0)
    return 'new Date()';
  if (node.type === 'CallExpression' && callee === 'Date') return 'Date()';
  if (node.type === 'CallExpression' && callee !== undefined && platformCalls.includes(callee)) {
    return declared.has(callee) ? undefined : callee;
  }
  if (node.type === 'MemberExpression' && platformMembers.includes(dotted(node))) return dotted(node);
  const imported = node.type === 'ImportSpecifier' ? textMember(member(node, 'imported'), 'name') : undefined;
  return imported !== undefined && randomImports.includes(imported) ? imported : undefined;
}

/** Clock, chance, timers and network are ports: their real versions live in node/platform (law 1). */
export const platformOnly: SourceRule = ({ path, text, program }) => {
  if (isUnder(path, ['node/platform', ...outsideOfNodes])) return [];
  const declared = declaredNames(program);
  const found: string[] = [];
  walk(program, (node) => {
    const use = platformUse(node, declared);
    if (use !== undefined)
      found.push(complaint(path, text, node.start, `${use} belongs in node/platform: take a port`));
  });
  return found;
};

/** One place reads the environment, so one place can list what a node can be told by it. */
export const environmentOnly: SourceRule = ({ path, text, program }) => {
  if (isUnder(path, ['node/config/env.ts', ...outsideOfNodes])) return [];
  const found: string[] = [];
  walk(program, (node) => {
    if (node.type !== 'MemberExpression' || dotted(node) !== 'process.env') return;
    found.push(complaint(path, text, node.start, 'process.env is read only in node/config/env.ts'));
  });
  return found;
};

/** protocol/ runs in a browser as well: nothing of Node's global names outside protocol/crypto. */
export const pureProtocol: SourceRule = ({ path, text, program }) => {
  if (!isUnder(path, ['protocol']) || isUnder(path, ['protocol/crypto'])) return [];
  const found: string[] = [];
  walk(program, (node, ancestors) => {
    const name = node.type === 'Identifier' ? textMember(node, 'name') : undefined;
    if (name !== 'process' && name !== 'Buffer' && name !== '__dirname') return;
    const parent = ancestors.at(-1);
    if (parent?.type === 'MemberExpression' && member(parent, 'object') !== node) return;
    found.push(complaint(path, text, node.start, `${name} is Node's own: protocol/ runs in a browser too`));
  });
  return found;
};

const skips = ['skip', 'only', 'todo', 'fails'];
const testWords = ['test', 'describe', 'it', 'suite'];

/** A test that does not run says so through leftOut; nobody commits a focused or switched-off one. */
export const everyTestRuns: SourceRule = ({ path, text, program }) => {
  const found: string[] = [];
  const asksSupport = /from '[^']*support\/[^']+'/.test(text);
  walk(program, (node) => {
    if (!path.endsWith('.test.ts') || node.type !== 'MemberExpression') return;
    const object = textMember(member(node, 'object'), 'name') ?? '';
    const property = textMember(member(node, 'property'), 'name') ?? '';
    if (!testWords.includes(object)) return;
    const where = (message: string): void => void found.push(complaint(path, text, node.start, message));
    if (skips.includes(property)) where(`${object}.${property} must not be committed`);
    if (['skipIf', 'runIf'].includes(property) && !asksSupport) {
      where(`${object}.${property} needs leftOut of test/support/left-out.ts: say what does not run, and why`);
    }
  });
  return found;
};

function linesOf(text: string, start: number, end: number): number {
  return text.slice(start, end).split('\n').length;
}

/** Generated files and data are as long as they are; they say so in their first lines. */
export function isData({ path, text }: Pick<Source, 'path' | 'text'>): boolean {
  return path === 'protocol/words.ts' || /(generated|compiled) by scripts\//i.test(text.slice(0, 600));
}

export const fileSize: SourceRule = (source) => {
  const lines = source.text.trimEnd().split('\n').length;
  if (lines <= fileLinesMax || isData(source)) return [];
  return [`${source.path}:${lines}: a file has at most ${fileLinesMax} lines: look for its second subject`];
};

const isFunction = ({ type }: Syntax): boolean =>
  ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(type);

/** Lines of a function without those of the functions inside it, each of which is judged for itself. */
function ownLines(text: string, outer: Syntax): number {
  let lines = linesOf(text, outer.start, outer.end);
  walk(outer, (node, ancestors) => {
    if (node === outer || !isFunction(node)) return;
    if (ancestors.slice(1).some(isFunction)) return;
    lines -= linesOf(text, node.start, node.end) - 1;
  });
  return lines;
}

/** A function fits on a screen. What a factory gives back is functions of its own, and so are the tests in `describe`. */
export const functionSize: SourceRule = (source) => {
  const found: string[] = [];
  const { path, text, program } = source;
  if (isData(source)) return found;
  walk(program, (node, ancestors) => {
    if (!isFunction(node)) return;
    const parent = ancestors.at(-1);
    if (parent?.type === 'CallExpression' && text.startsWith('describe', parent.start)) return;
    const lines = ownLines(text, node);
    if (lines > functionLinesMax) {
      found.push(complaint(path, text, node.start, `${lines} lines: a function has at most ${functionLinesMax}`));
    }
  });
  return found;
};

const kindNames = ['utils', 'util', 'helpers', 'helper', 'services', 'types', 'common', 'misc', 'index'];

/** Files are kebab-case and named after a part of the domain, never after a kind of code. */
export const fileName: SourceRule = ({ path }) => {
  const parts = path.split('/');
  const base = (parts.at(-1) ?? '').replace(/(\.test|\.config|\.child)?\.tsx?$/, '');
  const found: string[] = [];
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(base)) found.push(`${path}:1: file names are kebab-case`);
  const kind = [...parts.slice(0, -1), base].find((part) => kindNames.includes(part));
  if (kind !== undefined) found.push(`${path}:1: '${kind}' names a kind of code: name the subject`);
  return found;
};

export const sourceRules: readonly SourceRule[] = [
  platformOnly,
  environmentOnly,
  pureProtocol,
  everyTestRuns,
  fileSize,
  functionSize,
  fileName,
];
