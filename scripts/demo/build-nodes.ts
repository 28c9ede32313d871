import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DemoError } from './demo-error.ts';

export const root = join(import.meta.dirname, '..', '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const project = join(root, 'scripts', 'tsconfig.build.json');

/** Builds what has changed since the last time, so that the hospitals never run older code than what lies here. */
export function buildNodes(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' });
  if (status !== 0) throw new DemoError(`The node could not be built, nothing was started.\n${stdout}${stderr}`);
  for (const script of ['copy-page-files.mjs', 'fold-program.mjs']) {
    const step = spawnSync(process.execPath, [join(root, 'scripts', script)], { encoding: 'utf8' });
    if (step.status !== 0) throw new DemoError(`The node could not be built, nothing was started.\n${step.stderr}`);
  }
}
