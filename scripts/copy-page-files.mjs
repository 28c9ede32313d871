#!/usr/bin/env node
/** Puts the desk's scripts and styles beside the compiled pages: they are served as they lie here, the compiler leaves them. */
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../node/web/assets', import.meta.url));
const to = fileURLToPath(new URL('../dist/node/web/assets', import.meta.url));
rmSync(to, { recursive: true, force: true });
cpSync(from, to, { recursive: true });
