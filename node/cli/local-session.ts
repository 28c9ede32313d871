import type { NodeConfig } from '../config/config.ts';
import { operations } from '../operations/table.ts';
import { silentDiagnostics } from '../platform/diagnostics.ts';
import type { Session } from './session.ts';

/** Opens the node of a data directory in this process, without doors and jobs, and closes it at the end. */
export async function openLocalSession(config: NodeConfig): Promise<Session> {
  const { openNode } = await import('../node.ts');
  // Whoever asked reads the error itself; lines for an operator would only stand between the answer's.
  const diagnostics = config.diagnosticsFile === undefined ? { diagnostics: silentDiagnostics } : {};
  const node = await openNode(config, diagnostics);
  return {
    running: false,
    plain: async (name, input) => (await operations[name].run(node, input)) as never,
    upload: async (name, input, bytes) => (await operations[name].run(node, input, bytes)) as never,
    download: (name, input) => operations[name].run(node, input),
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}
