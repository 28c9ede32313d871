import { loadConfig, type NodeConfig } from '../config/config.ts';
import { Secret } from '../config/secrets.ts';
import { KeyError } from '../keys/keyring.ts';
import type { DownloadName, OperationInput, OperationOutput, PlainName, UploadName } from '../operations/table.ts';
import { systemClock } from '../platform/clock.ts';
import type { ByteStream } from '../platform/files.ts';
import { StoreError } from '../store/store.ts';
import type { Caller } from './caller.ts';
import { openLocalSession } from './local-session.ts';
import { askPassphrase } from './passphrase.ts';
import { findRunningNode } from './remote-session.ts';

/** A node to ask: the running one through its control door, or one that was opened in this process for the purpose. */
export interface Session extends AsyncDisposable {
  /** Whether a node runs: only then does anything leave its outbox. */
  readonly running: boolean;
  plain<Name extends PlainName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>>;
  upload<Name extends UploadName>(
    name: Name,
    input: OperationInput<Name>,
    bytes: ByteStream,
  ): Promise<OperationOutput<Name>>;
  download<Name extends DownloadName>(name: Name, input: OperationInput<Name>): ByteStream;
}

/** Another command has the database open for a moment; a node that starts takes a little longer to announce itself. */
const tries = 20;
const pauseMs = 250;

/** A running node is spoken to, not raced: only when none answers is the data directory opened here. */
export async function openSession(caller: Caller): Promise<Session> {
  const config = await loadConfig(caller.dataDirectory, caller.environment, caller.files);
  for (let tried = 1; ; tried += 1) {
    const remote = await findRunningNode(config, caller.files);
    if (remote !== undefined) return remote;
    try {
      return await openLocalSession(config);
    } catch (error) {
      if (isSealed(error, config)) return await openLocalSession(await withPassphrase(config, error));
      if (!(error instanceof StoreError) || error.code !== 'in-use' || tried === tries) throw error;
    }
    await systemClock.sleep(pauseMs);
  }
}

/** The root key is under a passphrase and nobody gave it yet. */
export function isSealed(error: unknown, config: NodeConfig): boolean {
  return error instanceof KeyError && error.code === 'wrong-passphrase' && config.rootKey.passphrase === undefined;
}

/** Asks on a terminal; a program that cannot answer gets the error, which names the variable to set. */
export async function withPassphrase(config: NodeConfig, error: unknown): Promise<NodeConfig> {
  const passphrase = await askPassphrase('Passphrase of the root key');
  if (passphrase === undefined) throw error;
  return { ...config, rootKey: { ...config.rootKey, passphrase: new Secret(passphrase) } };
}
