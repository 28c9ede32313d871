#!/usr/bin/env node
import { keepCompiledCode, refuseOldNode } from './platform/runtime.ts';

refuseOldNode();
keepCompiledCode();

// `npm start` is `fernpost serve`, with whatever options follow it.
const { runCommandLine } = await import('./cli/run.ts');
await runCommandLine(['serve', ...process.argv.slice(2)]);
