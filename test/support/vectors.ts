import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseBase64Url } from '../../protocol/bytes.ts';
import { leftOut } from './left-out.ts';

export const repoRoot = path.join(import.meta.dirname, '../..');

/** A part of the vectors: reading a member that is not there fails with the path that was asked for. */
export class Part {
  readonly value: unknown;
  readonly where: string;

  constructor(value: unknown, where = '') {
    this.value = value;
    this.where = where;
  }

  /** The part at a JSON pointer inside this one. */
  at(pointer: string): Part {
    let value = this.value;
    for (const name of pointerNames(pointer)) {
      value = memberOf(value, name);
      if (value === undefined) throw new Error(`no ${this.where}${pointer} in the vectors`);
    }
    return new Part(value, this.where + pointer);
  }

  has(pointer: string): boolean {
    return pointerNames(pointer).reduce<unknown>(memberOf, this.value) !== undefined;
  }

  text(pointer = ''): string {
    const { value, where } = this.at(pointer);
    if (typeof value !== 'string') throw new Error(`${where} is not text`);
    return value;
  }

  number(pointer = ''): number {
    const { value, where } = this.at(pointer);
    if (typeof value !== 'number') throw new Error(`${where} is not a number`);
    return value;
  }

  /** A binary value: base64url without padding. */
  bytes(pointer = ''): Uint8Array {
    return parseBase64Url(this.text(pointer));
  }

  list(pointer = ''): Part[] {
    const { value, where } = this.at(pointer);
    if (!Array.isArray(value)) throw new Error(`${where} is not a list`);
    return value.map((element: unknown, i) => new Part(element, `${where}/${i}`));
  }

  names(pointer = ''): string[] {
    const { value, where } = this.at(pointer);
    if (typeof value !== 'object' || value === null) throw new Error(`${where} is not an object`);
    return Object.keys(value);
  }
}

/** The vectors of the protocol, `protocol/vectors/protocol.json`. */
export function loadVectors(): Part {
  return new Part(readJson(path.join(repoRoot, 'protocol/vectors/protocol.json')));
}

/** A file of `vectors/third-party` beside the repository; absent from a stranger's clone, which is said aloud. */
export function thirdPartyVectors(file: string): Part | undefined {
  const where = path.join(repoRoot, '../shared/vectors/third-party', file);
  if (existsSync(where)) return new Part(readJson(where), file);
  leftOut(`third-party vectors ${file}`, `${where} is not there`);
  return undefined;
}

export function pointerNames(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
