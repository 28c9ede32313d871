import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDirectory } from './hospitals.ts';
import { interleaved, wallMsOf } from './measure.ts';
import { buildProgram, makeNode, residentMb, serveNode, startServing, untilServing } from './node-processes.ts';
import type { Row } from './row.ts';
import { runToolBeside } from './tools.ts';

const settledMs = 3_000;
const bareImports = ['hono', 'better-sqlite3', 'libsodium-wrappers', 'undici'];

/** Row 10: how soon a node listens, and what it holds when nothing happens. */
export const startUp: Row = {
  row: 10,
  title: 'start of a node, and its memory when idle',
  run: async (effort) => {
    const [rounds, restMs] = effort === 'full' ? [9, settledMs] : [0, 0];
    buildProgram();
    const directory = await benchDirectory();
    const place = await makeNode(directory, 'alder');
    const program = `${bareImports.map((name) => `await import('${name}');`).join(' ')} process.exit(0);`;
    const evaluate = (text: string) => runToolBeside(process.execPath, ['--input-type=module', '-e', text]);
    const found = await interleaved(
      {
        node: () => wallMsOf(() => evaluate('process.exit(0);')),
        imports: () => wallMsOf(() => evaluate(program)),
        listening: async () => {
          const begun = performance.now();
          const child = startServing(place);
          await untilServing(child);
          const took = performance.now() - begun;
          const ended = new Promise((resolve) => child.once('close', resolve));
          child.kill('SIGTERM');
          await ended;
          return took;
        },
      },
      rounds,
    );
    const serving = await serveNode(place);
    await wait(restMs);
    const idle = await residentMb(serving.pid, 'VmRSS');
    await serving.stop();
    await rm(directory, { recursive: true, force: true });
    const ratio = found.listening / found.imports;
    return {
      figures: [
        { name: 'node alone', value: found.node, unit: 'ms' },
        { name: `node and bare imports of ${bareImports.join(', ')}`, value: found.imports, unit: 'ms' },
        { name: 'fernpost serve until its doors are open', value: found.listening, unit: 'ms' },
      ],
      verdicts: [
        { name: 'listening / bare imports', value: ratio, unit: 'x', goal: { atMost: 2 } },
        ...(idle === undefined ? [] : [{ name: 'idle RSS', value: idle, unit: 'MB', goal: { atMost: 130 } } as const]),
      ],
      notices: idle === undefined ? ['Memory is read from /proc: Linux only.'] : [],
    };
  },
};
