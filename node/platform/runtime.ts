import { enableCompileCache, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** The oldest Node that runs a hospital: better-sqlite3 ends the process without a word under older ones. */
const nodeMajorMin = 26;

/** What to tell someone who starts us with too old a Node, `undefined` when all is well. */
export function refusalOfNode(version: string): string | undefined {
  const major = Number.parseInt(version, 10);
  if (major >= nodeMajorMin) return undefined;
  return (
    `Fernpost needs Node ${nodeMajorMin} or later; this is Node ${version}. ` +
    'In a clone, `npm start`, `npm run fernpost -- …` and `npm run demo` use the right one by themselves.'
  );
}

/**
 * Ends the process with a clear message under an older Node. An entry file calls it first and imports everything else
 * afterwards, with `await import(…)`, because the import of better-sqlite3 is already too much for an old Node.
 */
export function refuseOldNode(): void {
  const refusal = refusalOfNode(process.versions.node);
  if (refusal === undefined) return;
  process.stderr.write(`fernpost: ${refusal}\n`);
  process.exit(1);
}

/**
 * Keeps the space for young objects as small as it begins: V8 would let it grow to 32 MB while a study crosses, and gains
 * nothing by it, since our garbage is short-lived and small. Called before anything else allocates.
 */
export function keepYoungSpaceSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Keeps compiled code from one start to the next: compiling is half of a start. It lies beside the packages, which belong
 * to whoever installed the program, and not in a directory that others can write to; where nothing can be written, nothing
 * is kept.
 */
export function keepCompiledCode(): void {
  const manifest = findPackageJSON(import.meta.url);
  if (manifest !== undefined) enableCompileCache(join(dirname(manifest), 'node_modules', '.cache', 'fernpost'));
}
