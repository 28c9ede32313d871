import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseAst } from 'vitest/node';

/** What the layout tests read: every file of the project, and TypeScript as a syntax tree. */
export const root = join(import.meta.dirname, '..', '..');

/** Any node of the syntax tree (ESTree with TypeScript's additions). */
export interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

export interface Source {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: Syntax;
}

/** The names that .gitignore keeps out, and git's own folder. */
function ignoredNames(): ReadonlySet<string> {
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  return new Set(['.git', ...lines.map((line) => line.replace(/\/$/, '')).filter((line) => line !== '')]);
}

/** Whatever lies at the top level and is not ignored. */
export function topLevel(): readonly string[] {
  const ignored = ignoredNames();
  return readdirSync(root)
    .filter((name) => !ignored.has(name) && !name.endsWith('.log'))
    .toSorted();
}

/** Paths of all files that belong to the project, relative to the root. */
export function projectFiles(): readonly string[] {
  const ignored = ignoredNames();
  const collect = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      if (ignored.has(entry.name) || entry.name.endsWith('.log')) return [];
      const below = join(path, entry.name);
      return entry.isDirectory() ? collect(below) : [relative(root, below).split(sep).join('/')];
    });
  return collect(root);
}

export function readProjectFile(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function projectFileExists(path: string): boolean {
  return existsSync(join(root, path));
}

export function parseSource(path: string, text: string): Source {
  const program: unknown = parseAst(text, { lang: path.endsWith('.tsx') ? 'tsx' : 'ts' }, path);
  return { path, text, program: program as Syntax };
}

let sources: readonly Source[] | undefined;

/** Every TypeScript file of the project, parsed once for each test file. */
export function projectSources(): readonly Source[] {
  sources ??= projectFiles()
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => parseSource(path, readProjectFile(path)));
  return sources;
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Calls `visit` for a node and all below it, parents first, each with its nearest ancestors (the last is the parent). */
export function walk(
  node: Syntax,
  visit: (node: Syntax, ancestors: readonly Syntax[]) => void,
  ancestors: readonly Syntax[] = [],
): void {
  visit(node, ancestors);
  const inner = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isSyntax(child)) walk(child, visit, inner);
  }
}

/** `file:line: message`, which an editor or a terminal can open. */
export function complaint(path: string, text: string, offset: number, message: string): string {
  return `${path}:${text.slice(0, offset).split('\n').length}: ${message}`;
}

export function member(node: Syntax, name: string): Syntax | undefined {
  const value = node[name];
  return isSyntax(value) ? value : undefined;
}

export function members(node: Syntax, name: string): readonly Syntax[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter((item) => isSyntax(item)) : [];
}

export function textMember(node: Syntax | undefined, name: string): string | undefined {
  const value = node?.[name];
  return typeof value === 'string' ? value : undefined;
}
