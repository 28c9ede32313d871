import { parseUtf8, utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** What a kind of JSON text may hold. FHIR has decimals and negative numbers; the protocol's messages do not (Spec §0.1). */
export interface JsonRules {
  readonly bytesMax: number;
  readonly depthMax: number;
  readonly nodesMax: number;
  readonly stringBytesMax: number;
  readonly decimals: boolean;
}

/** The rules of every JSON message between nodes but the FHIR document (Spec §0.1). */
export const messageRules: JsonRules = {
  bytesMax: 256 * 1024,
  depthMax: 8,
  nodesMax: 20_000,
  stringBytesMax: 256 * 1024,
  decimals: false,
};

const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const words = ['true', 'false', 'null'] as const;
/** What makes a string literal more than the characters between its quotes, or malformed. */
const unplainForm = /[\\\u0000-\u001f]/;
const integerForm = /^(?:0|[1-9][0-9]*)$/;
const restForm = /^\n?$/;

/**
 * Reads exactly one JSON value under `rules`: UTF-8 without BOM, nothing after it but at most one LF, no duplicate or
 * forbidden member name, no lone surrogate, no NUL, every limit kept. Depth is counted without recursion (Spec §0.1).
 */
export function parseJson(bytes: Uint8Array, rules: JsonRules = messageRules): JsonValue {
  if (bytes.length > rules.bytesMax) throw new ProtocolError('too-large', `JSON above ${rules.bytesMax} bytes`);
  const text = parseUtf8(bytes);
  scan(text, rules);
  return JSON.parse(text) as JsonValue;
}

/** As `parseJson`, for a text that must be an object. */
export function parseJsonObject(bytes: Uint8Array, rules: JsonRules = messageRules): JsonObject {
  const value = parseJson(bytes, rules);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed('expected an object');
  return value as JsonObject;
}

/** Canonical JSON of leaves and records: sorted names, no space, ASCII strings without `"` and `\`, integers (Spec §0.2). */
export function canonicalJson(object: Readonly<Record<string, string | number>>): string {
  const members = Object.keys(object)
    .toSorted()
    .map((name) => `${canonicalString(name)}:${canonicalValue(object[name])}`);
  return `{${members.join(',')}}`;
}

function canonicalValue(value: string | number | undefined): string {
  if (typeof value === 'string') return canonicalString(value);
  if (value === undefined || !Number.isSafeInteger(value) || value < 0) throw malformed('expected an integer');
  return String(value);
}

function canonicalString(value: string): string {
  if (!/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(value)) throw malformed('expected ASCII without quote and backslash');
  return `"${value}"`;
}

interface Level {
  readonly names: Set<string> | undefined;
  /** What may come next: `first` also allows the level to end. */
  expect: 'first' | 'value' | 'name' | 'colon' | 'comma';
}

function scan(text: string, rules: JsonRules): void {
  const levels: Level[] = [];
  let nodes = 0;
  let next = 0;
  for (let done = false; !done;) {
    const at = skipSpace(text, next);
    const token = takeToken(text, at);
    next = at + token.length;
    const first = token[0];
    const string = first === '"' ? token : undefined;
    const mark = token.length === 1 && marks.includes(token) ? token : undefined;
    const level = levels.at(-1);
    if (mark === '}' || mark === ']') {
      closeLevel(level, mark, at);
      levels.pop();
      done = afterValue(levels.at(-1));
    } else if (mark === ',' || mark === ':') {
      separate(level, mark, at);
    } else if (level?.names !== undefined && (level.expect === 'name' || level.expect === 'first')) {
      if (string === undefined) throw malformed(`expected a member name at character ${at}`);
      addName(level.names, checkString(string, rules), at);
      level.expect = 'colon';
    } else {
      if (level !== undefined && level.expect !== 'value' && level.expect !== 'first')
        throw malformed(`expected a separator at character ${at}`);
      nodes += 1;
      if (nodes > rules.nodesMax) throw new ProtocolError('too-large', `JSON with more than ${rules.nodesMax} values`);
      if (mark !== undefined) {
        if (levels.length >= rules.depthMax)
          throw new ProtocolError('too-large', `JSON deeper than ${rules.depthMax} levels`);
        levels.push({ names: mark === '{' ? new Set() : undefined, expect: 'first' });
      } else {
        if (string !== undefined) checkString(string, rules);
        else if (first === '-' || isDigit(token.charCodeAt(0))) checkNumber(token, rules, at);
        done = afterValue(level);
      }
    }
  }
  if (!restForm.test(text.slice(next))) throw malformed('text after the value');
}

const marks = '{}[],:';

function skipSpace(text: string, from: number): number {
  for (let at = from; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
  }
}

/** The token that begins at `at`: a mark, a string literal, a number or one of the three words. */
function takeToken(text: string, at: number): string {
  const first = text.charAt(at);
  if (first === '"') return takeString(text, at);
  if (first !== '' && marks.includes(first)) return first;
  if (first === '-' || isDigit(text.charCodeAt(at))) {
    numberForm.lastIndex = at;
    const [number] = numberForm.exec(text) ?? [];
    if (number !== undefined) return number;
  }
  const word = words.find((each) => text.startsWith(each, at));
  if (word === undefined) throw malformed(`unexpected text at character ${at}`);
  return word;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function closeLevel(level: Level | undefined, mark: string, at: number): void {
  const fits = level !== undefined && (mark === '}') === (level.names !== undefined);
  if (!fits || (level.expect !== 'first' && level.expect !== 'comma')) throw malformed(`unexpected ${mark} at ${at}`);
}

function separate(level: Level | undefined, mark: string, at: number): void {
  if (level === undefined || level.expect !== (mark === ':' ? 'colon' : 'comma'))
    throw malformed(`unexpected ${mark} at character ${at}`);
  level.expect = mark === ',' && level.names !== undefined ? 'name' : 'value';
}

/** True when the value that just ended was the whole text. */
function afterValue(level: Level | undefined): boolean {
  if (level === undefined) return true;
  level.expect = 'comma';
  return false;
}

function addName(names: Set<string>, name: string, at: number): void {
  if (forbiddenNames.has(name)) throw malformed(`forbidden member name at character ${at}`);
  if (names.has(name)) throw malformed(`duplicate member name at character ${at}`);
  names.add(name);
}

/** The literal that begins at `start`, quotes included; found without a pattern, so that no length overflows a stack. */
function takeString(text: string, start: number): string {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return text.slice(start, end + 1);
  }
  throw malformed(`a string without end at character ${start}`);
}

function checkString(literal: string, rules: JsonRules): string {
  const value = unplainForm.test(literal) ? unquote(literal) : literal.slice(1, -1);
  if (value.length * 3 > rules.stringBytesMax && utf8(value).length > rules.stringBytesMax)
    throw new ProtocolError('too-large', `a string above ${rules.stringBytesMax} bytes`);
  if (!value.isWellFormed()) throw malformed('a lone surrogate');
  if (value.includes('\0')) throw malformed('a NUL character');
  return value;
}

function unquote(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch (cause) {
    throw new ProtocolError('malformed-json', 'a string with a bad escape or a control character', { cause });
  }
}

function checkNumber(literal: string, rules: JsonRules, at: number): void {
  if (
    rules.decimals
      ? Number.isFinite(Number(literal))
      : integerForm.test(literal) && Number.isSafeInteger(Number(literal))
  )
    return;
  throw malformed(`a number that is not allowed here at character ${at}`);
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-json', why);
}
