import { dirname, posix } from 'node:path';
import {
  compositionRoots,
  folderRules,
  freeFiles,
  isUnder,
  mayImportNodeModule,
  packagePartRules,
  packageRules,
  ruleOf,
  type PackageRule,
} from './import-table.ts';
import { complaint, member, members, textMember, walk, type Source, type Syntax } from './sources.ts';

/** One import of a file: `import`, `export … from`, `import(…)` or a type's `import('…')`. */
export interface Import {
  readonly specifier: string;
  readonly start: number;
  /** Names taken as values; `undefined` where nobody can tell (`import * as`, `import(…)`). */
  readonly values: readonly string[] | undefined;
  readonly reexport: boolean;
}

function namesOf(node: Syntax): readonly string[] | undefined {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return [];
  const specifiers = members(node, 'specifiers');
  if (specifiers.length === 0) return undefined; // for its effects, or `export *`
  const values = specifiers.filter((one) => one['importKind'] !== 'type' && one['exportKind'] !== 'type');
  if (values.some((one) => one.type === 'ImportNamespaceSpecifier')) return undefined;
  return values.map((one) => textMember(member(one, 'imported') ?? member(one, 'local'), 'name') ?? 'default');
}

export function importsOf(source: Source): readonly Import[] {
  const found: Import[] = [];
  walk(source.program, (node) => {
    const specifier = textMember(member(node, 'source'), 'value');
    if (specifier === undefined) return;
    const { start } = node;
    if (node.type === 'ImportDeclaration') found.push({ specifier, start, values: namesOf(node), reexport: false });
    if (node.type === 'ExportAllDeclaration' || node.type === 'ExportNamedDeclaration') {
      found.push({ specifier, start, values: namesOf(node), reexport: true });
    }
    if (node.type === 'ImportExpression') found.push({ specifier, start, values: undefined, reexport: false });
    if (node.type === 'TSImportType') found.push({ specifier, start, values: [], reexport: false });
  });
  return found;
}

/** The project file that a relative specifier names. */
export function targetOf(path: string, specifier: string): string {
  return posix.normalize(posix.join(dirname(path), specifier));
}

export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function judgeOwn(path: string, { specifier, values }: Import): string | undefined {
  const target = targetOf(path, specifier);
  if (!/\.(tsx?|json|mjs)$/.test(specifier)) return `'${specifier}' does not name its file: write the ending`;
  const rule = ruleOf(path);
  if (rule === undefined) return `no rule for this folder: give ${path} a place in test/layout/import-table.ts`;
  const owner = ruleOf(target)?.folder;
  if (owner === rule.folder || isUnder(target, rule.uses)) return undefined;
  if (isUnder(path, ['node']) && freeFiles.includes(target)) return undefined;
  if (!isUnder(target, rule.usesTypes)) return `${rule.folder} may not import ${target}`;
  const onlyTypes = values?.every((name) => name.endsWith('Error')) ?? false;
  return onlyTypes ? undefined : `${rule.folder} may import only types and error classes of ${target}`;
}

function judgePackage(path: string, { specifier, values }: Import): string | undefined {
  const name = packageOf(specifier);
  const rule: PackageRule | undefined = packagePartRules[specifier] ?? packageRules[name];
  if (rule === undefined) return `the package ${name} has no place in test/layout/import-table.ts`;
  if (!isUnder(path, rule.where)) return `${specifier} may be imported only in ${rule.where.join(', ')}`;
  if (rule.onlyTypes === undefined || values?.length === 0) return undefined;
  return `only types may be imported from ${name}: it is not installed in production`;
}

function judge(path: string, one: Import): string | undefined {
  if (one.reexport) return 'no barrels: import from the file that declares it instead of exporting it again';
  if (isUnder(path, compositionRoots)) return undefined;
  if (one.specifier.startsWith('.')) return judgeOwn(path, one);
  if (!one.specifier.startsWith('node:')) return judgePackage(path, one);
  if (mayImportNodeModule(path, one.specifier)) return undefined;
  return `${one.specifier} may not be imported here: reach the machine through a port of node/platform`;
}

/** What is wrong with the imports of one file, as `file:line: rule`. */
export function importComplaints(source: Source): readonly string[] {
  return importsOf(source).flatMap((one) => {
    const message = judge(source.path, one);
    return message === undefined ? [] : [complaint(source.path, source.text, one.start, message)];
  });
}

/** Packages that belong behind one file, yet have several. */
export function spreadPackages(sources: readonly Source[]): readonly string[] {
  return Object.entries(packageRules).flatMap(([name, rule]) => {
    if (rule.inOneFile === undefined) return [];
    const files = sources
      .filter(({ path }) => !isUnder(path, compositionRoots))
      .filter((source) => importsOf(source).some(({ specifier }) => packageOf(specifier) === name))
      .map(({ path }) => path);
    return files.length > 1 ? [`${name} must stay behind one file, not ${files.join(', ')}`] : [];
  });
}

/** Chains of value imports that come back to where they began; type imports are gone at run time. */
export function importCycles(sources: readonly Source[]): readonly string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .filter(({ specifier, values }) => specifier.startsWith('.') && values?.length !== 0)
        .map(({ specifier }) => targetOf(source.path, specifier)),
    ]),
  );
  const finished = new Set<string>();
  const cycles: string[] = [];
  const follow = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (finished.has(path)) return;
    for (const target of edges.get(path) ?? []) follow(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) follow(path, []);
  return cycles;
}

/** The lint configuration that says the same to an editor: one override a folder, the narrower one last. */
export function lintOverrides(): object {
  const everyFolder = folderRules.map(({ folder }) => folder);
  const overrides = folderRules.map((rule) => {
    const mine = [rule.folder, ...rule.uses];
    const foreign = everyFolder.filter((folder) => !isUnder(folder, rule.uses) && !mine.includes(folder));
    // A specifier is relative: node/store is seen as ../store/… or ../../node/store/….
    const tail = (path: string): string => path.split('/').slice(1).join('/');
    const single = rule.uses.filter((path) => path.endsWith('.ts'));
    const free = [...freeFiles, ...single].map((file) => `!**/${tail(file)}`);
    const patterns = foreign
      .filter((folder) => folder !== 'protocol')
      .map((folder) => ({
        group: [`**/${tail(folder)}/**`, ...(isUnder(rule.folder, ['node']) ? free : [])],
        message: `${rule.folder} may not import ${folder}: see test/layout/import-table.ts`,
        ...(rule.usesTypes.includes(folder) ? { allowTypeImports: true, allowImportNamePattern: 'Error$' } : {}),
      }));
    const paths = Object.entries({ ...packageRules, ...packagePartRules })
      .filter(([, { where }]) => !where.some((place) => isUnder(place, [rule.folder]) || isUnder(rule.folder, [place])))
      .map(([name, { where }]) => ({ name, message: `only in ${where.join(', ')}` }));
    return { files: [`${rule.folder}/**`], rules: { 'no-restricted-imports': ['error', { patterns, paths }] } };
  });
  return { overrides };
}
