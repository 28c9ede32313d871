import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFileBytes {
  /** Below the directory, with `/` between. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The scripts and styles that the program brings with it, read once at start; they are part of it like its code. */
export function readPageFiles(): readonly PageFileBytes[] {
  const directory = fileURLToPath(new URL('../web/assets', import.meta.url));
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:js|css)$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: path.slice(directory.length + 1).replaceAll('\\', '/'), bytes: readFileSync(path) };
    });
}
