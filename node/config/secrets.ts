import { inspect } from 'node:util';
import { FileError, type Files } from '../platform/files.ts';
import { ConfigError } from './config-error.ts';
import type { Environment, EnvironmentName } from './env.ts';

const secretBytesMax = 4096;
const shown = '[secret]';

/** A text that never shows itself: not in a message, not in JSON, not in what an inspector prints. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The only way to the text; call it where it is used, and keep no copy. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}

type SecretName = Exclude<EnvironmentName & `${string}_FILE`, 'FERNPOST_ROOT_KEY_FILE' | 'FERNPOST_DIAGNOSTICS_FILE'>;

/** Reads a secret from the variable `NAME` or from the file that `NAME_FILE` names, never from both. */
export async function readSecret(
  fileName: SecretName,
  environment: Environment,
  files: Files,
): Promise<Secret | undefined> {
  const name = fileName.slice(0, -'_FILE'.length) as EnvironmentName;
  const direct = environment[name];
  const path = environment[fileName];
  if (direct !== undefined && path !== undefined)
    throw new ConfigError('contradiction', `${name} and ${fileName} are both set: keep one`);
  if (path === undefined) return direct === undefined ? undefined : new Secret(direct);
  return await readSecretFile(fileName, path, files);
}

/** The text of a file without its last line end; `named` is the setting that names the file, for the message. */
export async function readSecretFile(named: string, path: string, files: Files): Promise<Secret> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await files.readWhole(path, secretBytesMax));
    return new Secret(text.replace(/\r?\n$/, ''));
  } catch (cause) {
    const why = cause instanceof FileError ? cause.message : `${path} is not UTF-8 text`;
    throw new ConfigError('unreadable', `${named}: ${why}`, { cause });
  }
}
