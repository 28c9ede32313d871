import { join } from 'node:path';
import type { NodeConfig } from '../config/config.ts';
import { FileError, type Files } from '../platform/files.ts';
import { bytesText } from './bytes-text.ts';
import { bad, good, type Finding } from './finding.ts';

/** What these checks need of a node; they work where none can be opened. */
export interface FileCheckPorts {
  readonly files: Files;
}

export type CheckedConfig = Pick<NodeConfig, 'dataDirectory' | 'rootKey' | 'limits'>;

const freeBytesWarning = 2 * 1024 ** 3;
const freeBytesMin = 256 * 1024 ** 2;
const privateMode = 0o600;
const groupAndOthers = 0o077;

export async function checkRootKey({ files }: FileCheckPorts, config: CheckedConfig): Promise<Finding> {
  const { path } = config.rootKey;
  try {
    const mode = await files.mode(path);
    if ((mode & groupAndOthers) === 0) return good('root key', `${path} is readable by its owner alone`);
    const detail = `${path} has mode ${mode.toString(8)}: others can read it`;
    return bad('root key', 'fail', 'this node', detail, `chmod ${privateMode.toString(8)} ${path}`);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return bad('root key', 'fail', 'this node', error.message, 'put the copy from the safe back');
  }
}

/** Room for new work, and the ballast that reading falls back on (Node §4). */
export async function checkDisk({ files }: FileCheckPorts, config: CheckedConfig): Promise<readonly Finding[]> {
  const free = await files.freeBytes(config.dataDirectory);
  const detail = `${bytesText(free)} free where the data directory lies`;
  const fix = 'free some space, or move the data directory to a larger disk';
  const state = free < freeBytesMin ? 'fail' : free < freeBytesWarning ? 'warn' : 'ok';
  return [
    state === 'ok' ? good('disk', detail) : bad('disk', state, 'this node', detail, fix),
    ...(await checkBallast({ files }, config)),
  ];
}

async function checkBallast({ files }: FileCheckPorts, config: CheckedConfig): Promise<readonly Finding[]> {
  const wanted = config.limits.ballastBytes;
  if (wanted === 0) return [];
  const names = (await files.list(config.dataDirectory)).filter((name) => name.endsWith('.ballast'));
  const sizes = await Promise.all(names.map((name) => files.size(join(config.dataDirectory, name))));
  const held = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (held >= wanted) return [good('ballast', `${bytesText(held)} are kept back for reading on a full disk`)];
  const why = `only ${bytesText(held)} of ${bytesText(wanted)} are kept back for reading on a full disk`;
  return [bad('ballast', 'warn', 'this node', why, 'free some space; the node takes it back by itself')];
}
