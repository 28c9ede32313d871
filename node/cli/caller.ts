import { dataDirectoryOf } from '../config/config.ts';
import { readEnvironment, type Environment } from '../config/env.ts';
import type { Files } from '../platform/files.ts';
import { systemFiles } from '../platform/system-files.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/** Who called: what was asked for on the command line, and how the answer goes back. */
export interface Caller {
  readonly json: boolean;
  readonly dataDirectory: string;
  readonly environment: Environment;
  readonly files: Files;
  /** The node of the data directory; loaded only by commands that need one. */
  openSession(): Promise<Session>;
  /** The answer on stdout: the value with --json, else the lines. */
  answer(value: unknown, lines: readonly string[]): void;
  /** A remark on stderr for people; nothing with --json. */
  remark(line: string): void;
  /** Ends the command with another code than 0 once it is done. */
  endWith(code: ExitCode): void;
}

/** The options that every command takes. */
export interface CommonOptions {
  readonly json?: true;
  readonly data?: string;
}

export function callerOf(options: CommonOptions): Caller {
  const environment = readEnvironment();
  const json = options.json === true;
  const caller: Caller = {
    json,
    environment,
    dataDirectory: dataDirectoryOf(options.data, environment),
    files: systemFiles,
    openSession: async () => (await import('./session.ts')).openSession(caller),
    answer: (value, lines) => {
      process.stdout.write(
        json ? `${JSON.stringify(value, undefined, 2)}\n` : lines.map((line) => `${line}\n`).join(''),
      );
    },
    remark: (line) => {
      if (!json) process.stderr.write(`${line}\n`);
    },
    endWith: (code) => {
      process.exitCode = code;
    },
  };
  return caller;
}
