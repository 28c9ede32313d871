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
