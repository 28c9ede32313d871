import { refuseOldNode } from '../node/platform/runtime.ts';

refuseOldNode();

const { runDemo } = await import('./demo/run.ts');
await runDemo(process.argv.slice(2));
