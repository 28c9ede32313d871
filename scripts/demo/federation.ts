import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoError } from './demo-error.ts';
import type { DemoUser } from './users.ts';

/** A hospital as `federation.json` tells it to programs that look at the demo from outside. */
export interface Member {
  readonly name: string;
  readonly title: string;
  readonly desk: string;
  readonly exchange: string;
  /** The name of its log. */
  readonly origin: string;
  readonly logVkey: string;
  readonly witnessVkey: string;
  readonly identityVkey: string;
  readonly auditorToken: string;
  readonly dataDir: string;
  readonly users: readonly DemoUser[];
}

export interface Federation {
  readonly hospitals: readonly Member[];
  /** Where the mails to the police are shown; `/mails.json` below it for programs. */
  readonly mailbox?: string;
}

const fileName = 'federation.json';

export function federationFile(root: string): string {
  return join(root, fileName);
}

/** Written last of all: where it is, the hospitals are set up. Mode 0600, since the tokens open every log. */
export function writeFederation(root: string, federation: Federation): void {
  const unfinished = `${federationFile(root)}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(federation, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, federationFile(root));
}

/** `undefined` where no demo was set up. */
export function readFederation(root: string): Federation | undefined {
  let text: string;
  try {
    text = readFileSync(federationFile(root), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (isFederation(value)) return value;
  throw new DemoError(`${federationFile(root)} is not the demo's: give another --data.`);
}

function isFederation(value: unknown): value is Federation {
  if (typeof value !== 'object' || value === null || !('hospitals' in value) || !Array.isArray(value.hospitals))
    return false;
  const list: readonly unknown[] = value.hospitals;
  return list.every(
    (one) => typeof one === 'object' && one !== null && 'auditorToken' in one && 'identityVkey' in one && 'name' in one,
  );
}
