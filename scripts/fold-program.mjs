#!/usr/bin/env node
/**
 * Folds the compiled program into a few files, `dist/node/program`: the same code, of which a start reads and compiles a
 * dozen files instead of 1,200, and keeps less of it in memory. Native packages and those that are loaded only when they
 * are wanted stay where npm put them. rolldown comes with vitest.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const compiled = fileURLToPath(new URL('../dist/node', import.meta.url));
const leftOutside = /^(?:better-sqlite3|@aws-sdk\/client-s3|nodemailer)(?:$|\/)/;

rmSync(`${compiled}/program`, { recursive: true, force: true });
const program = await rolldown({
  input: {
    fernpost: `${compiled}/cli/main.js`,
    serve: `${compiled}/main.js`,
    'hash-worker': `${compiled}/platform/hash-worker.js`,
    'damage-worker': `${compiled}/store/damage-worker.js`, // A thread of its own begins with a file of its own.
  },
  platform: 'node',
  external: leftOutside,
});
await program.write({
  dir: `${compiled}/program`,
  format: 'esm',
  sourcemap: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
