#!/usr/bin/env node
import { keepCompiledCode, keepYoungSpaceSmall, refuseOldNode } from './platform/runtime.ts';

refuseOldNode();
keepYoungSpaceSmall();
keepCompiledCode();

// `npm start` is `fernpost serve`, with whatever options follow it.
const { runCommandLine } = await import('./cli/run.ts');
await runCommandLine(['serve', ...process.argv.slice(2)]);
