import { isRestored, restoredRefusal } from '../backups/restored-mark.ts';
import type { NodeConfig } from '../config/config.ts';
import { onlyReads } from '../operations/reading.ts';
import { operations } from '../operations/table.ts';
import { silentDiagnostics } from '../platform/diagnostics.ts';
import { systemFiles } from '../platform/system-files.ts';
import type { Session } from './session.ts';

/** Opens the node of a data directory in this process, without doors and jobs, and closes it at the end. */
export async function openLocalSession(config: NodeConfig): Promise<Session> {
  const { openNode } = await import('../node.ts');
  // Whoever asked reads the error itself; lines for an operator would only stand between the answer's.
  const diagnostics = config.diagnosticsFile === undefined ? { diagnostics: silentDiagnostics } : {};
  const restored = await isRestored(systemFiles, config.dataDirectory);
  const node = await openNode(config, restored ? { ...diagnostics, readRestored: true } : diagnostics);
  const assertAllowed = (name: string): void => {
    if (restored && !onlyReads(name)) throw restoredRefusal(config.dataDirectory);
  };
  return {
    running: false,
    plain: async (name, input) => {
      assertAllowed(name);
      return (await operations[name].run(node, input)) as never;
    },
    upload: async (name, input, bytes) => {
      assertAllowed(name);
      return (await operations[name].run(node, input, bytes)) as never;
    },
    download: (name, input) => {
      assertAllowed(name);
      return operations[name].run(node, input);
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}
