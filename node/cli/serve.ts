import type { Command } from 'commander';
import { loadConfig, type NodeConfig } from '../config/config.ts';
import { systemClock } from '../platform/clock.ts';
import type { Caller } from './caller.ts';
import { addCommand, onCall } from './command.ts';
import { fieldLines } from './text.ts';

/** An operator's supervisor waits about this long before it kills; what is not acknowledged by then is asked for again. */
const stoppingMsMax = 4_500;

export function addServeCommand(program: Command): void {
  onCall(addCommand(program, 'serve', 'run the node until SIGINT or SIGTERM'), serve);
}

async function serve(caller: Caller): Promise<void> {
  const stopped = stopSignal();
  const node = await open(await loadConfig(caller.dataDirectory, caller.environment, caller.files));
  let addresses: { readonly exchange: string; readonly desk: string; readonly control: string };
  try {
    addresses = await node.listen();
    await node.start();
  } catch (error) {
    await node[Symbol.asyncDispose]();
    throw error;
  }
  const { name } = node.config;
  caller.answer({ name, ...addresses, pid: process.pid }, [
    ...fieldLines({ node: name, exchange: addresses.exchange, desk: addresses.desk, control: addresses.control }),
    'Running. Stop it with Ctrl-C.',
  ]);
  await stopped;
  caller.remark('Stopping.');
  const late = new AbortController();
  const patience = systemClock.sleep(stoppingMsMax, late.signal).then(() => !late.signal.aborted);
  const tooLate = await Promise.race([node[Symbol.asyncDispose]().then(() => false), patience]);
  late.abort();
  if (tooLate) caller.remark('Open requests were cut off; what was acknowledged is stored.');
  process.exit();
}

async function open(config: NodeConfig) {
  const { openNode } = await import('../node.ts');
  try {
    return await openNode(config);
  } catch (error) {
    const { isSealed, withPassphrase } = await import('./session.ts');
    if (!isSealed(error, config)) throw error;
    return await openNode(await withPassphrase(config, error));
  }
}

/** Listens from the first moment: a signal during the start stops the node as soon as it is open. */
function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
  return promise;
}
