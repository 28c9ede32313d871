#!/usr/bin/env node
import { keepCompiledCode, keepYoungSpaceSmall, refuseOldNode } from '../platform/runtime.ts';

refuseOldNode();
keepYoungSpaceSmall();
keepCompiledCode();

const { runCommandLine } = await import('./run.ts');
await runCommandLine(process.argv.slice(2));
