import { existsSync, readFileSync } from 'node:fs';
import type { Place } from './hospitals.ts';
import { diagnosticsFile } from './node-process.ts';

const linesMax = 8;

/** The last that the nodes told their operators, on stderr: there is no other trace once a played demo is gone. */
export function tellDiagnostics(places: readonly Place[]): void {
  for (const place of places) {
    const path = diagnosticsFile(place);
    if (!existsSync(path)) continue;
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-linesMax);
    process.stderr.write(`\nDiagnostics of ${place.short}:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
}
