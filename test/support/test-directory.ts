import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestDirectory extends Disposable {
  readonly path: string;
  file(name: string): string;
}

/** A directory of its own for one test, gone afterwards. */
export function testDirectory(): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), 'fernpost-test-'));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
