import { InvalidArgumentError, Option, type Command } from 'commander';
import { loadConfig } from '../config/config.ts';
import { writeConfigFile, type ConfigFileInput } from '../config/config-file.ts';
import { join } from 'node:path';
import { OperationError } from '../platform/operation-error.ts';
import type { Caller } from './caller.ts';
import { addCommand, collected, onCall } from './command.ts';
import { askPassphrase } from './passphrase.ts';
import { fieldLines } from './text.ts';

interface InitOptions {
  readonly name: string;
  readonly title?: string;
  readonly url: string;
  readonly exchange: Address;
  readonly desk: Address;
  readonly control: Address;
  readonly logAccess: 'open' | 'peers';
  readonly peerAddresses?: readonly string[];
  readonly passphrase?: true;
  readonly passphraseFile?: string;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const addressForm = /^(.+):([0-9]{1,5})$/;
const loopbackUrl = /^http:/;

export function addInitCommand(program: Command): void {
  const command = addCommand(program, 'init', 'make a new node in an empty data directory')
    .requiredOption('--name <name>', 'DNS-shaped, chosen once and never reused: alder.example')
    .requiredOption('--url <url>', 'where peers reach the node: https://fernpost.alder.example')
    .option('--title <title>', 'the name of the hospital as people read it')
    .option('--exchange <host:port>', 'where to listen for peers and auditors', asAddress, asAddress('0.0.0.0:8443'))
    .option('--desk <host:port>', 'where to listen for people', asAddress, asAddress('127.0.0.1:8080'))
    .option(
      '--control <host:port>',
      'where to listen for this command line; loopback',
      asAddress,
      asAddress('127.0.0.1:0'),
    )
    .addOption(new Option('--log-access <who>', 'who may read the log').choices(['open', 'peers']).default('peers'))
    .option('--peer-addresses <range>', 'a private range where peers may be: 10.20.0.0/16; may be repeated', collected)
    .option('--passphrase', 'seal the root key with a passphrase, asked for on the terminal')
    .option('--passphrase-file <file>', 'seal the root key with the passphrase in this file');
  onCall<InitOptions>(command, runInit);
}

async function runInit(caller: Caller, options: InitOptions): Promise<void> {
  const { dataDirectory, files } = caller;
  const environment = { ...caller.environment, ...(await passphraseIn(options)) };
  await files.makeDirectory(dataDirectory);
  await writeConfigFile(dataDirectory, fileOf(options), files);
  let facts: { readonly identityVkey: string; readonly logVkey: string };
  try {
    const config = await loadConfig(dataDirectory, environment, files);
    const { initNode } = await import('../node.ts');
    facts = await initNode(config);
  } catch (error) {
    await files.remove(join(dataDirectory, 'fernpost.json')); // A second try must not find half a node.
    throw error;
  }
  const { name, url } = options;
  const answer = { name, url, dataDirectory, identityVkey: facts.identityVkey, logVkey: facts.logVkey };
  caller.answer(answer, [
    ...fieldLines({ name, url, 'data directory': dataDirectory, identity: facts.identityVkey, log: facts.logVkey }),
    `Keep a copy of ${join(dataDirectory, 'root.key')} in a safe: without it nothing in the data directory can be read.`,
    'Next: fernpost serve',
  ]);
}

function fileOf(options: InitOptions): ConfigFileInput {
  const { name, url, title = options.name, exchange, desk, control, logAccess } = options;
  // A node that peers reach on loopback has its peers there as well.
  const near = loopbackUrl.test(url) ? ['127.0.0.0/8', '::1/128'] : [];
  const peerAddresses = [...new Set([...near, ...(options.peerAddresses ?? [])])];
  return { v: 1, name, title, url, exchange, desk, control, logAccess, peerAddresses };
}

async function passphraseIn(options: InitOptions): Promise<Record<string, string>> {
  if (options.passphraseFile !== undefined) return { FERNPOST_ROOT_PASSPHRASE_FILE: options.passphraseFile };
  if (options.passphrase === undefined) return {};
  const first = await askPassphrase('Passphrase for the root key');
  if (first === undefined)
    throw new OperationError('invalid', 'no-terminal', 'Nobody can type a passphrase here: use --passphrase-file.');
  if ((await askPassphrase('The same once more')) === first) return { FERNPOST_ROOT_PASSPHRASE: first };
  throw new OperationError('invalid', 'passphrase-differs', 'The two differ. Nothing was made.');
}

function asAddress(given: string): Address {
  const [, host, port] = addressForm.exec(given) ?? [];
  if (host === undefined || !(Number(port) <= 65_535)) throw new InvalidArgumentError('Expected host:port.');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}
