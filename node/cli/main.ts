#!/usr/bin/env node
import { refuseOldNode } from '../platform/runtime.ts';

refuseOldNode();

const { runCommandLine } = await import('./run.ts');
await runCommandLine(process.argv.slice(2));
