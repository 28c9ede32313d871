#!/usr/bin/env node
import { keepCompiledCode, refuseOldNode } from '../platform/runtime.ts';

refuseOldNode();
keepCompiledCode();

const { runCommandLine } = await import('./run.ts');
await runCommandLine(process.argv.slice(2));
